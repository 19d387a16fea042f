package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of objective.cu. */
final class ObjectiveKernels {
    static final String FAMILY = "objective";

    private static final KernelSignature ELBO =
            KernelSignature.of("objective_elbo", POINTER, POINTER, POINTER, POINTER, POINTER, INT, FLOAT);

    private static final KernelSignature CAPACITY =
            KernelSignature.of("objective_capacity", POINTER, POINTER, POINTER, POINTER, POINTER, INT, FLOAT);

    static final List<KernelSignature> SIGNATURES = List.of(ELBO, CAPACITY);

    private final Launch launch;
    private final PtxModule.Kernel elbo;
    private final PtxModule.Kernel capacity;

    ObjectiveKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        elbo = module.kernel(ELBO);
        capacity = module.kernel(CAPACITY);
    }

    /** Loss rows and the weights of the KL term. */
    void elbo(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        int rows = Math.toIntExact(loss.count());
        launch.run(elbo, Grid.ones(rows), loss, klWeights, reconstruction, kl, scalars, rows, scale);
    }

    /** Loss rows and the weights of a KL term that is drawn to a capacity. */
    void capacity(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        int rows = Math.toIntExact(loss.count());
        launch.run(capacity, Grid.sum(rows), loss, klWeights, reconstruction, kl, scalars, rows, scale);
    }
}
