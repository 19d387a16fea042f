package io.jcuvae.tensor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * One block of memory handed out as named tensors: names and shapes are planned, memory is allocated once.
 *
 * <p>Binding code runs twice: first against a measuring arena, whose tensors have no memory, then against the real one. So
 * a layer simply asks for what it needs, and no step ever allocates.
 */
public final class Arena {
    /** Tensors start at multiples of this many elements, so that devices can load them in vectors. */
    private static final int ALIGNMENT = 16;

    /**
     * A named tensor of an arena.
     *
     * @param name who holds what, as in {@code enc0.out}
     * @param tensor the view
     */
    public record Entry(String name, Tensor tensor) {}

    private final Buffer buffer;
    private final long columnsAtOnce;
    private final List<Entry> entries = new ArrayList<>();
    /** Elements of each piece of shared memory: the most that was asked for. */
    private final Map<String, Long> shared;
    /** Where it begins; none while measuring. */
    private final Map<String, Long> places = new HashMap<>();

    private long used;

    private Arena(Buffer buffer, long columnsAtOnce, Map<String, Long> shared) {
        this.buffer = buffer;
        this.columnsAtOnce = columnsAtOnce;
        this.shared = shared;
        if (buffer != null) {
            shared.forEach((name, count) -> places.put(name, take(count)));
        }
    }

    /**
     * Lays out float memory for whatever {@code bind} asks for, and binds it.
     *
     * @param bind called twice with the same requests; only the second result is kept
     */
    public static <T> T bind(Backend backend, Function<Arena, T> bind) {
        Arena measuring = new Arena(null, backend.columnsAtOnce(), new TreeMap<>());
        T unused = bind.apply(measuring);
        measuring.shared.values().forEach(measuring::take);
        return bind.apply(new Arena(
                backend.allocate(ElementType.F32, Math.max(1, measuring.used)),
                measuring.columnsAtOnce,
                measuring.shared));
    }

    private long take(long count) {
        long start = used;
        used += (count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        return start;
    }

    /** The next tensor of this arena, zeroed. */
    public Tensor tensor(String name, Shape shape) {
        Tensor tensor = new Tensor(buffer, take(shape.count()), shape);
        entries.add(new Entry(name, tensor));
        return tensor;
    }

    /**
     * Memory that everybody gets who asks for that name: for what an operation no longer needs once it is done. Not among the
     * {@link #entries}.
     */
    public Tensor shared(String name, Shape shape) {
        if (buffer == null) {
            shared.merge(name, shape.count(), Math::max);
        }
        return new Tensor(buffer, places.getOrDefault(name, 0L), shape);
    }

    /**
     * Shared room for the columns of convolutions, for as many samples as the backend wants at once.
     *
     * @param samples of a batch
     * @return null where none is needed
     */
    public Tensor columns(Window window, int samples) {
        if (columnsAtOnce == 0 || window.isPoint()) {
            return null;
        }
        long most = Math.max(1, Math.min(samples, columnsAtOnce / window.columns()));
        return shared("columns", Shape.of(Math.toIntExact(most * window.positions()), window.seen()));
    }

    /** What has been handed out so far, in order. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }
}
