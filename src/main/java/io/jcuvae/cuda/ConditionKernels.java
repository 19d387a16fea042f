package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of condition.cu. */
final class ConditionKernels {
    static final String FAMILY = "condition";

    private static final KernelSignature GATHER =
            KernelSignature.of("condition_gather", POINTER, POINTER, POINTER, POINTER, INT, LONG, LONG, LONG);
    private static final KernelSignature JOIN =
            KernelSignature.of("condition_join", POINTER, POINTER, POINTER, INT, INT, INT, LONG);
    private static final KernelSignature FIRST =
            KernelSignature.of("condition_first", POINTER, POINTER, INT, INT, LONG);

    static final List<KernelSignature> SIGNATURES = List.of(GATHER, JOIN, FIRST);

    private final Launch launch;
    private final PtxModule.Kernel gather;
    private final PtxModule.Kernel join;
    private final PtxModule.Kernel first;

    ConditionKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        gather = module.kernel(GATHER);
        join = module.kernel(JOIN);
        first = module.kernel(FIRST);
    }

    /** One-hot labels of the rows of a batch. */
    void gather(Tensor y, Tensor labels, Tensor order, Tensor scalars) {
        launch.run(
                gather,
                Grid.ones(y.count()),
                y,
                labels,
                order,
                scalars,
                y.columns(),
                labels.count(),
                order.count(),
                y.count());
    }

    /** Columns behind others. */
    void join(Tensor y, Tensor a, Tensor b) {
        int times = a.rows() / b.rows();
        launch.run(join, Grid.ones(y.count()), y, a, b, a.columns(), b.columns(), times, y.count());
    }

    /** The columns in front. */
    void first(Tensor x, Tensor y) {
        launch.run(first, Grid.ones(x.count()), x, y, x.columns(), y.columns(), x.count());
    }
}
