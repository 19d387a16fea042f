package io.jcuvae.cuda;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.Copy;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUevent;

/**
 * One NVIDIA GPU: matrix products by cuBLAS, noise by cuRAND, everything else by our own kernels; a recorded step is a CUDA
 * graph. Operations run in the order they are asked for, after the call has returned; what fails then is told by a later
 * call.
 */
public final class CudaBackend implements Backend {
    /** Bytes of a half of the memory through which arrays travel: a copy of it takes longer than to ask for the next. */
    private static final int STAGED = 4 << 20;
    /** What copies ahead may grow theirs to. */
    private static final int MOST_STAGED = 64 << 20;

    private static final int ROWS_PER_MULTIPROCESSOR = 64;
    private static final int MOST_ROWS = 8192;
    private static final int ELEMENTS_AT_ONCE = 1 << 24;
    /** 64 MiB: products of thousands of rows for the layers of small pictures. */
    private static final int COLUMNS_AT_ONCE = 1 << 24;

    private final CudaOptions options;
    private final CudaContext context;
    private final CudaOps ops;
    private final String description;
    private final Staging staging;
    private final CopyStream feeding;
    private final Staging feed;
    private final CopyStream returning;
    /** What is to be closed before the context, last first. */
    private final List<AutoCloseable> resources = new ArrayList<>();

    private boolean closed;

    private CudaBackend(CudaOptions options, CudaContext context) {
        this.options = options;
        this.context = context;
        try {
            ops = keep(new CudaOps(context, options));
            staging = keep(new Staging(context, context.stream(), STAGED, STAGED));
            feeding = keep(new CopyStream(context));
            feed = keep(new Staging(context, feeding.stream(), STAGED, MOST_STAGED));
            returning = keep(new CopyStream(context));
            description = describe();
        } catch (RuntimeException | Error e) {
            release();
            throw e;
        }
    }

    /**
     * Takes a device into use.
     *
     * @throws io.jcuvae.tensor.UserError when there is no such device
     * @throws io.jcuvae.tensor.Failure when the driver, cuBLAS or cuRAND is missing or refuses; the message names which one
     *     and what to do
     */
    public static CudaBackend open(CudaOptions options) {
        try {
            NativeLibraries.load();
        } catch (Missing e) {
            throw new Failure(e.getMessage(), e);
        }
        return new CudaBackend(options, CudaContext.open(options.device(), options.debug()));
    }

    private <T extends AutoCloseable> T keep(T resource) {
        resources.add(resource);
        return resource;
    }

    private String describe() {
        return "cuda:" + context.ordinal() + " " + context.name() + ", "
                + options.precision().label() + ", noise by " + options.noise().label() + ", "
                + (options.debug() ? "every launch checked" : "CUDA graphs");
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public Ops ops() {
        context.makeCurrent();
        return ops;
    }

    @Override
    public Buffer allocate(ElementType type, long count) {
        context.makeCurrent();
        return context.allocate(type, count);
    }

    @Override
    public Recorded record(Runnable step) {
        context.makeCurrent();
        return keep(new CudaGraph(context, ops, step));
    }

    @Override
    public void reserveNoise(long key, long first, long count) {
        outside("noise reserved");
        ops.reserveNoise(key, first, count);
    }

    /** The device is the thread's, no step is being recorded, and what follows comes after all operations. */
    private void outside(String what) {
        context.makeCurrent();
        context.requireNotCapturing(what);
        ops.join();
    }

    private static long bytes(Tensor tensor, ElementType type) {
        if (tensor.buffer().type() != type) {
            throw new IllegalArgumentException(
                    type + " copied to or from a tensor of " + tensor.buffer().type());
        }
        return tensor.count() * type.bytes();
    }

    @Override
    public void upload(Tensor to, float[] from, int offset) {
        outside("an upload");
        staging.upload(CudaBuffer.address(to), bytes(to, ElementType.F32), floats(from, offset));
    }

    @Override
    public void upload(Tensor to, double[] from) {
        outside("an upload");
        staging.upload(
                CudaBuffer.address(to),
                bytes(to, ElementType.F64),
                (bytes, start) -> bytes.asDoubleBuffer().put(from, (int) (start / 8), bytes.remaining() / 8));
    }

    @Override
    public void upload(Tensor to, int[] from) {
        outside("an upload");
        staging.upload(
                CudaBuffer.address(to),
                bytes(to, ElementType.I32),
                (bytes, start) -> bytes.asIntBuffer().put(from, (int) (start / 4), bytes.remaining() / 4));
    }

    @Override
    public void upload(Tensor to, byte[] from, int offset) {
        outside("an upload");
        staging.upload(CudaBuffer.address(to), bytes(to, ElementType.U8), bytes(from, offset));
    }

    private static Staging.Part floats(float[] from, int offset) {
        return (bytes, start) -> bytes.asFloatBuffer().put(from, offset + (int) (start / 4), bytes.remaining() / 4);
    }

    private static Staging.Part bytes(byte[] from, int offset) {
        return (bytes, start) -> bytes.put(from, offset + (int) start, bytes.remaining());
    }

    @Override
    public void download(float[] to, int offset, Tensor from) {
        outside("a download");
        staging.download(
                CudaBuffer.address(from),
                bytes(from, ElementType.F32),
                (bytes, start) -> bytes.asFloatBuffer().get(to, offset + (int) (start / 4), bytes.remaining() / 4));
    }

    @Override
    public void download(double[] to, Tensor from) {
        outside("a download");
        staging.download(
                CudaBuffer.address(from),
                bytes(from, ElementType.F64),
                (bytes, start) -> bytes.asDoubleBuffer().get(to, (int) (start / 8), bytes.remaining() / 8));
    }

    @Override
    public Copy copyAhead(Tensor to, byte[] from, int offset) {
        return ahead(to, bytes(to, ElementType.U8), bytes(from, offset));
    }

    @Override
    public Copy copyAhead(Tensor to, float[] from, int offset) {
        return ahead(to, bytes(to, ElementType.F32), floats(from, offset));
    }

    private Copy ahead(Tensor to, long bytes, Staging.Part part) {
        outside("a copy to the device");
        feeding.waitForOperations();
        feed.upload(CudaBuffer.address(to), bytes, part);
        CUevent[] copied = {feeding.mark()};
        return () -> {
            if (copied[0] != null) {
                outside("a copy joined");
                feeding.join(copied[0]);
                copied[0] = null;
            }
        };
    }

    @Override
    public HostCopy hostCopy(Tensor from) {
        outside("a copy to the host prepared");
        return keep(new CudaCopy(context, ops, returning, from));
    }

    /** As many as fill the multiprocessors a few times, a power of two; fewer where rows are long. */
    @Override
    public int rowsAtOnce(int width) {
        context.makeCurrent();
        int busy = Math.min(MOST_ROWS, ROWS_PER_MULTIPROCESSOR * context.multiprocessors());
        return Integer.highestOneBit(Math.max(1, Math.min(busy, ELEMENTS_AT_ONCE / width)));
    }

    @Override
    public long columnsAtOnce() {
        return COLUMNS_AT_ONCE;
    }

    @Override
    public long memoryLeft() {
        context.makeCurrent();
        return context.memory()[0];
    }

    @Override
    public void synchronize() {
        outside("a wait");
        context.synchronize();
        feeding.synchronize();
        returning.synchronize();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            release();
        }
    }

    /** Nothing is checked on the way out: a device that vanished must not hide the first error. */
    private void release() {
        try {
            context.makeCurrent();
            context.synchronize();
        } catch (RuntimeException e) {
            // Told already, or nobody's concern any more.
        }
        for (int i = resources.size() - 1; i >= 0; i--) {
            try {
                resources.get(i).close();
            } catch (Exception e) {
                // The others are still to be freed.
            }
        }
        resources.clear();
        context.close();
    }
}
