package io.jcuvae.cuda;

import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * One device as this process uses it: its primary context, the stream that all work goes to, the memory allocated on it, and
 * the checks of what the driver answers. One thread at a time, any thread.
 */
final class CudaContext implements AutoCloseable {
    private final CUdevice device = new CUdevice();
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private final Set<CudaBuffer> buffers = new HashSet<>();
    private final int ordinal;
    private final boolean debug;
    private Thread current;
    private boolean capturing;
    private boolean closed;

    private CudaContext(int ordinal, boolean debug) {
        this.ordinal = ordinal;
        this.debug = debug;
    }

    /**
     * Takes a device into use. The libraries must have been loaded, see {@link NativeLibraries}.
     *
     * @param ordinal which, from 0
     * @param debug wait for every launch and check it, so that a fault names its operation
     */
    static CudaContext open(int ordinal, boolean debug) {
        CudaContext opened = new CudaContext(ordinal, debug);
        opened.check(JCudaDriver.cuInit(0), () -> "start the driver");
        opened.check(JCudaDriver.cuDeviceGet(opened.device, ordinal), () -> "find device " + ordinal);
        opened.check(
                JCudaDriver.cuDevicePrimaryCtxRetain(opened.context, opened.device), () -> "open device " + ordinal);
        opened.makeCurrent();
        opened.check(
                JCudaDriver.cuStreamCreate(opened.stream, CUstream_flags.CU_STREAM_NON_BLOCKING),
                () -> "create a stream");
        return opened;
    }

    int ordinal() {
        return ordinal;
    }

    boolean debug() {
        return debug;
    }

    /** The stream that all operations go to, in order. */
    CUstream stream() {
        return stream;
    }

    /** Whether what is asked for now is recorded and not run. */
    boolean capturing() {
        return capturing;
    }

    void setCapturing(boolean capturing) {
        this.capturing = capturing;
    }

    /** Makes the device the calling thread's. Every public method of the backend begins with it. */
    void makeCurrent() {
        if (Thread.currentThread() != current) {
            check(JCudaDriver.cuCtxSetCurrent(context), () -> "use device " + ordinal);
            current = Thread.currentThread();
        }
    }

    /** Zeroed memory. */
    CudaBuffer allocate(ElementType type, long count) {
        if (capturing) {
            throw new IllegalStateException("memory asked for inside a recorded step");
        }
        long bytes = Math.max(1, Math.multiplyExact(count, (long) type.bytes()));
        CUdeviceptr pointer = new CUdeviceptr();
        int status = JCudaDriver.cuMemAlloc(pointer, bytes);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            long[] memory = memory();
            throw new UserError(String.format(
                    Locale.ROOT,
                    "out of device memory: %,.1f MiB were asked for, %,.1f of %,.1f MiB are free on cuda:%d; use a smaller"
                            + " --batch, --hidden or --limit, or --device cpu",
                    bytes / 0x1p20,
                    memory[0] / 0x1p20,
                    memory[1] / 0x1p20,
                    ordinal));
        }
        check(status, () -> "allocate " + bytes + " bytes");
        CudaBuffer buffer = new CudaBuffer(pointer, type, count);
        buffers.add(buffer);
        check(JCudaDriver.cuMemsetD8Async(pointer, (byte) 0, bytes, stream), () -> "clear " + bytes + " bytes");
        return buffer;
    }

    /** Frees memory before the context is closed; the device must be done with it. */
    void free(CudaBuffer buffer) {
        if (buffers.remove(buffer)) {
            check(JCudaDriver.cuMemFree(buffer.pointer()), () -> "free memory");
        }
    }

    /** Free and total bytes of the device. */
    long[] memory() {
        long[] free = new long[1];
        long[] total = new long[1];
        check(JCudaDriver.cuMemGetInfo(free, total), () -> "ask for the free memory");
        return new long[] {free[0], total[0]};
    }

    /** Waits until everything asked for is done; tells what failed meanwhile. */
    void synchronize() {
        if (capturing) {
            throw new IllegalStateException("a wait inside a recorded step");
        }
        check(JCudaDriver.cuStreamSynchronize(stream), () -> "finish what was asked of it");
    }

    /**
     * Throws unless the driver's answer is success.
     *
     * @param doing what could not be done, as in {@code allocate 16 bytes}
     */
    void check(int status, Supplier<String> doing) {
        if (status != CUresult.CUDA_SUCCESS) {
            throw new Failure("cuda:" + ordinal + ": could not " + doing.get() + ": " + CUresult.stringFor(status)
                    + (debug ? "" : "; run again with --debug to learn which operation it was"));
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        makeCurrent();
        // Nothing is checked on the way out: a device that vanished must not hide the first error.
        JCudaDriver.cuStreamSynchronize(stream);
        for (CudaBuffer buffer : buffers) {
            JCudaDriver.cuMemFree(buffer.pointer());
        }
        buffers.clear();
        JCudaDriver.cuStreamDestroy(stream);
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
        current = null;
    }
}
