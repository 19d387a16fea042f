package io.jcuvae.jobs;

import io.jcuvae.data.RowWriter;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Delivery;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import java.nio.ByteBuffer;
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

    private final Backend backend;
    private final Tensor from;
    /** [B]: zero where all values of the row are numbers; null where floats are taken as they are. */
    private final Tensor check;

    private final String name;
    private final Taker taker;
    private final LongConsumer progress;
    private final Delivery delivery;
    private long done;

    /**
     * Rows for a file.
     *
     * @param from [B, ...]: where each batch leaves its rows
     * @param name of the file, for messages
     * @param progress told how many rows are written
     */
    RowsOut(Backend backend, Tensor from, RowWriter writer, String name, LongConsumer progress) {
        this(backend, from, writer.pixels(), writer.pixels() ? writer::writePixels : writer::write, name, progress);
    }

    /**
     * Rows for a taker.
     *
     * @param pixels whether it takes bytes or floats
     */
    RowsOut(Backend backend, Tensor from, boolean pixels, Taker taker, String name, LongConsumer progress) {
        this.backend = backend;
        this.from = from;
        this.taker = taker;
        this.name = name;
        this.progress = progress;
        if (pixels) {
            check = Tensor.of(backend.allocate(ElementType.F32, from.rows()), Shape.of(from.rows()));
            delivery = new Delivery(backend, this::take, Delivery.Part.pixels(from), Delivery.Part.floats(check));
        } else {
            check = null;
            delivery = new Delivery(backend, this::take, Delivery.Part.floats(from));
        }
    }

    /**
     * Sends the rows that the operations asked for so far leave, and takes in those of the batch before.
     *
     * @param rows how many of them count
     */
    void send(int rows) {
        if (check != null) {
            // A number differs from itself by nothing; what is none is lost as a pixel.
            backend.ops().squaredErrorRows(check, from, from);
        }
        delivery.send(rows);
    }

    /** Takes in what is still under way. */
    void flush() {
        delivery.flush();
    }

    private void take(ByteBuffer[] parts, int rows) {
        if (check != null) {
            for (int r = 0; r < rows; r++) {
                if (parts[1].getFloat(Float.BYTES * r) != 0) {
                    throw new UserError(name + ": row " + (done + r) + " has a value that is no finite number, which no"
                            + " pixel can show; check the model that made it");
                }
            }
        }
        taker.take(parts[0], rows);
        done += rows;
        progress.accept(done);
    }

    @Override
    public void close() {
        delivery.close();
    }
}
