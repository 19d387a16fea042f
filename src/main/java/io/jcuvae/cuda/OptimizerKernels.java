package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.DOUBLE;
import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/** The kernels of optimizer.cu. */
final class OptimizerKernels {
    static final String FAMILY = "optimizer";

    private static final KernelSignature ADAM = KernelSignature.of(
            "optimizer_adam", POINTER, POINTER, POINTER, POINTER, POINTER, LONG, FLOAT, FLOAT, FLOAT);

    private static final KernelSignature ADAMW = KernelSignature.of(
            "optimizer_adamw", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, LONG, FLOAT, FLOAT, FLOAT, FLOAT);
    private static final KernelSignature ADD = KernelSignature.of("optimizer_add", POINTER, POINTER, LONG);
    private static final KernelSignature SQUARES = KernelSignature.of("optimizer_squares", POINTER, POINTER, LONG);
    private static final KernelSignature NORM =
            KernelSignature.of("optimizer_norm", POINTER, POINTER, INT, FLOAT, FLOAT);
    private static final KernelSignature AVERAGE =
            KernelSignature.of("optimizer_average", POINTER, POINTER, POINTER, LONG, DOUBLE);

    static final List<KernelSignature> SIGNATURES = List.of(ADAM, ADAMW, ADD, SQUARES, NORM, AVERAGE);

    private final Launch launch;
    private final PtxModule.Kernel adam;
    private final PtxModule.Kernel adamW;
    private final PtxModule.Kernel add;
    private final PtxModule.Kernel squares;
    private final PtxModule.Kernel norm;
    private final PtxModule.Kernel average;

    OptimizerKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        adam = module.kernel(ADAM);
        adamW = module.kernel(ADAMW);
        add = module.kernel(ADD);
        squares = module.kernel(SQUARES);
        norm = module.kernel(NORM);
        average = module.kernel(AVERAGE);
    }

    /** One Adam step over a block. */
    void adam(Tensor p, Tensor m, Tensor v, Tensor g, Tensor scalars, float beta1, float beta2, float epsilon) {
        launch.run(adam, Grid.fours(p.count()), p, m, v, g, scalars, p.count(), beta1, beta2, epsilon);
    }

    /** One AdamW step over a block; decay may be null. */
    void adamW(
            Tensor p,
            Tensor m,
            Tensor v,
            Tensor g,
            Tensor decay,
            Tensor scalars,
            float beta1,
            float beta2,
            float epsilon,
            float scale) {
        Grid grid = Grid.fours(p.count());
        launch.run(adamW, grid, p, m, v, g, decay, scalars, p.count(), beta1, beta2, epsilon, scale);
    }

    /** total += x. */
    void add(Tensor total, Tensor x) {
        launch.run(add, Grid.fours(x.count()), total, x, x.count());
    }

    /** Floats of scratch memory that {@link #norm} needs: two make a double. */
    static long scratch(long count) {
        return 2L * Grid.parts(count).columns();
    }

    /** Norm and scale of the gradients. */
    void norm(Tensor scalars, Tensor g, CUdeviceptr parts, float scale, float limit) {
        Grid grid = Grid.parts(g.count());
        launch.run(squares, grid, parts, g, g.count());
        launch.run(norm, Grid.sum(grid.columns()), scalars, parts, grid.columns(), scale, limit);
    }

    /** A moving average of p. */
    void average(Tensor averaged, Tensor p, Tensor scalars, double decay) {
        launch.run(average, Grid.fours(p.count()), averaged, p, scalars, p.count(), decay);
    }
}
