package io.jcuvae.cuda;

import java.nio.ByteBuffer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Page-locked memory in two halves through which arrays travel: the host fills one while the device copies from the other.
 * Small arrays follow each other in a half, so that the host waits once per half and not once per array.
 */
final class Staging implements AutoCloseable {
    /** Arrays begin at multiples of this many bytes. */
    private static final int ALIGNMENT = 64;

    /** Moves a part of an array to or from page-locked memory. */
    @FunctionalInterface
    interface Part {
        /**
         * Moves {@code bytes.remaining()} bytes.
         *
         * @param start the array's byte to begin at, counted from its first that takes part
         */
        void move(ByteBuffer bytes, long start);
    }

    private static final class Half {
        private final PinnedMemory memory;
        private final CUevent copied;
        private int used;
        private boolean pending;

        Half(CudaContext context, int size) {
            memory = new PinnedMemory(context, size);
            copied = CopyStream.create(context);
        }

        void close() {
            JCudaDriver.cuEventDestroy(copied);
            memory.close();
        }
    }

    private final CudaContext context;
    private final CUstream stream;
    private final int most;
    private Half[] halves;
    private int current;

    /**
     * Memory for copies on one stream.
     *
     * @param size bytes of a half
     * @param most what a half may grow to for the sake of one array
     */
    Staging(CudaContext context, CUstream stream, int size, int most) {
        this.context = context;
        this.stream = stream;
        this.most = most;
        halves = pair(context, size);
    }

    /** Both or none. */
    private static Half[] pair(CudaContext context, int size) {
        Half first = new Half(context, size);
        try {
            return new Half[] {first, new Half(context, size)};
        } catch (RuntimeException e) {
            first.close();
            throw e;
        }
    }

    private int size() {
        return halves[0].memory.size();
    }

    /**
     * Copies an array to the device in the stream's order; the array may change when this returns. Where it fits into a half
     * and both are not full, the host does not wait.
     */
    void upload(CUdeviceptr to, long bytes, Part part) {
        grow(bytes);
        for (long done = 0; done < bytes; ) {
            Half half = halves[current];
            int room = size() - half.used;
            if (room < Math.min(bytes - done, size())) {
                half = turn();
                room = size();
            }
            int count = (int) Math.min(room, bytes - done);
            part.move(half.memory.bytes(half.used, count), done);
            context.check(
                    JCudaDriver.cuMemcpyHtoDAsync(to.withByteOffset(done), half.memory.at(half.used), count, stream),
                    () -> "copy " + count + " bytes to the device");
            half.used = Math.min(size(), (half.used + count + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
            done += count;
        }
    }

    /** The other half, when the device has copied what was in it. */
    private Half turn() {
        Half full = halves[current];
        CopyStream.record(context, full.copied, stream);
        full.pending = true;
        current = 1 - current;
        Half next = halves[current];
        if (next.pending) {
            context.check(JCudaDriver.cuEventSynchronize(next.copied), () -> "finish a copy");
        }
        next.pending = false;
        next.used = 0;
        return next;
    }

    private void grow(long bytes) {
        if (bytes > size() && size() < most) {
            context.check(JCudaDriver.cuStreamSynchronize(stream), () -> "finish its copies");
            int larger = (int) Math.min(most, Math.max(bytes, 2L * size()));
            Half[] grown = pair(context, larger);
            close();
            halves = grown;
            current = 0;
        }
    }

    /** Copies from the device to an array, after all that was asked of the stream; waits for it. */
    void download(CUdeviceptr from, long bytes, Part part) {
        // Copies out of the halves that are still to come run before these, as both are in the stream's order.
        int chunks = (int) ((bytes + size() - 1) / size());
        for (int i = 0; i <= chunks; i++) {
            if (i < chunks) {
                Half half = halves[i % 2];
                long start = (long) i * size();
                int count = (int) Math.min(size(), bytes - start);
                context.check(
                        JCudaDriver.cuMemcpyDtoHAsync(half.memory.at(0), from.withByteOffset(start), count, stream),
                        () -> "copy " + count + " bytes from the device");
                CopyStream.record(context, half.copied, stream);
            }
            if (i > 0) {
                Half half = halves[(i - 1) % 2];
                long start = (long) (i - 1) * size();
                context.check(JCudaDriver.cuEventSynchronize(half.copied), () -> "finish what was asked of it");
                part.move(half.memory.bytes(0, (int) Math.min(size(), bytes - start)), start);
            }
        }
        for (Half half : halves) {
            half.used = 0;
            half.pending = false;
        }
    }

    /** Frees the memory; the stream must be idle. */
    @Override
    public void close() {
        for (Half half : halves) {
            half.close();
        }
    }
}
