package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/** The kernels of likelihood.cu. */
final class LikelihoodKernels {
    static final String FAMILY = "likelihood";

    private static final KernelSignature BERNOULLI =
            KernelSignature.of("likelihood_bernoulli", POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature SQUARED =
            KernelSignature.of("likelihood_squared", POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature SQUARED_BACKWARD = KernelSignature.of(
            "likelihood_squared_backward", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature TOTAL = KernelSignature.of("likelihood_total", POINTER, POINTER, INT);

    static final List<KernelSignature> SIGNATURES = List.of(BERNOULLI, SQUARED, SQUARED_BACKWARD, TOTAL);

    private final Launch launch;
    private final PtxModule.Kernel bernoulli;
    private final PtxModule.Kernel squared;
    private final PtxModule.Kernel squaredBackward;
    private final PtxModule.Kernel total;

    LikelihoodKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        bernoulli = module.kernel(BERNOULLI);
        squared = module.kernel(SQUARED);
        squaredBackward = module.kernel(SQUARED_BACKWARD);
        total = module.kernel(TOTAL);
    }

    /** A thread takes four columns at a time. */
    private static Grid grid(Tensor x) {
        return Grid.sums(x.rows(), (int) Grid.blocks(x.columns(), 4));
    }

    /** Rows, gradient, or both; what is not asked for is null, weights with the gradient. */
    void bernoulli(Tensor rows, Tensor dlogits, Tensor logits, Tensor x, Tensor weights) {
        launch.run(bernoulli, grid(x), rows, dlogits, logits, x, weights, x.rows(), x.columns());
    }

    /** Squared errors, or Gaussian rows where a log variance is given. */
    void squared(Tensor rows, Tensor mean, Tensor x, Tensor logvar) {
        launch.run(squared, grid(x), rows, mean, x, logvar, x.rows(), x.columns());
    }

    /**
     * The gradient of {@link #squared}.
     *
     * @param dlogvar [1], or null
     * @param scratch B floats where dlogvar is asked for
     */
    void squaredBackward(
            Tensor dmean, Tensor dlogvar, Tensor mean, Tensor x, Tensor logvar, Tensor weights, CUdeviceptr scratch) {
        CUdeviceptr terms = dlogvar == null ? null : scratch;
        launch.run(squaredBackward, grid(x), dmean, terms, mean, x, logvar, weights, x.rows(), x.columns());
        if (dlogvar != null) {
            total(dlogvar, terms, x.rows());
        }
    }

    /** The sum of the rows' terms, [1]. */
    void total(Tensor sum, CUdeviceptr terms, int rows) {
        launch.run(total, Grid.sum(rows), sum, terms, rows);
    }
}
