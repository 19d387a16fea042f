package io.jcuvae.tensor;

import java.util.ArrayList;
import java.util.List;
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
    private final List<Entry> entries = new ArrayList<>();
    private long used;

    private Arena(Buffer buffer) {
        this.buffer = buffer;
    }

    /**
     * Lays out float memory for whatever {@code bind} asks for, and binds it.
     *
     * @param bind called twice with the same requests; only the second result is kept
     */
    public static <T> T bind(Backend backend, Function<Arena, T> bind) {
        Arena measuring = new Arena(null);
        T unused = bind.apply(measuring);
        return bind.apply(new Arena(backend.allocate(ElementType.F32, Math.max(1, measuring.used))));
    }

    /** The next tensor of this arena, zeroed. */
    public Tensor tensor(String name, Shape shape) {
        Tensor tensor = new Tensor(buffer, used, shape);
        used += (shape.count() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        entries.add(new Entry(name, tensor));
        return tensor;
    }

    /** What has been handed out so far, in order. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }
}
