package io.jcuvae.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The extents of a row-major tensor, outermost first. Immutable. */
public final class Shape {
    private final int[] extents;

    private Shape(int[] extents) {
        this.extents = extents;
    }

    /**
     * A shape of the given extents.
     *
     * @param extents outermost first, each at least 1
     */
    public static Shape of(int... extents) {
        for (int extent : extents) {
            if (extent < 1) {
                throw new IllegalArgumentException(
                        "shape " + Arrays.toString(extents) + ": every extent must be at least 1");
            }
        }
        return new Shape(extents.clone());
    }

    /** Number of extents. */
    public int rank() {
        return extents.length;
    }

    /**
     * One extent.
     *
     * @param axis 0 is the outermost
     */
    public int extent(int axis) {
        return extents[axis];
    }

    /** All extents, outermost first. */
    public int[] extents() {
        return extents.clone();
    }

    /** Number of elements. */
    public long count() {
        long count = 1;
        for (int extent : extents) {
            count *= extent;
        }
        return count;
    }

    /** The outermost extent; 1 for a scalar. */
    public int rows() {
        return extents.length == 0 ? 1 : extents[0];
    }

    /** Elements per row: the product of all extents but the outermost. */
    public int columns() {
        return Math.toIntExact(count() / rows());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    @Override
    public String toString() {
        return IntStream.of(extents).mapToObj(Integer::toString).collect(Collectors.joining("x", "[", "]"));
    }
}
