package io.jcuvae.cuda;

import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Tensor;
import java.nio.ByteBuffer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.JCudaDriver;

/** A tensor's copy in page-locked memory, made on a stream of copies. */
final class CudaCopy implements HostCopy {
    private final CudaContext context;
    private final CudaOps ops;
    private final CopyStream copies;
    private final CUdeviceptr from;
    private final PinnedMemory memory;
    private final CUevent done;
    private boolean closed;

    CudaCopy(CudaContext context, CudaOps ops, CopyStream copies, Tensor from) {
        this.context = context;
        this.ops = ops;
        this.copies = copies;
        this.from = CudaBuffer.address(from);
        int bytes = Math.toIntExact(from.count() * from.buffer().type().bytes());
        memory = new PinnedMemory(context, bytes);
        done = CopyStream.create(context);
    }

    @Override
    public void start() {
        context.makeCurrent();
        context.requireNotCapturing("a copy to the host");
        ops.join();
        copies.waitForOperations();
        context.check(
                JCudaDriver.cuMemcpyDtoHAsync(memory.at(0), from, memory.size(), copies.stream()),
                () -> "copy " + memory.size() + " bytes from the device");
        CopyStream.record(context, done, copies.stream());
    }

    @Override
    public ByteBuffer await() {
        context.makeCurrent();
        context.check(JCudaDriver.cuEventSynchronize(done), () -> "finish what was asked of it");
        return memory.bytes(0, memory.size());
    }

    /** The backend closes the copies that are left, before the context. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            JCudaDriver.cuEventSynchronize(done);
            JCudaDriver.cuEventDestroy(done);
            memory.close();
        }
    }
}
