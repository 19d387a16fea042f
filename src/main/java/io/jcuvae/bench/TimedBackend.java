package io.jcuvae.bench;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Ops;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.TreeMap;

/** A backend that adds up the time of every operation by name. For backends that are done when an operation returns. */
final class TimedBackend {
    private final Map<String, long[]> nanos = new TreeMap<>();
    private final Backend backend;

    TimedBackend(Backend real) {
        Ops ops = (Ops) Proxy.newProxyInstance(
                Ops.class.getClassLoader(), new Class<?>[] {Ops.class}, (proxy, method, arguments) -> {
                    long start = System.nanoTime();
                    try {
                        return method.invoke(real.ops(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    } finally {
                        nanos.computeIfAbsent(method.getName(), name -> new long[1])[0] += System.nanoTime() - start;
                    }
                });
        backend = (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                    try {
                        return method.getName().equals("ops") ? ops : method.invoke(real, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    Backend backend() {
        return backend;
    }

    void reset() {
        nanos.clear();
    }

    /** Seconds spent in operations whose name is among the given ones; all of them for none. */
    double seconds(String... names) {
        long sum = 0;
        for (Map.Entry<String, long[]> entry : nanos.entrySet()) {
            boolean counts = names.length == 0;
            for (String name : names) {
                counts |= entry.getKey().equals(name);
            }
            sum += counts ? entry.getValue()[0] : 0;
        }
        return sum / 1e9;
    }
}
