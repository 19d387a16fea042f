package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.DOUBLE;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of measure.cu. */
final class MeasureKernels {
    static final String FAMILY = "measure";

    private static final KernelSignature BERNOULLI =
            KernelSignature.of("measure_bernoulli", POINTER, POINTER, POINTER, INT, INT, INT);
    private static final KernelSignature START = KernelSignature.of("measure_start", POINTER, INT);
    private static final KernelSignature ADD = KernelSignature.of("measure_add", POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature MEAN = KernelSignature.of("measure_mean", POINTER, POINTER, INT, DOUBLE);

    static final List<KernelSignature> SIGNATURES = List.of(BERNOULLI, START, ADD, MEAN);

    private final Launch launch;
    private final PtxModule.Kernel bernoulli;
    private final PtxModule.Kernel start;
    private final PtxModule.Kernel add;
    private final PtxModule.Kernel mean;

    MeasureKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        bernoulli = module.kernel(BERNOULLI);
        start = module.kernel(START);
        add = module.kernel(ADD);
        mean = module.kernel(MEAN);
    }

    /** Cross-entropies of several rows against each row of x. */
    void bernoulli(Tensor rows, Tensor logits, Tensor x) {
        int count = logits.rows();
        Grid grid = Grid.sums(count, (int) Grid.blocks(x.columns(), 4));
        launch.run(bernoulli, grid, rows, logits, x, count, count / x.rows(), x.columns());
    }

    /** No weights yet. */
    void start(Tensor state) {
        launch.run(start, Grid.ones(state.rows()), state, state.rows());
    }

    /** The first draws of each sample. */
    void add(Tensor state, Tensor rows, Tensor ratio, int counted) {
        int draws = Math.toIntExact(rows.count() / state.rows());
        launch.run(add, Grid.wholeRows(state.rows(), counted), state, rows, ratio, draws, counted);
    }

    /** Minus the logarithms of the mean weights. */
    void mean(Tensor loss, Tensor state, long draws) {
        launch.run(mean, Grid.ones(state.rows()), loss, state, state.rows(), Math.log(draws));
    }
}
