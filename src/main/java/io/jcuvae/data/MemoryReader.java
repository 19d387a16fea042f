package io.jcuvae.data;

/** Rows that are in memory already. */
final class MemoryReader implements SampleReader {
    private final SampleShape shape;
    private final int width;
    private final byte[] bytes;
    private final float[] floats;
    private final int count;
    private int row;

    /** Serves one of the two arrays; the other is null. */
    MemoryReader(SampleShape shape, byte[] bytes, float[] floats) {
        this.shape = shape;
        this.width = shape.width();
        this.bytes = bytes;
        this.floats = floats;
        this.count = (bytes != null ? bytes.length : floats.length) / width;
    }

    @Override
    public SampleShape shape() {
        return shape;
    }

    @Override
    public boolean bytes() {
        return bytes != null;
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    public int read(float[] out, int maxRows) {
        int rows = Math.min(maxRows, count - row);
        if (bytes != null) {
            Values.scale(bytes, row * width, out, 0, rows * width);
        } else {
            System.arraycopy(floats, row * width, out, 0, rows * width);
        }
        row += rows;
        return rows;
    }

    @Override
    public int readBytes(byte[] out, int maxRows) {
        if (bytes == null) {
            throw new IllegalStateException("these rows are not bytes");
        }
        int rows = Math.min(maxRows, count - row);
        System.arraycopy(bytes, row * width, out, 0, rows * width);
        row += rows;
        return rows;
    }

    @Override
    public void close() {}
}
