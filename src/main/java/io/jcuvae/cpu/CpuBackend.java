package io.jcuvae.cpu;

import dev.ludovic.netlib.blas.NativeBLAS;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;

/**
 * The processor: heap arrays, loops that the JIT vectorizes, matrix products through OpenBLAS. Equal inputs give equal bits
 * for any number of threads.
 */
public final class CpuBackend implements Backend {
    private final Workers workers;
    private final CpuOps ops;
    private final String description;

    /**
     * A backend on OpenBLAS, or on plain Java where that cannot be loaded; {@link #description()} says which and why.
     *
     * @param threads threads to use, 0 for one per available processor
     */
    public CpuBackend(int threads) {
        this(threads, true, Convolutions.PIECE);
    }

    private CpuBackend(int threads, boolean blas, int piece) {
        int processors = Runtime.getRuntime().availableProcessors();
        int count = threads > 0 ? threads : processors;
        Gemm gemm;
        String library;
        try {
            gemm = blas ? openBlas() : new JavaGemm();
            library = blas ? "OpenBLAS" : "matrix products in plain Java";
        } catch (UnsatisfiedLinkError e) {
            gemm = new JavaGemm();
            library = "matrix products in plain Java, about ten times slower, because " + e.getMessage();
        }
        workers = new Workers(count);
        ops = new CpuOps(workers, gemm, processors, piece);
        description = "CPU, " + count + (count == 1 ? " thread, " : " threads, ") + library;
    }

    /** A backend that does its matrix products in plain Java, as on a machine without a BLAS. */
    public static CpuBackend withoutBlas(int threads) {
        return new CpuBackend(threads, false, Convolutions.PIECE);
    }

    /** A backend that cuts even small convolutions into pieces of a few lines. */
    static CpuBackend inSmallPieces(int threads) {
        return new CpuBackend(threads, true, 200);
    }

    private static Gemm openBlas() {
        NativeBLAS blas = OpenBlas.load();
        // BLAS is column-major: a row-major matrix is its transpose there, so c' = op(b)' op(a)'.
        return (rows, columns, inner, c, cStart, cStride, a, aStart, aStride, ta, b, bStart, bStride, tb, accumulate) ->
                blas.sgemm(
                        tb ? "T" : "N",
                        ta ? "T" : "N",
                        columns,
                        rows,
                        inner,
                        1f,
                        b,
                        bStart,
                        bStride,
                        a,
                        aStart,
                        aStride,
                        accumulate ? 1f : 0f,
                        c,
                        cStart,
                        cStride);
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String description() {
        return description;
    }

    @Override
    public Ops ops() {
        return ops;
    }

    @Override
    public Buffer allocate(ElementType type, long count) {
        if (count > Integer.MAX_VALUE - 2L * CpuBuffer.SLACK) {
            throw new UserError("the CPU backend holds at most 2^31 elements in one block, " + count
                    + " were asked for; use a smaller --batch or --limit");
        }
        try {
            return new CpuBuffer(type, (int) count);
        } catch (OutOfMemoryError e) {
            long free = memoryLeft();
            throw new UserError(
                    String.format(
                            "out of memory: %,d MiB were asked for, about %,d MiB of heap are free; use a smaller --batch,"
                                    + " --hidden or --limit, or a larger heap (JCUVAE_JAVA_OPTS=-Xmx...)",
                            count * type.bytes() >> 20, free >> 20),
                    e);
        }
    }

    @Override
    public Recorded record(Runnable step) {
        return step::run;
    }

    @Override
    public void upload(Tensor to, float[] from, int offset) {
        System.arraycopy(from, offset, CpuBuffer.floats(to), CpuBuffer.start(to), (int) to.count());
    }

    @Override
    public void upload(Tensor to, double[] from) {
        System.arraycopy(from, 0, CpuBuffer.doubles(to), CpuBuffer.start(to), (int) to.count());
    }

    @Override
    public void upload(Tensor to, int[] from) {
        System.arraycopy(from, 0, CpuBuffer.ints(to), CpuBuffer.start(to), (int) to.count());
    }

    @Override
    public void upload(Tensor to, byte[] from, int offset) {
        System.arraycopy(from, offset, CpuBuffer.bytes(to), CpuBuffer.start(to), (int) to.count());
    }

    @Override
    public void download(float[] to, int offset, Tensor from) {
        System.arraycopy(CpuBuffer.floats(from), CpuBuffer.start(from), to, offset, (int) from.count());
    }

    @Override
    public void download(double[] to, Tensor from) {
        System.arraycopy(CpuBuffer.doubles(from), CpuBuffer.start(from), to, 0, (int) from.count());
    }

    @Override
    public HostCopy hostCopy(Tensor from) {
        return new CpuCopy(from);
    }

    /** Each thread has room of its own. */
    @Override
    public long columnsAtOnce() {
        return 0;
    }

    /** What the heap may still grow by; garbage counts as taken. */
    @Override
    public long memoryLeft() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
    }

    @Override
    public void synchronize() {
        // Every operation is done when it returns.
    }

    @Override
    public void close() {
        workers.close();
    }
}
