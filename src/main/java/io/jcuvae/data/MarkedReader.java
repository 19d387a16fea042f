package io.jcuvae.data;

/** The marked rows of a reader, up to a limit. */
final class MarkedReader implements SampleReader {
    private static final int BLOCK_VALUES = 1 << 18;

    private final SampleReader reader;
    private final boolean[] marks;
    private final int width;
    private final long count;
    private byte[] bytes = new byte[0];
    private float[] floats = new float[0];
    private int row;
    private long passed;

    /**
     * Chooses rows.
     *
     * @param marks one for each row of the reader
     * @param limit the most rows passed on, 0 for all
     */
    MarkedReader(SampleReader reader, boolean[] marks, int limit) {
        this.reader = reader;
        this.marks = marks;
        this.width = reader.shape().width();
        long marked = 0;
        for (boolean mark : marks) {
            marked += mark ? 1 : 0;
        }
        this.count = limit == 0 ? marked : Math.min(limit, marked);
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
    public long count() {
        return count;
    }

    /** How many rows to read at once for so many more marked ones, none of them in vain but unmarked ones. */
    private int ask(int want) {
        return Math.min(Math.max(1, BLOCK_VALUES / width), Math.min(want, marks.length - row));
    }

    @Override
    public int read(float[] out, int maxRows) {
        int want = (int) Math.min(maxRows, count - passed);
        int done = 0;
        while (done < want) {
            int ask = ask(want - done);
            if (floats.length < ask * width) {
                floats = new float[ask * width];
            }
            int got = reader.read(floats, ask);
            if (got == 0) {
                break;
            }
            for (int i = 0; i < got; i++) {
                if (marks[row++]) {
                    System.arraycopy(floats, i * width, out, done++ * width, width);
                }
            }
        }
        passed += done;
        return done;
    }

    @Override
    public int readBytes(byte[] out, int maxRows) {
        int want = (int) Math.min(maxRows, count - passed);
        int done = 0;
        while (done < want) {
            int ask = ask(want - done);
            if (bytes.length < ask * width) {
                bytes = new byte[ask * width];
            }
            int got = reader.readBytes(bytes, ask);
            if (got == 0) {
                break;
            }
            for (int i = 0; i < got; i++) {
                if (marks[row++]) {
                    System.arraycopy(bytes, i * width, out, done++ * width, width);
                }
            }
        }
        passed += done;
        return done;
    }

    @Override
    public void close() {
        reader.close();
    }
}
