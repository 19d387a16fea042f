package io.jcuvae.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Floats written as little-endian IEEE 754. */
final class FloatOutput {
    private static final int CHUNK = 1 << 14;

    private final Path file;
    private final OutputStream out;
    private final ByteBuffer chunk = ByteBuffer.allocate(4 * CHUNK).order(ByteOrder.LITTLE_ENDIAN);

    /** Writes to a stream; the file is for messages. */
    FloatOutput(Path file, OutputStream out) {
        this.file = file;
        this.out = out;
    }

    /** Writes {@code values[offset .. offset + count)}. */
    void write(float[] values, int offset, int count) {
        try {
            for (int done = 0; done < count; done += CHUNK) {
                int size = Math.min(CHUNK, count - done);
                chunk.asFloatBuffer().put(values, offset + done, size);
                out.write(chunk.array(), 0, 4 * size);
            }
        } catch (IOException e) {
            throw Faults.unwritable(file, e);
        }
    }
}
