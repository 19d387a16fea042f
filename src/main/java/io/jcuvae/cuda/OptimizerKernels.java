package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of optimizer.cu. */
final class OptimizerKernels {
    static final String FAMILY = "optimizer";

    private static final KernelSignature ADAM = KernelSignature.of(
            "optimizer_adam", POINTER, POINTER, POINTER, POINTER, POINTER, LONG, FLOAT, FLOAT, FLOAT);

    static final List<KernelSignature> SIGNATURES = List.of(ADAM);

    private final Launch launch;
    private final PtxModule.Kernel adam;

    OptimizerKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        adam = module.kernel(ADAM);
    }

    /** One Adam step over a block. */
    void adam(Tensor p, Tensor m, Tensor v, Tensor g, Tensor scalars, float beta1, float beta2, float epsilon) {
        launch.run(adam, Grid.fours(p.count()), p, m, v, g, scalars, p.count(), beta1, beta2, epsilon);
    }
}
