package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;

/** Rows of data from any of them on: read front to back, and again from the start where an earlier one is asked for. */
final class RowFeed implements AutoCloseable {
    private static final int PASSED_VALUES = 1 << 16;

    private final Model model;
    private final DataSource source;
    private final Split split;
    private final int limit;
    private SampleReader reader;
    private long position;
    private float[] passed;

    /**
     * Opens it.
     *
     * @param limit the first rows to read, 0 for all
     * @throws UserError as {@link Rows#open}
     */
    RowFeed(Model model, DataSource source, Split split, int limit) {
        this.model = model;
        this.source = source;
        this.split = split;
        this.limit = limit;
        reader = Rows.open(model, source, split, limit);
    }

    /** Rows in all, or -1 where only reading to the end tells. */
    long known() {
        return reader.count();
    }

    /** Rows in all, read to the end where it must be. */
    long count() {
        long known = reader.count();
        if (known >= 0) {
            return known;
        }
        int got;
        while ((got = pass(Integer.MAX_VALUE)) > 0) {
            continue;
        }
        return position;
    }

    private int pass(long most) {
        int width = reader.shape().width();
        int rows = Math.max(1, PASSED_VALUES / width);
        if (passed == null) {
            passed = new float[rows * width];
        }
        int got = reader.read(passed, (int) Math.min(rows, most));
        position += got;
        return got;
    }

    /**
     * Goes to a row.
     *
     * @throws UserError if the rows end before it
     */
    void seek(long row) {
        if (row < position) {
            reader.close();
            reader = Rows.open(model, source, split, limit);
            position = 0;
        }
        while (position < row) {
            if (pass(row - position) == 0) {
                throw beyond(row);
            }
        }
    }

    private UserError beyond(long row) {
        return new UserError("--first: " + source.name() + " has " + position + " rows, numbered from 0; got " + row);
    }

    /**
     * The rows have ended at a batch.
     *
     * @throws UserError if none of those that were asked for was read
     */
    void requireAfter(long begin, long batch) {
        if (begin >= batch) {
            throw beyond(begin);
        }
    }

    /** Reads the next rows, as {@link SampleReader#read}. */
    int read(float[] out, int most) {
        int got = reader.read(out, most);
        position += got;
        return got;
    }

    /** The rows from here up to an end, as a reader; closing it closes nothing. */
    SampleReader until(long end) {
        return new SampleReader() {
            @Override
            public SampleShape shape() {
                return reader.shape();
            }

            @Override
            public boolean bytes() {
                return false;
            }

            @Override
            public long count() {
                return -1;
            }

            @Override
            public int read(float[] out, int maxRows) {
                int most = (int) Math.min(maxRows, end - position);
                return most <= 0 ? 0 : RowFeed.this.read(out, most);
            }

            @Override
            public int readBytes(byte[] out, int maxRows) {
                throw new IllegalStateException("these rows are not bytes");
            }

            @Override
            public void close() {
                // The feed is closed by whoever opened it.
            }
        };
    }

    @Override
    public void close() {
        reader.close();
    }
}
