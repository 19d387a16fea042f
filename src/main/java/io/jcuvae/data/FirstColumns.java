package io.jcuvae.data;

/** The first columns of wider rows: of means and log variances side by side, the means. */
public final class FirstColumns implements SampleReader {
    private static final int BLOCK_VALUES = 1 << 16;

    private final SampleReader reader;
    private final SampleShape shape;
    private final int width;
    private final float[] block;

    /**
     * A reader of less.
     *
     * @param reader closed with this one
     * @param columns how many of them
     */
    public FirstColumns(SampleReader reader, int columns) {
        this.reader = reader;
        this.shape = new SampleShape(columns);
        this.width = reader.shape().width();
        this.block = new float[Math.max(1, BLOCK_VALUES / width) * width];
    }

    @Override
    public SampleShape shape() {
        return shape;
    }

    @Override
    public long count() {
        return reader.count();
    }

    @Override
    public int read(float[] out, int maxRows) {
        int columns = shape.width();
        int done = 0;
        while (done < maxRows) {
            int got = reader.read(block, Math.min(block.length / width, maxRows - done));
            if (got == 0) {
                break;
            }
            for (int i = 0; i < got; i++) {
                System.arraycopy(block, i * width, out, done++ * columns, columns);
            }
        }
        return done;
    }

    @Override
    public void close() {
        reader.close();
    }
}
