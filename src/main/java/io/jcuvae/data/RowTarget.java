package io.jcuvae.data;

import java.io.Closeable;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Where a writer of rows puts the bytes of its file, front to back. */
public interface RowTarget extends Closeable {
    /** Opens what a file's bytes go to. */
    @FunctionalInterface
    interface Opener {
        /** A file that appears when it is complete. */
        Opener WHOLE = AtomicFile::create;

        /**
         * Begins a file.
         *
         * @throws io.jcuvae.tensor.UserError if it cannot be written
         */
        RowTarget open(Path file);
    }

    /** Where the contents go, buffered. */
    OutputStream stream();

    /**
     * Writes bytes after what the stream took, past its buffer.
     *
     * @throws io.jcuvae.tensor.UserError if the file cannot be written
     */
    void write(ByteBuffer bytes);

    /**
     * Completes the file.
     *
     * @param headerOrNull bytes to write over its start first, where what a header says is known only at the end
     */
    void complete(byte[] headerOrNull);

    /** Ends without completing. */
    @Override
    void close();
}
