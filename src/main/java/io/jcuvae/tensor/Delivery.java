package io.jcuvae.tensor;

import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Results of batches on their way from a device to whoever takes them on the host. There are two copies of each in turn, so
 * that the host takes one batch while the device computes the next.
 */
public final class Delivery implements AutoCloseable {
    /** Takes batches, in the order they were sent. */
    @FunctionalInterface
    public interface Taker {
        /**
         * Takes a batch.
         *
         * @param parts one per part of the delivery: raw little-endian rows from position 0 to the limit, good for the time of
         *     the call
         * @param rows rows of the batch
         */
        void take(ByteBuffer[] parts, int rows);
    }

    /**
     * What is delivered of each batch.
     *
     * @param shape [B, ...]
     * @param fill asks for the operations that put it into the tensor that is copied
     */
    public record Part(ElementType type, Shape shape, BiConsumer<Ops, Tensor> fill) {
        /** The contents of a tensor of floats. */
        public static Part floats(Tensor from) {
            return new Part(ElementType.F32, from.shape(), (ops, to) -> ops.activate(to, from, Activation.IDENTITY));
        }

        /** Bytes, of which the operations that make them put as many as the shape has into the tensor they are given. */
        public static Part bytes(Shape shape, Consumer<Tensor> fill) {
            return new Part(ElementType.U8, shape, (ops, to) -> fill.accept(to));
        }
    }

    private final Ops ops;
    private final Taker taker;
    private final Part[] parts;
    private final Tensor[][] held;
    private final HostCopy[][] copies;
    /** Rows under way in each of the two. */
    private final int[] rows = new int[2];

    private int next;

    /**
     * Prepares the copies.
     *
     * @param parts what a batch consists of, in the order in which their operations are asked for; all have as many rows
     */
    public Delivery(Backend backend, Taker taker, Part... parts) {
        this.ops = backend.ops();
        this.taker = taker;
        this.parts = parts.clone();
        held = new Tensor[2][parts.length];
        copies = new HostCopy[2][parts.length];
        for (int i = 0; i < 2; i++) {
            for (int p = 0; p < parts.length; p++) {
                Shape shape = parts[p].shape();
                held[i][p] = Tensor.of(backend.allocate(parts[p].type(), shape.count()), shape);
                copies[i][p] = backend.hostCopy(held[i][p]);
            }
        }
    }

    /**
     * Sends what the parts hold after all operations asked for so far, then hands over the batch before. The parts may be
     * overwritten by operations asked for afterwards.
     *
     * @param count rows that count, the first of each part
     */
    public void send(int count) {
        for (int p = 0; p < parts.length; p++) {
            parts[p].fill().accept(ops, held[next][p]);
            copies[next][p].start();
        }
        rows[next] = count;
        next = 1 - next;
        take(next);
    }

    /** Hands over what is still under way. */
    public void flush() {
        take(1 - next);
    }

    private void take(int which) {
        int count = rows[which];
        if (count == 0) {
            return;
        }
        rows[which] = 0;
        ByteBuffer[] arrived = new ByteBuffer[parts.length];
        for (int p = 0; p < parts.length; p++) {
            arrived[p] = copies[which][p].await();
            arrived[p].limit(Math.toIntExact(
                    (long) count * arrived[p].capacity() / parts[p].shape().rows()));
        }
        taker.take(arrived, count);
    }

    /** Frees the host's memory; what is under way is dropped. */
    @Override
    public void close() {
        for (HostCopy[] pair : copies) {
            for (HostCopy copy : pair) {
                copy.close();
            }
        }
    }
}
