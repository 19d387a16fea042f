package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names, shapes and places of all parameters in one block. Parameters, gradients and both of Adam's moments are four blocks
 * of the same layout, so the optimizer is one operation and a checkpoint a few copies.
 *
 * <p>What a model keeps without training it, as running statistics, is a layout of its own beside it: {@link #buffers()}.
 */
public final class ParameterLayout {
    /** A counter's remainder stays below this, so that floats hold it exactly; the other float counts the carries. */
    public static final int COUNTER_BASE = 1 << 20;

    /**
     * One parameter tensor.
     *
     * @param name as in the model file, for example {@code enc0.weight}
     * @param shape extents; [out, in] for a dense layer's weight
     * @param offset first element within the block
     * @param fanIn inputs that one output adds up; 0 for a parameter that starts at one value
     * @param fanOut outputs that one input reaches
     * @param bias whether it is a bias
     * @param start the value that all elements start at where {@code fanIn} is 0
     * @param counter whether it is a whole number, as {@link #counter} says
     */
    public record Entry(
            String name, Shape shape, long offset, int fanIn, int fanOut, boolean bias, float start, boolean counter) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final ParameterLayout buffers;
    private long count;

    /** An empty layout. */
    public ParameterLayout() {
        this(new ParameterLayout(null));
    }

    private ParameterLayout(ParameterLayout buffers) {
        this.buffers = buffers;
    }

    /** What is saved with the parameters but not trained: without gradients and moments, moved by its layer alone. */
    public ParameterLayout buffers() {
        if (buffers == null) {
            throw new IllegalStateException("buffers have no buffers");
        }
        return buffers;
    }

    /** Adds a weight. */
    public void weight(String name, Shape shape, int fanIn, int fanOut) {
        add(name, shape, fanIn, fanOut, false, 0, false);
    }

    /** Adds a bias; its fan in is that of the weight beside it. */
    public void bias(String name, Shape shape, int fanIn) {
        add(name, shape, fanIn, 0, true, 0, false);
    }

    /** Adds a parameter that starts at zero. */
    public void zero(String name, Shape shape) {
        constant(name, shape, 0);
    }

    /** Adds a parameter of which all elements start at one value. */
    public void constant(String name, Shape shape, float start) {
        add(name, shape, 0, 0, false, start, false);
    }

    /**
     * Adds a whole number that starts at zero: in the block two floats, its remainder and its quotient by
     * {@link #COUNTER_BASE}, so that it counts to 2^44 exactly; in files one 64-bit integer.
     */
    public void counter(String name) {
        add(name, Shape.of(2), 0, 0, false, 0, true);
    }

    private void add(String name, Shape shape, int fanIn, int fanOut, boolean bias, float start, boolean counter) {
        if (entries.put(name, new Entry(name, shape, count, fanIn, fanOut, bias, start, counter)) != null) {
            throw new IllegalArgumentException("parameter " + name + " is declared twice");
        }
        count += shape.count();
    }

    /** The parameter of that name. */
    public Entry entry(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw new IllegalArgumentException("no parameter " + name + " among " + entries.keySet());
        }
        return entry;
    }

    /** All parameters in the block's order. */
    public List<Entry> entries() {
        return new ArrayList<>(entries.values());
    }

    /** Elements of the block. */
    public long count() {
        return count;
    }
}
