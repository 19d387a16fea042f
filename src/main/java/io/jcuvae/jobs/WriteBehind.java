package io.jcuvae.jobs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Writes rows in a thread of its own, so that the next batch is computed meanwhile, also where the device is the processor
 * itself. What waits is bounded; whoever sends waits then.
 */
final class WriteBehind implements RowsOut.Taker, AutoCloseable {
    private static final long ROOM = 1 << 24;
    private static final int MOST = 32;

    private record Batch(ByteBuffer bytes, int rows) {}

    /** Ends the thread. */
    private static final Batch END = new Batch(null, -1);

    private RowsOut.Taker taker;
    private final BlockingQueue<Batch> full = new ArrayBlockingQueue<>(MOST + 2);
    private final BlockingQueue<ByteBuffer> empty = new ArrayBlockingQueue<>(MOST);
    private final int buffers;
    private int made;
    private Thread thread;
    /** What went wrong in the thread. */
    private volatile Throwable failure;

    /**
     * Prepares it.
     *
     * @param batchBytes bytes of a batch at most
     */
    WriteBehind(long batchBytes) {
        buffers = (int) Math.max(2, Math.min(MOST, ROOM / Math.max(1, batchBytes)));
    }

    /**
     * Begins to take rows.
     *
     * @param next called in the thread
     */
    void begin(RowsOut.Taker next) {
        taker = next;
        failure = null;
    }

    @Override
    public void take(ByteBuffer rows, int count) {
        try {
            if (thread == null) {
                thread = new Thread(this::work, "jcuvae-write");
                thread.setDaemon(true);
                thread.start();
            }
            ByteBuffer bytes = room(rows.remaining());
            bytes.clear().put(rows).flip();
            full.put(new Batch(bytes, count));
            check();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private ByteBuffer room(int size) throws InterruptedException {
        ByteBuffer bytes = made < buffers && empty.isEmpty() ? null : empty.take();
        if (bytes == null) {
            made++;
        }
        return bytes != null && bytes.capacity() >= size
                ? bytes
                : ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void work() {
        try {
            for (Batch batch = full.take(); batch.rows() >= 0; batch = full.take()) {
                // After a failure batches are taken and dropped, so that the sender never waits for ever.
                if (failure == null) {
                    write(batch);
                }
                empty.put(batch.bytes());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(Batch batch) {
        try {
            taker.take(batch.bytes(), batch.rows());
        } catch (RuntimeException | Error e) {
            failure = e;
        }
    }

    private void check() {
        if (failure instanceof RuntimeException e) {
            throw e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
    }

    /** Returns when all that was taken is written. */
    void flush() {
        end();
        check();
    }

    private void end() {
        if (thread == null) {
            return;
        }
        try {
            full.put(END);
            thread.join();
        } catch (InterruptedException e) {
            throw interrupted(e);
        } finally {
            thread = null;
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while rows were being written", e);
    }

    /** Drops what waits, after a failure, and ends the thread. */
    @Override
    public void close() {
        full.removeIf(batch -> empty.offer(batch.bytes()));
        end();
    }
}
