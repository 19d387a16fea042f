package io.jcuvae.data;

import java.util.function.IntUnaryOperator;

/** Some rows of a reader, in their order, up to a limit. Which they are is for a subclass to say. */
abstract class ChosenRows implements SampleReader {
    private static final int BLOCK_VALUES = 1 << 18;

    private final SampleReader reader;
    private final long limit;
    private final int width;
    private final int blockRows;
    private boolean[] chosen = new boolean[0];
    private byte[] bytes = new byte[0];
    private float[] floats = new float[0];
    private long row;
    private long passed;

    /**
     * Chooses rows.
     *
     * @param reader closed with this one
     * @param limit the most rows passed on
     */
    ChosenRows(SampleReader reader, long limit) {
        this.reader = reader;
        this.limit = limit;
        this.width = reader.shape().width();
        this.blockRows = Math.max(1, BLOCK_VALUES / width);
    }

    /** Says which of the reader's rows {@code first .. first + count - 1} are passed on. */
    abstract void choose(boolean[] those, long first, int count);

    /**
     * How many of the reader's rows to read for so many more chosen ones: with no more of these among them.
     *
     * @param first the reader's row that is read next
     */
    long ask(int want, long first) {
        return want;
    }

    /** Whether every row is chosen. */
    boolean all() {
        return false;
    }

    @Override
    public SampleShape shape() {
        return reader.shape();
    }

    @Override
    public boolean bytes() {
        return reader.bytes();
    }

    @Override
    public int read(float[] out, int maxRows) {
        int want = want(maxRows);
        if (all()) {
            return pass(want == 0 ? 0 : reader.read(out, want));
        }
        return copy(out, want, ask -> {
            if (floats.length < ask * width) {
                floats = new float[ask * width];
            }
            return reader.read(floats, ask);
        });
    }

    @Override
    public int readBytes(byte[] out, int maxRows) {
        int want = want(maxRows);
        if (all()) {
            return pass(want == 0 ? 0 : reader.readBytes(out, want));
        }
        return copy(out, want, ask -> {
            if (bytes.length < ask * width) {
                bytes = new byte[ask * width];
            }
            return reader.readBytes(bytes, ask);
        });
    }

    private int want(int maxRows) {
        return (int) Math.min(maxRows, limit - passed);
    }

    private int pass(int rows) {
        passed += rows;
        return rows;
    }

    /** Copies chosen rows until there are as many as wanted, or no more. */
    private int copy(Object out, int want, IntUnaryOperator read) {
        int done = 0;
        while (done < want) {
            int got = read.applyAsInt((int) Math.min(blockRows, ask(want - done, row)));
            if (got == 0) {
                break;
            }
            if (chosen.length < got) {
                chosen = new boolean[got];
            }
            choose(chosen, row, got);
            row += got;
            Object block = out instanceof byte[] ? bytes : floats;
            for (int i = 0; i < got; i++) {
                if (chosen[i]) {
                    System.arraycopy(block, i * width, out, done++ * width, width);
                }
            }
        }
        return pass(done);
    }

    /** Rows of the reader, or -1 where only reading tells. */
    long rowsBefore() {
        return reader.count();
    }

    @Override
    public void close() {
        reader.close();
    }
}
