package io.jcuvae.data;

/** The rows of a reader that belong to a split of an undivided file, up to a limit. */
final class SelectedReader implements SampleReader {
    private static final int BLOCK_VALUES = 1 << 18;
    private static final long MOST_COUNTED = 1 << 28;

    private final SampleReader reader;
    private final Split split;
    private final long limit;
    private final int width;
    private final int blockRows;
    private boolean[] heldOut = new boolean[0];
    private byte[] bytes = new byte[0];
    private float[] floats = new float[0];
    private long row;
    private long passed;

    /**
     * Selects rows.
     *
     * @param split which of them; ALL passes every one
     * @param limit the most rows passed on, 0 for all
     */
    SelectedReader(SampleReader reader, Split split, int limit) {
        this.reader = reader;
        this.split = split;
        this.limit = limit == 0 ? Long.MAX_VALUE : limit;
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
        // Beyond some hundred million rows counting the held-out ones would take longer than a caller expects.
        boolean known = all >= 0 && (split == Split.ALL || all <= MOST_COUNTED);
        return known ? Math.min(limit, split.countOf(all)) : -1;
    }

    @Override
    public int read(float[] out, int maxRows) {
        int want = (int) Math.min(maxRows, limit - passed);
        if (want == 0) {
            return 0;
        }
        if (split == Split.ALL) {
            int got = reader.read(out, want);
            passed += got;
            return got;
        }
        int done = 0;
        while (done < want) {
            int ask = Math.min(blockRows, want - done);
            if (floats.length < ask * width) {
                floats = new float[ask * width];
            }
            int got = reader.read(floats, ask);
            if (got == 0) {
                break;
            }
            mark(got);
            for (int i = 0; i < got; i++) {
                if (heldOut[i] == (split == Split.TEST)) {
                    System.arraycopy(floats, i * width, out, done++ * width, width);
                }
            }
        }
        passed += done;
        return done;
    }

    @Override
    public int readBytes(byte[] out, int maxRows) {
        int want = (int) Math.min(maxRows, limit - passed);
        if (want == 0) {
            return 0;
        }
        if (split == Split.ALL) {
            int got = reader.readBytes(out, want);
            passed += got;
            return got;
        }
        int done = 0;
        while (done < want) {
            int ask = Math.min(blockRows, want - done);
            if (bytes.length < ask * width) {
                bytes = new byte[ask * width];
            }
            int got = reader.readBytes(bytes, ask);
            if (got == 0) {
                break;
            }
            mark(got);
            for (int i = 0; i < got; i++) {
                if (heldOut[i] == (split == Split.TEST)) {
                    System.arraycopy(bytes, i * width, out, done++ * width, width);
                }
            }
        }
        passed += done;
        return done;
    }

    private void mark(int rows) {
        if (heldOut.length < rows) {
            heldOut = new boolean[rows];
        }
        Split.heldOut(heldOut, row, rows);
        row += rows;
    }

    @Override
    public void close() {
        reader.close();
    }
}
