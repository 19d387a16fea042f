package io.jcuvae.bench;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Tensor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * A backend whose matrix products do nothing: what a step takes on it is the share of everything else. Its results are
 * worthless; only how many kernels run, and over how many bytes, is as in a real step.
 */
final class WithoutProducts {
    private WithoutProducts() {}

    static Backend of(Backend real) {
        Ops ops = (Ops) Proxy.newProxyInstance(
                Ops.class.getClassLoader(), new Class<?>[] {Ops.class}, (proxy, method, arguments) -> {
                    switch (method.getName()) {
                        case "matmul":
                            return null;
                        case "dense":
                            // The bias is part of the activation's kernel, so one launch stands for both.
                            real.ops()
                                    .activate((Tensor) arguments[0], (Tensor) arguments[1], (Activation) arguments[5]);
                            return null;
                        case "denseBackward":
                            return InvocationHandler.invokeDefault(proxy, method, arguments);
                        default:
                            return call(real.ops(), method, arguments);
                    }
                });
        return (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (proxy, method, arguments) -> method.getName().equals("ops") ? ops : call(real, method, arguments));
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
