package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;

/**
 * Rows of data from any of them on: read ahead, front to back, and again from the start where an earlier one is asked for. They
 * come in batches of one size, the first at row 0.
 */
final class RowFeed implements AutoCloseable {
    private final Model model;
    private final DataSource source;
    private final Split split;
    private final int limit;
    private final int batchRows;
    private final boolean takesBytes;
    private SampleReader reader;
    private SampleShape shape;
    /** Rows in all, or -1 where only reading tells. */
    private long known;
    /** Null until the first row is asked for. */
    private ReadAhead ahead;

    private long position;
    /** Rows of the batch under way, and how many of them are passed. */
    private int held;

    private int passed;

    /**
     * Opens it.
     *
     * @param limit the first rows to read, 0 for all
     * @param batchRows rows of a batch
     * @param takesBytes whether rows of bytes may come as such
     * @throws UserError as {@link Rows#open}
     */
    RowFeed(Model model, DataSource source, Split split, int limit, int batchRows, boolean takesBytes) {
        this.model = model;
        this.source = source;
        this.split = split;
        this.limit = limit;
        this.batchRows = batchRows;
        this.takesBytes = takesBytes;
        open();
    }

    private void open() {
        reader = Rows.open(model, source, split, limit);
        shape = reader.shape();
        known = reader.count();
        position = 0;
        held = 0;
        passed = 0;
    }

    /** Rows in all, or -1 where only reading to the end tells. */
    long known() {
        return known;
    }

    /** Rows in all, read to the end where it must be. */
    long count() {
        if (known < 0) {
            while (fill()) {
                pass(held - passed);
            }
            known = position;
        }
        return known;
    }

    /** Makes sure that the batch under way has a row to pass, if there is any. */
    private boolean fill() {
        if (passed < held) {
            return true;
        }
        if (ahead == null) {
            ahead = new ReadAhead(reader, batchRows, bytes());
        }
        held = ahead.next();
        passed = 0;
        return held > 0;
    }

    private void pass(int rows) {
        passed += rows;
        position += rows;
    }

    /**
     * Goes to a row.
     *
     * @throws UserError if the rows end before it
     */
    void seek(long row) {
        if (row < position) {
            close();
            open();
        }
        while (position < row) {
            if (!fill()) {
                throw beyond(row);
            }
            pass((int) Math.min(held - passed, row - position));
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

    /**
     * The next batch, of which the last one may have fewer rows, as {@link #values} or {@link #pixels} has it.
     *
     * @return its rows, 0 after the last one
     */
    int next() {
        if (!fill()) {
            return 0;
        }
        if (passed > 0) {
            throw new IllegalStateException("row " + position + " begins no batch of " + batchRows);
        }
        pass(held);
        return held;
    }

    /** Whether rows come as bytes. */
    boolean bytes() {
        return takesBytes && reader.bytes();
    }

    /** The values of the batch, [rows, width] and any behind them, until the next one is asked for. */
    float[] values() {
        return ahead.values();
    }

    /** The same where rows come as bytes. */
    byte[] pixels() {
        return ahead.pixels();
    }

    /** Copies the next rows, as {@link SampleReader#read}. */
    private int read(float[] out, int most) {
        int width = shape.width();
        int got = 0;
        while (got < most && fill()) {
            int rows = Math.min(held - passed, most - got);
            System.arraycopy(ahead.values(), passed * width, out, got * width, rows * width);
            pass(rows);
            got += rows;
        }
        return got;
    }

    /** The rows from here up to an end, as a reader of floats; closing it closes nothing. */
    SampleReader until(long end) {
        return new SampleReader() {
            @Override
            public SampleShape shape() {
                return shape;
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
            public void close() {
                // The feed is closed by whoever opened it.
            }
        };
    }

    @Override
    public void close() {
        if (ahead != null) {
            ahead.close();
            ahead = null;
        }
        reader.close();
    }
}
