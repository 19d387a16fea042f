package io.jcuvae.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Rows as a .npy of float32 or uint8 [rows, sizes...]; where their number is not known it is written into the header
 * at the end.
 */
final class NpyWriter implements RowWriter {
    private final Path file;
    private final int width;
    private final int[] sizes;
    private final boolean bytes;
    private final long promised;
    private final RowTarget target;
    private final FloatOutput floats;
    private byte[] block = new byte[0];
    private long rows;

    NpyWriter(Path file, int width, long count, int... sizes) {
        this(file, width, count, false, RowTarget.Opener.WHOLE, sizes);
    }

    /**
     * Writes the header.
     *
     * @param bytes whether values are kept as bytes, 255 times the value
     */
    NpyWriter(Path file, int width, long count, boolean bytes, RowTarget.Opener opener, int... sizes) {
        this.file = file;
        this.width = width;
        this.sizes = sizes;
        this.bytes = bytes;
        this.promised = count;
        this.target = opener.open(file);
        this.floats = new FloatOutput(file, target.stream());
        try {
            target.stream().write(header(Math.max(0, count)));
        } catch (IOException e) {
            target.close();
            throw Faults.unwritable(file, e);
        }
    }

    private byte[] header(long count) {
        return bytes ? NpyHeader.forBytes(count, sizes) : NpyHeader.forFloats(count, sizes);
    }

    @Override
    public void write(float[] values, int count) {
        if (bytes) {
            int length = count * width;
            block = block.length == length ? block : new byte[length];
            String name = Faults.name(file);
            for (int i = 0; i < length; i++) {
                block[i] = Values.toByte(values[i], name);
            }
            target.write(ByteBuffer.wrap(block));
        } else {
            floats.write(values, 0, count * width);
        }
        rows += count;
    }

    @Override
    public void write(ByteBuffer values, int count) {
        if (bytes) {
            RowWriter.super.write(values, count);
            return;
        }
        target.write(values);
        rows += count;
    }

    @Override
    public boolean pixels() {
        return bytes;
    }

    @Override
    public void writePixels(ByteBuffer values, int count) {
        target.write(values);
        rows += count;
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        target.complete(promised >= 0 ? null : header(rows));
    }

    @Override
    public void close() {
        target.close();
    }
}
