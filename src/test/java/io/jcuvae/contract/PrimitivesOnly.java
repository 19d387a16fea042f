package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Ops;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A backend as if it had fused nothing: its primitive verbs, and the contract's own compositions for the others. */
final class PrimitivesOnly {
    private PrimitivesOnly() {}

    /** Another face of the same backend; buffers of the one work with the other. */
    static Backend of(Backend backend) {
        Ops plain = proxy(
                Ops.class,
                (proxy, method, arguments) -> method.isDefault()
                        ? InvocationHandler.invokeDefault(proxy, method, arguments)
                        : method.invoke(backend.ops(), arguments));
        return proxy(
                Backend.class,
                (proxy, method, arguments) ->
                        method.getName().equals("ops") ? plain : method.invoke(backend, arguments));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        InvocationHandler unwrapping = (proxy, method, arguments) -> {
            try {
                return handler.invoke(proxy, method, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, unwrapping));
    }
}
