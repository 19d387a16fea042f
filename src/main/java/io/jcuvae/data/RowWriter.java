package io.jcuvae.data;

import java.io.Closeable;

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
