package io.jcuvae.train;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Ops;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;

/** A backend that keeps the names of the verbs that are asked of another one. */
final class RecordedVerbs {
    private final List<String> verbs = new ArrayList<>();
    private final Backend backend;

    RecordedVerbs(Backend recorded) {
        Ops ops = (Ops) Proxy.newProxyInstance(
                Ops.class.getClassLoader(), new Class<?>[] {Ops.class}, (proxy, method, arguments) -> {
                    verbs.add(method.getName());
                    return invoke(() -> method.invoke(recorded.ops(), arguments));
                });
        backend = (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (proxy, method, arguments) ->
                        method.getName().equals("ops") ? ops : invoke(() -> method.invoke(recorded, arguments)));
    }

    @FunctionalInterface
    private interface Invocation {
        Object run() throws ReflectiveOperationException;
    }

    private static Object invoke(Invocation invocation) throws Throwable {
        try {
            return invocation.run();
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    Backend backend() {
        return backend;
    }

    /** The verbs since the last call. */
    List<String> take() {
        List<String> taken = List.copyOf(verbs);
        verbs.clear();
        return taken;
    }
}
