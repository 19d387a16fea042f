package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of mmd.cu. */
final class MmdKernels {
    static final String FAMILY = "mmd";

    private static final KernelSignature ROWS =
            KernelSignature.of("mmd_rows", POINTER, POINTER, POINTER, POINTER, INT, INT);

    private static final KernelSignature BACKWARD =
            KernelSignature.of("mmd_backward", POINTER, POINTER, POINTER, POINTER, INT, INT, FLOAT);

    static final List<KernelSignature> SIGNATURES = List.of(ROWS, BACKWARD);

    private final Launch launch;
    private final PtxModule.Kernel rows;
    private final PtxModule.Kernel backward;

    MmdKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        rows = module.kernel(ROWS);
        backward = module.kernel(BACKWARD);
    }

    /** A value for each row, and what the backward pass needs. */
    void forward(Tensor values, Tensor slopes, Tensor z, Tensor prior) {
        launch.run(rows, Grid.sums(z.rows(), z.rows()), values, slopes, z, prior, z.rows(), z.columns());
    }

    /** Adds to dz. */
    void backward(Tensor dz, Tensor slopes, Tensor z, Tensor prior, float weight) {
        launch.run(backward, Grid.ones(z.count()), dz, slopes, z, prior, z.rows(), z.columns(), weight);
    }
}
