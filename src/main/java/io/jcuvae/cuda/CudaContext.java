package io.jcuvae.cuda;

import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
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
     * @throws UserError when there is no such device
     */
    static CudaContext open(int ordinal, boolean debug) {
        CudaContext opened = new CudaContext(ordinal, debug);
        opened.check(JCudaDriver.cuInit(0), () -> "start the driver");
        int[] count = new int[1];
        opened.check(JCudaDriver.cuDeviceGetCount(count), () -> "count the devices");
        if (ordinal >= count[0]) {
            throw new UserError("there is no cuda:" + ordinal + ": "
                    + (count[0] == 0
                            ? "the driver shows no device at all; is CUDA_VISIBLE_DEVICES set?"
                            : "the devices here are cuda:0"
                                    + (count[0] == 1 ? " alone" : " to cuda:" + (count[0] - 1))));
        }
        opened.check(JCudaDriver.cuDeviceGet(opened.device, ordinal), () -> "find the device");
        opened.check(JCudaDriver.cuDevicePrimaryCtxRetain(opened.context, opened.device), () -> "open the device");
        try {
            opened.makeCurrent();
            opened.check(
                    JCudaDriver.cuStreamCreate(opened.stream, CUstream_flags.CU_STREAM_NON_BLOCKING),
                    () -> "create a stream");
            return opened;
        } catch (RuntimeException e) {
            JCudaDriver.cuDevicePrimaryCtxRelease(opened.device);
            throw e;
        }
    }

    int ordinal() {
        return ordinal;
    }

    /** The product's name, as in {@code NVIDIA H200}. */
    String name() {
        byte[] name = new byte[256];
        check(JCudaDriver.cuDeviceGetName(name, name.length, device), () -> "ask for the device's name");
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        return new String(name, 0, length, StandardCharsets.UTF_8).strip();
    }

    int multiprocessors() {
        int[] count = new int[1];
        check(
                JCudaDriver.cuDeviceGetAttribute(
                        count, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, device),
                () -> "count the multiprocessors");
        return count[0];
    }

    CUdevice device() {
        return device;
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

    /**
     * Makes the device the calling thread's. Every public method of the backend begins with it: the thread may be another
     * one than last time, or have used another device since.
     */
    void makeCurrent() {
        if (closed) {
            throw new IllegalStateException("cuda:" + ordinal + " was closed");
        }
        check(JCudaDriver.cuCtxSetCurrent(context), () -> "use the device");
    }

    /** Refuses what a recorded step cannot hold. */
    void requireNotCapturing(String what) {
        if (capturing) {
            throw new IllegalStateException(what + " inside a recorded step");
        }
    }

    /** Zeroed memory. */
    CudaBuffer allocate(ElementType type, long count) {
        requireNotCapturing("memory asked for");
        long bytes = Math.max(1, Math.multiplyExact(count, (long) type.bytes()));
        CUdeviceptr pointer = new CUdeviceptr();
        int status = JCudaDriver.cuMemAlloc(pointer, bytes);
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            throw outOfMemory(String.format(Locale.ROOT, "%,.1f MiB were asked for", bytes / 0x1p20));
        }
        check(status, () -> "allocate " + bytes + " bytes");
        CudaBuffer buffer = new CudaBuffer(pointer, type, count);
        buffers.add(buffer);
        check(JCudaDriver.cuMemsetD8Async(pointer, (byte) 0, bytes, stream), () -> "clear " + bytes + " bytes");
        return buffer;
    }

    private UserError outOfMemory(String asked) {
        long[] free = new long[1];
        long[] total = new long[1];
        JCudaDriver.cuMemGetInfo(free, total);
        return new UserError(String.format(
                Locale.ROOT,
                "out of device memory: %s, %,.1f of %,.1f MiB are free on cuda:%d; use a smaller --batch, --hidden or"
                        + " --limit, or --device cpu",
                asked,
                free[0] / 0x1p20,
                total[0] / 0x1p20,
                ordinal));
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
        requireNotCapturing("a wait");
        check(JCudaDriver.cuStreamSynchronize(stream), () -> "finish what was asked of it");
    }

    /**
     * Throws unless the driver's answer is success.
     *
     * @param doing what could not be done, as in {@code allocate 16 bytes}
     */
    void check(int status, Supplier<String> doing) {
        if (status == CUresult.CUDA_SUCCESS) {
            return;
        }
        if (status == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
            throw outOfMemory("could not " + doing.get());
        }
        throw new Failure(
                "cuda:" + ordinal + ": could not " + doing.get() + ": " + CUresult.stringFor(status) + advice(status));
    }

    private String advice(int status) {
        return switch (status) {
            case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
                    CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
                    CUresult.CUDA_ERROR_ILLEGAL_INSTRUCTION,
                    CUresult.CUDA_ERROR_INVALID_PC,
                    CUresult.CUDA_ERROR_INVALID_ADDRESS_SPACE,
                    CUresult.CUDA_ERROR_ASSERT,
                    CUresult.CUDA_ERROR_LAUNCH_FAILED,
                    CUresult.CUDA_ERROR_LAUNCH_TIMEOUT,
                    CUresult.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES ->
                ": a kernel failed" + (debug ? "" : "; run again with --debug to learn which operation it was");
            case CUresult.CUDA_ERROR_DEVICE_UNAVAILABLE,
                    CUresult.CUDA_ERROR_NO_DEVICE,
                    CUresult.CUDA_ERROR_INVALID_DEVICE,
                    CUresult.CUDA_ERROR_DEINITIALIZED,
                    CUresult.CUDA_ERROR_CONTEXT_IS_DESTROYED,
                    CUresult.CUDA_ERROR_INVALID_CONTEXT,
                    CUresult.CUDA_ERROR_ECC_UNCORRECTABLE,
                    CUresult.CUDA_ERROR_NVLINK_UNCORRECTABLE,
                    CUresult.CUDA_ERROR_HARDWARE_STACK_ERROR,
                    CUresult.CUDA_ERROR_SYSTEM_NOT_READY,
                    CUresult.CUDA_ERROR_UNKNOWN ->
                ": the device is gone or broken; see what nvidia-smi and the command devices say of it";
            default -> debug ? "" : "; run again with --debug to learn which operation it was";
        };
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        // Nothing is checked on the way out: a device that vanished must not hide the first error.
        JCudaDriver.cuCtxSetCurrent(context);
        closed = true;
        JCudaDriver.cuStreamSynchronize(stream);
        for (CudaBuffer buffer : buffers) {
            JCudaDriver.cuMemFree(buffer.pointer());
        }
        buffers.clear();
        JCudaDriver.cuStreamDestroy(stream);
        JCudaDriver.cuDevicePrimaryCtxRelease(device);
    }
}
