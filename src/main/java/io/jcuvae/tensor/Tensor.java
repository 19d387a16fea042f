package io.jcuvae.tensor;

/**
 * A view of a buffer: row-major, contiguous, never an owner.
 *
 * @param buffer the memory; null only while an {@link Arena} is measuring
 * @param offset first element
 * @param shape extents, outermost first
 */
public record Tensor(Buffer buffer, long offset, Shape shape) {

    /** Checks that the view lies within its buffer. */
    public Tensor {
        if (buffer != null && (offset < 0 || offset + shape.count() > buffer.length())) {
            throw new IllegalArgumentException(
                    "view " + shape + " at " + offset + " leaves its buffer of " + buffer.length() + " elements");
        }
    }

    /** A view of a whole buffer. */
    public static Tensor of(Buffer buffer, Shape shape) {
        return new Tensor(buffer, 0, shape);
    }

    /** Number of elements. */
    public long count() {
        return shape.count();
    }

    /** The outermost extent. */
    public int rows() {
        return shape.rows();
    }

    /** Elements per row. */
    public int columns() {
        return shape.columns();
    }

    /**
     * A part of this view with a shape of its own.
     *
     * @param start first element, counted from this view's first
     * @param part extents of the part
     */
    public Tensor view(long start, Shape part) {
        if (start < 0 || start + part.count() > count()) {
            throw new IllegalArgumentException("part " + part + " at " + start + " leaves " + shape);
        }
        return new Tensor(buffer, offset + start, part);
    }

    /**
     * Some of the rows.
     *
     * @param first of them
     * @param count how many
     */
    public Tensor rows(int first, int count) {
        int[] extents = shape.extents();
        extents[0] = count;
        return view((long) first * columns(), Shape.of(extents));
    }

    /** [B, H, W, C] as a row of channels for each pixel, [B H W, C]. */
    public Tensor pixels() {
        int channels = shape.extent(shape.rank() - 1);
        return reshape(Shape.of(Math.toIntExact(count() / channels), channels));
    }

    /** The same elements in another shape of equal count. */
    public Tensor reshape(Shape other) {
        if (other.count() != count()) {
            throw new IllegalArgumentException("cannot reshape " + shape + " to " + other);
        }
        return new Tensor(buffer, offset, other);
    }
}
