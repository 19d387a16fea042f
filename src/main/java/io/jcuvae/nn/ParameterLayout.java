package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Names, shapes and places of all parameters in one block. Parameters, gradients and both of Adam's moments are four blocks
 * of the same layout, so the optimizer is one operation and a checkpoint a few copies.
 */
public final class ParameterLayout {
    /**
     * One parameter tensor.
     *
     * @param name as in the model file, for example {@code enc0.weight}
     * @param shape extents; [out, in] for a dense layer's weight
     * @param offset first element within the block
     * @param fanIn inputs that one output adds up; 0 for a parameter that starts at zero
     * @param fanOut outputs that one input reaches
     * @param bias whether it is a bias
     */
    public record Entry(String name, Shape shape, long offset, int fanIn, int fanOut, boolean bias) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private long count;

    /** Adds a weight. */
    public void weight(String name, Shape shape, int fanIn, int fanOut) {
        add(name, shape, fanIn, fanOut, false);
    }

    /** Adds a bias; its fan in is that of the weight beside it. */
    public void bias(String name, Shape shape, int fanIn) {
        add(name, shape, fanIn, 0, true);
    }

    /** Adds a parameter that starts at zero. */
    public void zero(String name, Shape shape) {
        add(name, shape, 0, 0, false);
    }

    private void add(String name, Shape shape, int fanIn, int fanOut, boolean bias) {
        if (entries.put(name, new Entry(name, shape, count, fanIn, fanOut, bias)) != null) {
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
