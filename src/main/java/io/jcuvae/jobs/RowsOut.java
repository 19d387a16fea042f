package io.jcuvae.jobs;

import io.jcuvae.data.RowWriter;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Delivery;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.LongConsumer;

/**
 * Rows of batches on their way from a device to a file or to whoever asked for them; pixels are made on the device. The host
 * writes one batch while the device computes the next.
 */
final class RowsOut implements AutoCloseable {
    /** Takes the rows of a batch. */
    @FunctionalInterface
    interface Taker {
        /**
         * Takes them.
         *
         * @param rows raw rows, from the position to the limit, good for the time of the call
         */
        void take(ByteBuffer rows, int count);
    }

    /** [B]: zero where all values of the row are numbers; null where floats are taken as they are. */
    private final Tensor check;

    private final Delivery delivery;
    private final WriteBehind behind;
    /** Rows at the front of each batch under way that nobody asked for. */
    private final Queue<Integer> skips = new ArrayDeque<>();

    private String name = "the samples";
    private Taker taker = (rows, count) -> {};
    private LongConsumer progress = done -> {};
    private long first;
    private long done;

    /**
     * The way for rows that go as floats.
     *
     * @param from [B, ...]: where each batch leaves its rows
     */
    RowsOut(Backend backend, Tensor from) {
        behind = new WriteBehind(from.count() * Float.BYTES);
        check = null;
        delivery = new Delivery(backend, this::take, Delivery.Part.floats(from));
    }

    /** The way for the expected data of batches, as pixels. */
    private RowsOut(Backend backend, BoundModel model) {
        Shape shape = model.output().shape();
        behind = new WriteBehind(shape.count());
        check = Tensor.of(backend.allocate(ElementType.F32, shape.rows()), Shape.of(shape.rows()));
        model.leavePixels();
        // What is no number is lost as a pixel.
        Delivery.Part pixels = Delivery.Part.bytes(shape, to -> model.pixels(to, check));
        delivery = new Delivery(backend, this::take, pixels, Delivery.Part.floats(check));
    }

    /**
     * The way for the expected data of batches.
     *
     * @param pixels whether rows go as bytes or as floats
     */
    static RowsOut expected(Backend backend, BoundModel model, boolean pixels) {
        return pixels ? new RowsOut(backend, model) : new RowsOut(backend, model.output());
    }

    /** The same, for a taker. */
    static RowsOut expected(Backend backend, BoundModel model, boolean pixels, Taker taker) {
        RowsOut rows = expected(backend, model, pixels);
        rows.taker = taker;
        return rows;
    }

    /**
     * Sends rows to a file; they are written behind, and are all written when this returns, or none will be any more.
     *
     * @param fileName for messages
     * @param firstRow number of the first row, for messages
     * @param told how many rows are on their way
     * @param work computes and sends
     */
    void to(RowWriter writer, String fileName, long firstRow, LongConsumer told, Runnable work) {
        behind.begin(check == null ? writer::write : writer::writePixels);
        taker = behind;
        name = fileName;
        first = firstRow;
        progress = told;
        done = 0;
        try {
            work.run();
            flush();
        } finally {
            behind.close();
        }
    }

    /** Sends as {@link #send(int, int)}, and all rows count. */
    void send(int rows) {
        send(rows, 0);
    }

    /**
     * Sends the rows that the operations asked for so far leave, and takes in those of the batch before.
     *
     * @param rows how many of them there are
     * @param skip how many at their front do not count
     */
    void send(int rows, int skip) {
        skips.add(skip);
        delivery.send(rows);
    }

    /** Takes in what is still under way, and returns when it is written. */
    void flush() {
        delivery.flush();
        behind.flush();
    }

    private void take(ByteBuffer[] parts, int rows) {
        int skip = skips.remove();
        int count = rows - skip;
        if (check != null) {
            for (int r = 0; r < count; r++) {
                if (parts[1].getFloat(Float.BYTES * (skip + r)) != 0) {
                    throw new UserError(name + ": row " + (first + done + r)
                            + " has a value that is no finite number, which no pixel can show; check the model that made"
                            + " it");
                }
            }
        }
        ByteBuffer all = parts[0];
        all.position(all.remaining() / rows * skip);
        taker.take(all, count);
        done += count;
        progress.accept(done);
    }

    @Override
    public void close() {
        delivery.close();
    }
}
