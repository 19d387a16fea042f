package io.jcuvae.data;

import java.nio.ByteBuffer;

/** Rows of an array whose last index runs fastest, decoded as they stream by. */
final class ArrayReader implements SampleReader {
    private static final int BLOCK = 1 << 18;

    private final ByteSource source;
    private final ArrayHeader header;
    private final SampleShape shape;
    private final int width;
    private final boolean asBytes;
    private final int one;
    private byte[] block = new byte[0];
    private long row;

    /**
     * Reads on from the first value.
     *
     * @param asBytes whether the rows stay bytes
     * @param one what a byte of 1 becomes: 1, or 255 where there are only zeros and ones
     */
    ArrayReader(ByteSource source, ArrayHeader header, SampleShape shape, boolean asBytes, int one) {
        this.source = source;
        this.header = header;
        this.shape = shape;
        this.width = shape.width();
        this.asBytes = asBytes;
        this.one = one;
    }

    @Override
    public SampleShape shape() {
        return shape;
    }

    @Override
    public boolean bytes() {
        return asBytes;
    }

    @Override
    public long count() {
        return header.rows();
    }

    @Override
    public int read(float[] out, int maxRows) {
        int rows = (int) Math.min(maxRows, header.rows() - row);
        int size = header.type().size();
        long elements = (long) rows * width;
        for (long done = 0; done < elements; ) {
            int part = (int) Math.min(BLOCK / size, elements - done);
            if (block.length < part * size) {
                block = new byte[part * size];
            }
            source.fill(block, 0, part * size, "row " + (row + done / width));
            if (asBytes) {
                scaleOnes(block, 0, part);
                Values.scale(block, 0, out, (int) done, part);
            } else {
                header.type().decode(ByteBuffer.wrap(block).order(header.order()), out, (int) done, part);
                requireFinite(out, (int) done, part, row * width + done);
            }
            done += part;
        }
        advance(rows);
        return rows;
    }

    @Override
    public int readBytes(byte[] out, int maxRows) {
        if (!asBytes) {
            throw new IllegalStateException("these rows are not bytes");
        }
        int rows = (int) Math.min(maxRows, header.rows() - row);
        source.fill(out, 0, rows * width, "the rows after row " + (row - 1));
        scaleOnes(out, 0, rows * width);
        advance(rows);
        return rows;
    }

    private void advance(int rows) {
        row += rows;
        if (rows > 0 && row == header.rows()) {
            source.requireEnd();
        }
    }

    private void scaleOnes(byte[] values, int offset, int count) {
        if (one == 1) {
            return;
        }
        boolean truth = header.type() == ElementType.BOOL;
        for (int i = offset; i < offset + count; i++) {
            values[i] = (byte) (truth ? (values[i] == 0 ? 0 : 255) : values[i] * one);
        }
    }

    /** Refuses with the value as the file has it, before the rounding to float. */
    private void requireFinite(float[] values, int offset, int count, long first) {
        for (int i = 0; i < count; i++) {
            if (!Float.isFinite(values[offset + i])) {
                double value = header.type().value(ByteBuffer.wrap(block).order(header.order()), i);
                throw Faults.notFinite(header.file(), (first + i) / width, (first + i) % width, value);
            }
        }
    }

    @Override
    public void close() {
        source.close();
    }
}
