package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.Tensor;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/** The kernels of density.cu. */
final class DensityKernels {
    static final String FAMILY = "density";

    private static final KernelSignature SCORE =
            KernelSignature.of("density_score", POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, INT, INT);
    private static final KernelSignature MEAN =
            KernelSignature.of("density_mean", POINTER, POINTER, INT, INT, INT, INT, INT);
    private static final KernelSignature LAPLACE =
            KernelSignature.of("density_laplace", POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature LAPLACE_BACKWARD = KernelSignature.of(
            "density_laplace_backward", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT);

    static final List<KernelSignature> SIGNATURES = List.of(SCORE, MEAN, LAPLACE, LAPLACE_BACKWARD);

    private final Launch launch;
    private final PtxModule.Kernel score;
    private final PtxModule.Kernel mean;
    private final PtxModule.Kernel laplace;
    private final PtxModule.Kernel laplaceBackward;

    DensityKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        score = module.kernel(SCORE);
        mean = module.kernel(MEAN);
        laplace = module.kernel(LAPLACE);
        laplaceBackward = module.kernel(LAPLACE_BACKWARD);
    }

    private static Grid grid(Tensor x) {
        return Grid.sums(x.rows(), x.columns());
    }

    /** Rows, gradient, or both; what is not asked for is null, weights with the gradient. */
    void score(Tensor rows, Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        int width = x.columns();
        launch.run(
                score,
                grid(x),
                rows,
                doutput,
                output,
                x,
                weights,
                x.rows(),
                width,
                output.columns() / width,
                run,
                density.ordinal());
    }

    void mean(Tensor means, Tensor output, Density density, int run) {
        int width = means.columns();
        int parameters = output.columns() / width;
        launch.run(mean, grid(means), means, output, means.rows(), width, parameters, run, density.ordinal());
    }

    void laplace(Tensor rows, Tensor means, Tensor x, Tensor logscale) {
        launch.run(laplace, grid(x), rows, means, x, logscale, x.rows(), x.columns());
    }

    /**
     * The gradient of the means.
     *
     * @param terms B floats: each row's part of the log scale's gradient
     */
    void laplaceBackward(Tensor dmean, CUdeviceptr terms, Tensor means, Tensor x, Tensor logscale, Tensor weights) {
        launch.run(laplaceBackward, grid(x), dmean, terms, means, x, logscale, weights, x.rows(), x.columns());
    }
}
