package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of gaussian.cu. */
final class GaussianKernels {
    static final String FAMILY = "gaussian";

    private static final KernelSignature SAMPLE =
            KernelSignature.of("gaussian_sample", POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature ACTIVE =
            KernelSignature.of("gaussian_active", POINTER, POINTER, INT, INT, FLOAT);
    private static final KernelSignature FLOORED =
            KernelSignature.of("gaussian_floored", POINTER, POINTER, POINTER, INT, INT, FLOAT);
    private static final KernelSignature BACKWARD =
            KernelSignature.of("gaussian_backward", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature LOG_RATIO =
            KernelSignature.of("gaussian_log_ratio", POINTER, POINTER, POINTER, POINTER, INT, INT);

    static final List<KernelSignature> SIGNATURES = List.of(SAMPLE, ACTIVE, FLOORED, BACKWARD, LOG_RATIO);

    private final Launch launch;
    private final PtxModule.Kernel sample;
    private final PtxModule.Kernel active;
    private final PtxModule.Kernel floored;
    private final PtxModule.Kernel backward;
    private final PtxModule.Kernel logRatio;

    GaussianKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        sample = module.kernel(SAMPLE);
        active = module.kernel(ACTIVE);
        floored = module.kernel(FLOORED);
        backward = module.kernel(BACKWARD);
        logRatio = module.kernel(LOG_RATIO);
    }

    private static Grid grid(Tensor head) {
        return Grid.sums(head.rows(), head.columns() / 2);
    }

    /** z and kl; either may be null, z with noise. */
    void sample(Tensor z, Tensor kl, Tensor head, Tensor noise) {
        launch.run(sample, grid(head), z, kl, head, noise, head.rows(), head.columns() / 2);
    }

    /** Which latents are above the floor, and the rows with a floor under the others. */
    void freeBits(Tensor kl, Tensor activeLatents, Tensor head, float floor) {
        int latents = head.columns() / 2;
        launch.run(active, Grid.columns(latents), activeLatents, head, head.rows(), latents, floor);
        launch.run(floored, grid(head), kl, head, activeLatents, head.rows(), latents, floor);
    }

    /**
     * The gradient of head.
     *
     * @param latentWeights or null
     */
    void backward(Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights, Tensor latentWeights) {
        int latents = head.columns() / 2;
        launch.run(backward, grid(head), dhead, dz, head, noise, weights, latentWeights, head.rows(), latents);
    }

    /** log p(z) - log q(z | x). */
    void logRatio(Tensor ratio, Tensor z, Tensor head, Tensor noise) {
        launch.run(logRatio, grid(head), ratio, z, head, noise, head.rows(), head.columns() / 2);
    }
}
