package io.jcuvae.api;

import io.jcuvae.tensor.UserError;
import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;

/**
 * Rows as they are made, batch by batch and in order. A batch is made when it is asked for, by the thread that asks,
 * and none is held back: who takes slowly is who decides the pace, and memory does not grow with the number of rows.
 * Read once, to its end or until it is closed. Any thread may ask, one at a time; streams of one model do not wait
 * for each other longer than a batch takes. After an exception it is closed.
 */
public final class RowStream implements Iterable<Rows>, Iterator<Rows>, AutoCloseable {
    /** Where batches come from. */
    interface Source {
        /** The next one; null at the end. */
        Rows next();

        /** Lets go of what it reads. */
        void close();
    }

    private final Source source;
    private final int[] shape;
    private final long count;
    private Rows ahead;
    private long made;
    private boolean over;

    /**
     * A stream.
     *
     * @param shape of a row
     * @param count rows in all, or -1 where only the end tells
     */
    RowStream(int[] shape, long count, Source source) {
        this.shape = shape;
        this.count = count;
        this.source = source;
    }

    /** The shape of a row, outermost size first; of scores empty. */
    public int[] shape() {
        return shape.clone();
    }

    /** Rows in all, or -1 where only reading to the end tells. */
    public long count() {
        return count;
    }

    /** The stream itself: there is one pass over it. */
    @Override
    public Iterator<Rows> iterator() {
        return this;
    }

    /**
     * Whether there is another batch, which is made now where nothing else tells.
     *
     * @throws UserError when what is read is damaged or does not fit the model
     * @throws IllegalStateException when the model has been closed
     */
    @Override
    public synchronized boolean hasNext() {
        if (ahead == null && !over) {
            if (exhausted()) {
                close();
                return false;
            }
            try {
                ahead = source.next();
            } catch (RuntimeException | Error e) {
                close();
                throw e;
            }
            if (ahead == null) {
                close();
            } else {
                made += ahead.count();
            }
        }
        return ahead != null;
    }

    /**
     * The next batch.
     *
     * @throws NoSuchElementException after the last, or when the stream has been closed
     * @throws UserError when what is read is damaged or does not fit the model
     * @throws IllegalStateException when the model has been closed
     */
    @Override
    public synchronized Rows next() {
        if (!hasNext()) {
            throw new NoSuchElementException("the stream has ended or was closed");
        }
        Rows next = ahead;
        ahead = null;
        return next;
    }

    /** Whether it is known, without making any, that there are no more rows. */
    synchronized boolean exhausted() {
        return ahead == null && (over || count >= 0 && made >= count);
    }

    /**
     * All rows that are left, in memory, and the stream is closed.
     *
     * @return [rows, shape...]
     * @throws UserError when they are more than an array holds
     */
    public synchronized float[] toArray() {
        try (this) {
            float[] all = new float[0];
            int filled = 0;
            while (hasNext()) {
                Rows rows = next();
                long wanted = (long) filled + rows.values().length;
                long whole = count < 0 ? wanted * 3 / 2 : (count - rows.first()) * rows.width() + filled;
                if (Math.max(wanted, count < 0 ? 0 : whole) > Integer.MAX_VALUE - 8) {
                    throw new UserError(
                            "toArray: " + (count < 0 ? "the rows" : count + " rows of " + rows.width() + " values")
                                    + " do not fit into one array; take them batch by batch");
                }
                if (wanted > all.length) {
                    all = Arrays.copyOf(all, (int) Math.max(wanted, Math.min(whole, Integer.MAX_VALUE - 8)));
                }
                System.arraycopy(rows.values(), 0, all, filled, rows.values().length);
                filled += rows.values().length;
            }
            return filled == all.length ? all : Arrays.copyOf(all, filled);
        }
    }

    /**
     * The stream as a publisher for one subscriber, by the rules of {@link Flow}: batches are made by an executor, as
     * many as have been requested and no more, one after the other; the end, a cancellation and an error close the
     * stream. A second subscriber gets an {@link IllegalStateException}.
     *
     * @param executor makes the batches and calls the subscriber
     */
    public Flow.Publisher<Rows> publisher(Executor executor) {
        return new RowPublisher(this, executor);
    }

    /** Ends the stream: after a batch that is under way in another thread, at once otherwise. Closing again does nothing. */
    @Override
    public synchronized void close() {
        if (!over) {
            over = true;
            ahead = null;
            source.close();
        }
    }
}
