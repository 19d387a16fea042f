package io.jcuvae.data;

import java.io.Closeable;
import java.nio.ByteBuffer;

/** Rows written front to back to a file that appears only when complete. */
public interface RowWriter extends Closeable {
    /**
     * Writes the next rows.
     *
     * @param rows row-major [count, width] from index 0
     * @param count the number of rows
     * @throws io.jcuvae.tensor.UserError if the file cannot take them
     */
    void write(float[] rows, int count);

    /**
     * Writes the next rows from raw floats.
     *
     * @param rows little-endian, from the position to the limit
     * @param count the number of rows
     */
    default void write(ByteBuffer rows, int count) {
        float[] values = new float[rows.remaining() / Float.BYTES];
        rows.asFloatBuffer().get(values);
        write(values, count);
    }

    /** Whether the file keeps pixels, bytes 0..255, and so takes {@link #writePixels}. */
    default boolean pixels() {
        return false;
    }

    /**
     * Writes the next rows as pixels, 255 times a value, rounded half up.
     *
     * @param rows a byte per value, from the position to the limit
     * @param count the number of rows
     */
    default void writePixels(ByteBuffer rows, int count) {
        throw new UnsupportedOperationException("this file keeps no pixels");
    }

    /**
     * Completes the file, which replaces one of that name.
     *
     * @throws io.jcuvae.tensor.UserError if the file cannot be written
     * @throws IllegalStateException if another number of rows was promised
     */
    void commit();

    /** Without {@link #commit} before, drops what was written and leaves a file of that name as it was. */
    @Override
    void close();
}
