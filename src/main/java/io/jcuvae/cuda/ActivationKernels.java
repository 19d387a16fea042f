package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Tensor;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/** The kernels of activation.cu. */
final class ActivationKernels {
    static final String FAMILY = "activation";

    private static final KernelSignature FORWARD =
            KernelSignature.of("activation_forward", POINTER, POINTER, LONG, INT);
    private static final KernelSignature BIAS =
            KernelSignature.of("activation_bias", POINTER, POINTER, POINTER, POINTER, INT, INT, INT);
    private static final KernelSignature BACKWARD =
            KernelSignature.of("activation_backward", POINTER, POINTER, POINTER, LONG, INT);
    private static final KernelSignature BACKWARD_SUMS = KernelSignature.of(
            "activation_backward_sums", POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, INT);

    static final List<KernelSignature> SIGNATURES = List.of(FORWARD, BIAS, BACKWARD, BACKWARD_SUMS);

    /** Up to here one block sums all rows of its columns: a second launch would take longer. */
    private static final int ROWS_AT_ONCE = 1024;
    /** Rows of a block beyond. */
    private static final int TILE = 512;

    private final Launch launch;
    private final PtxModule.Kernel forward;
    private final PtxModule.Kernel bias;
    private final PtxModule.Kernel backward;
    private final PtxModule.Kernel backwardSums;

    ActivationKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        forward = module.kernel(FORWARD);
        bias = module.kernel(BIAS);
        backward = module.kernel(BACKWARD);
        backwardSums = module.kernel(BACKWARD_SUMS);
    }

    /** y = f(x). */
    void forward(Tensor y, Tensor x, Activation f) {
        launch.run(forward, Grid.fours(y.count()), y, x, y.count(), f.ordinal());
    }

    /**
     * a += bias, y = f(a).
     *
     * @param half where y also goes as bfloat16, or null
     */
    void bias(Tensor y, Tensor a, CUdeviceptr half, Tensor b, Activation f) {
        launch.run(bias, Grid.matrix(y.rows(), y.columns()), y, a, half, b, y.rows(), y.columns(), f.ordinal());
    }

    /** dx = dy f'. */
    void backward(Tensor dx, Tensor dy, Tensor saved, Activation f) {
        launch.run(backward, Grid.fours(dx.count()), dx, dy, saved, dx.count(), f.ordinal());
    }

    /** Floats of memory that {@link #backwardSums} needs beside its tensors. */
    static long scratch(int rows, int columns) {
        return tiles(rows) == 1 ? 0 : (long) tiles(rows) * columns;
    }

    private static int tiles(int rows) {
        return rows <= ROWS_AT_ONCE ? 1 : (int) Grid.blocks(rows, TILE);
    }

    /**
     * da = dy f' and the sums of its columns; many rows are summed in tiles, then the tiles in turn.
     *
     * @param sums [H]
     * @param da [B, H], may be dy; null where only the sums are asked for
     * @param half where da also goes as bfloat16, or null
     * @param dy [B, H]
     * @param saved [B, H]; not read where f is the identity
     * @param scratch as many floats as {@link #scratch} says, or null for none
     */
    void backwardSums(
            Tensor sums, Tensor da, CUdeviceptr half, Tensor dy, Tensor saved, Activation f, CUdeviceptr scratch) {
        int rows = dy.rows();
        int columns = dy.columns();
        int tiles = tiles(rows);
        CUdeviceptr last = CudaBuffer.address(sums);
        sums(tiles, tiles == 1 ? last : scratch, da, half, CudaBuffer.address(dy), saved, rows, columns, f);
        if (tiles > 1) {
            // Sums of tiles are rows like any others.
            sums(1, last, null, null, scratch, null, tiles, columns, Activation.IDENTITY);
        }
    }

    private void sums(
            int tiles,
            CUdeviceptr sums,
            Tensor da,
            CUdeviceptr half,
            CUdeviceptr dy,
            Tensor saved,
            int rows,
            int columns,
            Activation f) {
        launch.run(
                backwardSums,
                Grid.columnSums(tiles, columns),
                sums,
                da,
                half,
                dy,
                saved,
                rows,
                columns,
                tiles == 1 ? rows : TILE,
                f.ordinal());
    }
}
