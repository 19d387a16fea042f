package io.jcuvae.data;

/** Every n-th row of a reader: rows dealt out in turn, of which one player's come through. */
final class DealtReader implements SampleReader {
    private static final int BLOCK_VALUES = 1 << 18;

    private final SampleReader reader;
    private final int number;
    private final int of;
    private final int width;
    private final int blockRows;
    private byte[] bytes = new byte[0];
    private float[] floats = new float[0];
    private long row;

    /**
     * Passes on rows number, number + of, number + 2 of, ...
     *
     * @param number whose rows, from 0 to below {@code of}
     * @param of among how many they are dealt
     */
    DealtReader(SampleReader reader, int number, int of) {
        this.reader = reader;
        this.number = number;
        this.of = of;
        this.width = reader.shape().width();
        this.blockRows = Math.max(1, BLOCK_VALUES / width);
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
        long all = reader.count();
        return all < 0 ? -1 : countOf(all, number, of);
    }

    /** How many of that many rows are a player's. */
    static long countOf(long all, int number, int of) {
        return (all - number + of - 1) / of;
    }

    @Override
    public int read(float[] out, int maxRows) {
        int done = 0;
        // A block may hold none of them where there are more players than rows of a block.
        while (done == 0) {
            int ask = ask(maxRows);
            if (floats.length < ask * width) {
                floats = new float[ask * width];
            }
            int got = reader.read(floats, ask);
            if (got == 0) {
                return 0;
            }
            for (int i = first(); i < got; i += of) {
                System.arraycopy(floats, i * width, out, done++ * width, width);
            }
            row += got;
        }
        return done;
    }

    @Override
    public int readBytes(byte[] out, int maxRows) {
        int done = 0;
        while (done == 0) {
            int ask = ask(maxRows);
            if (bytes.length < ask * width) {
                bytes = new byte[ask * width];
            }
            int got = reader.readBytes(bytes, ask);
            if (got == 0) {
                return 0;
            }
            for (int i = first(); i < got; i += of) {
                System.arraycopy(bytes, i * width, out, done++ * width, width);
            }
            row += got;
        }
        return done;
    }

    /** Rows to read at once: never with more of the player's among them than fit. */
    private int ask(int maxRows) {
        return (int) Math.min(blockRows, (long) maxRows * of);
    }

    /** The player's first row in the block that is read next, counted from its beginning. */
    private int first() {
        return (int) Math.floorMod(number - row, (long) of);
    }

    @Override
    public void close() {
        reader.close();
    }
}
