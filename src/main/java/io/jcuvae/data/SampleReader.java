package io.jcuvae.data;

import java.io.Closeable;

/**
 * Rows read once, front to back.
 *
 * <p>Every read may throw {@link io.jcuvae.tensor.UserError}: the file is damaged, or a value is not a finite number.
 */
public interface SampleReader extends Closeable {
    /** The shape of one row. */
    SampleShape shape();

    /** Whether the rows are raw bytes 0..255, which {@link #read} divides by 255. */
    default boolean bytes() {
        return false;
    }

    /** The number of rows from the first to the last, or -1 where only reading tells. */
    long count();

    /**
     * Reads the next rows as floats; rows of bytes as {@code (float) byte / 255}.
     *
     * @param out receives the rows from its start, row-major [rows, width]
     * @param maxRows the most rows to read, at least 1
     * @return the rows read: {@code maxRows}, fewer only where the rows end, 0 at the end
     */
    int read(float[] out, int maxRows);

    /**
     * Reads the next rows as they are.
     *
     * @param out receives the rows from its start, row-major [rows, width]
     * @param maxRows the most rows to read, at least 1
     * @return the rows read: {@code maxRows}, fewer only where the rows end, 0 at the end
     * @throws IllegalStateException unless {@link #bytes}
     */
    default int readBytes(byte[] out, int maxRows) {
        throw new IllegalStateException("these rows are not bytes");
    }

    /** Closes the file; never fails. */
    @Override
    void close();
}
