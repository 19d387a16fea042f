package io.jcuvae.jobs;

import io.jcuvae.data.SampleReader;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Reads rows in a thread of its own, so that the next batch is unpacked and converted while one is computed. What waits is
 * bounded: {@value #BATCHES} batches in all. A failure comes after all rows that were read before it.
 */
final class ReadAhead implements AutoCloseable {
    private static final int BATCHES = 3;
    /** Milliseconds for the thread to notice that nobody takes rows any more; one that waits for a pipe never does. */
    private static final long PATIENCE = 1000;

    /**
     * Rows, or why there are no more.
     *
     * @param values [rows, width] and what was there before; null where bytes are wanted
     * @param pixels the same as bytes; null where floats are wanted
     * @param rows 0 at the end
     * @param failure of reading, or null
     */
    private record Batch(float[] values, byte[] pixels, int rows, Throwable failure) {
        static Batch none(Throwable failure) {
            return new Batch(null, null, 0, failure);
        }

        Batch of(int read) {
            return new Batch(values, pixels, read, null);
        }
    }

    private final SampleReader reader;
    private final int batchRows;
    private final BlockingQueue<Batch> full = new ArrayBlockingQueue<>(BATCHES + 1);
    private final BlockingQueue<Batch> empty = new ArrayBlockingQueue<>(BATCHES + 1);
    private final Thread thread = new Thread(this::work, "jcuvae-read");
    private volatile boolean closed;
    private Batch current;

    /**
     * Begins to read.
     *
     * @param reader used by the thread alone until this is closed; closed by whoever opened it
     * @param batchRows rows of a batch
     * @param bytes whether rows are read as bytes, which the reader must have
     */
    ReadAhead(SampleReader reader, int batchRows, boolean bytes) {
        this.reader = reader;
        this.batchRows = batchRows;
        int values = Math.multiplyExact(batchRows, reader.shape().width());
        for (int i = 0; i < BATCHES; i++) {
            empty.add(new Batch(bytes ? null : new float[values], bytes ? new byte[values] : null, 0, null));
        }
        thread.setDaemon(true);
        thread.start();
    }

    private void work() {
        try {
            int rows = batchRows;
            while (rows == batchRows && !closed) {
                Batch room = empty.take();
                rows = closed ? 0 : read(room);
                full.put(room.of(rows));
            }
            full.put(Batch.none(null));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            // There is room: the batch that failed is in neither queue.
            full.offer(Batch.none(e));
        }
    }

    private int read(Batch room) {
        return room.pixels() == null
                ? reader.read(room.values(), batchRows)
                : reader.readBytes(room.pixels(), batchRows);
    }

    /** The rows of the next batch; fewer than asked for at the end alone, and none after it. */
    int next() {
        if (current != null && current.rows() == 0) {
            return 0;
        }
        try {
            if (current != null) {
                empty.put(current);
            }
            current = full.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while rows were being read", e);
        }
        if (current.failure() instanceof RuntimeException e) {
            throw e;
        }
        if (current.failure() instanceof Error e) {
            throw e;
        }
        return current.rows();
    }

    /** The values of the batch, [rows, width], until the next one is asked for. */
    float[] values() {
        return current.values();
    }

    /** The same as bytes, where these are read. */
    byte[] pixels() {
        return current.pixels();
    }

    @Override
    public void close() {
        closed = true;
        full.clear();
        empty.offer(Batch.none(null));
        try {
            thread.join(PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
