package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of hierarchy.cu. */
final class HierarchyKernels {
    static final String FAMILY = "hierarchy";

    private static final KernelSignature PRIOR =
            KernelSignature.of("hierarchy_prior", POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature BACKWARD =
            KernelSignature.of("hierarchy_prior_backward", POINTER, POINTER, POINTER, POINTER, POINTER, INT, LONG);
    private static final KernelSignature MEAN = KernelSignature.of("hierarchy_mean", POINTER, POINTER, INT, INT);
    private static final KernelSignature SPLIT =
            KernelSignature.of("hierarchy_split", POINTER, POINTER, POINTER, INT, INT, LONG);

    static final List<KernelSignature> SIGNATURES = List.of(PRIOR, BACKWARD, MEAN, SPLIT);

    private final Launch launch;
    private final PtxModule.Kernel prior;
    private final PtxModule.Kernel backward;
    private final PtxModule.Kernel mean;
    private final PtxModule.Kernel split;

    HierarchyKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        prior = module.kernel(PRIOR);
        backward = module.kernel(BACKWARD);
        mean = module.kernel(MEAN);
        split = module.kernel(SPLIT);
    }

    /** Another prior than the standard normal in a log ratio. */
    void prior(Tensor ratio, Tensor upper, Tensor z, Tensor priorHead) {
        launch.run(prior, Grid.sums(z.rows(), z.columns()), ratio, upper, z, priorHead, z.rows(), z.columns());
    }

    /** Its gradients. */
    void backward(Tensor dz, Tensor dprior, Tensor z, Tensor priorHead, Tensor weights) {
        launch.run(backward, Grid.ones(z.count()), dz, dprior, z, priorHead, weights, z.columns(), z.count());
    }

    /** The negative mean over the draws. */
    void mean(Tensor kl, Tensor ratio) {
        int samples = Math.toIntExact(kl.count());
        launch.run(mean, Grid.ones(samples), kl, ratio, samples, (int) (ratio.count() / samples));
    }

    /** The columns in front, and those behind. */
    void split(Tensor first, Tensor second, Tensor both) {
        launch.run(
                split, Grid.ones(both.count()), first, second, both, first.columns(), second.columns(), both.count());
    }
}
