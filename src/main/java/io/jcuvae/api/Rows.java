package io.jcuvae.api;

import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * Some rows of a stream, one after the other: [count, shape...]. The values belong to whoever got them, and are
 * touched by nobody else any more.
 */
public final class Rows {
    private final long first;
    private final int count;
    private final int[] shape;
    private final float[] values;

    Rows(long first, int count, int[] shape, float[] values) {
        this.first = first;
        this.count = count;
        this.shape = shape;
        this.values = values;
    }

    /** The number of the first of them. */
    public long first() {
        return first;
    }

    /** How many they are, at least 1. */
    public int count() {
        return count;
    }

    /** The shape of a row, outermost size first; of a score, which is a number, empty. */
    public int[] shape() {
        return shape.clone();
    }

    /** Values of a row: the product of its shape. */
    public int width() {
        return values.length / count;
    }

    /** All values, row-major [count, shape...]: the array itself. */
    public float[] values() {
        return values;
    }

    /**
     * One of them, as a copy.
     *
     * @param index from 0 within these
     * @throws IndexOutOfBoundsException if there is none
     */
    public float[] row(int index) {
        Objects.checkIndex(index, count);
        return Arrays.copyOfRange(values, index * width(), (index + 1) * width());
    }

    /** All values as a buffer to be read. */
    public FloatBuffer buffer() {
        return FloatBuffer.wrap(values).asReadOnlyBuffer();
    }

    /** As in {@code rows 0 to 511 of [28, 28]}. */
    @Override
    public String toString() {
        return "rows " + first + " to " + (first + count - 1) + " of " + Arrays.toString(shape);
    }
}
