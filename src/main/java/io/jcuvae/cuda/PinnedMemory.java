package io.jcuvae.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import jcuda.Pointer;
import jcuda.driver.JCudaDriver;

/** Page-locked memory of the host: what a device can copy from and to while the host goes on. */
final class PinnedMemory implements AutoCloseable {
    private final Pointer pointer = new Pointer();
    private final ByteBuffer bytes;
    private boolean closed;

    PinnedMemory(CudaContext context, int size) {
        context.requireNotCapturing("page-locked memory asked for");
        context.check(
                JCudaDriver.cuMemAllocHost(pointer, Math.max(1, size)),
                () -> "page-lock " + size + " bytes of the host");
        bytes = pointer.getByteBuffer(0, size).order(ByteOrder.LITTLE_ENDIAN);
    }

    int size() {
        return bytes.capacity();
    }

    /** A part's bytes, little-endian as every machine with CUDA is. */
    ByteBuffer bytes(int start, int count) {
        return bytes.slice(start, count).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Where a byte is. */
    Pointer at(int start) {
        return pointer.withByteOffset(start);
    }

    /** Frees the memory; the device must be done with it. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            JCudaDriver.cuMemFreeHost(pointer);
        }
    }
}
