package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of table.cu. */
final class TableKernels {
    static final String FAMILY = "table";

    private static final KernelSignature INPUT =
            KernelSignature.of("table_input", POINTER, POINTER, POINTER, INT, INT, INT);
    private static final KernelSignature SCORE = KernelSignature.of(
            "table_score", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT);
    private static final KernelSignature MEAN =
            KernelSignature.of("table_mean", POINTER, POINTER, POINTER, INT, INT, INT);

    static final List<KernelSignature> SIGNATURES = List.of(INPUT, SCORE, MEAN);

    private final Launch launch;
    private final PtxModule.Kernel input;
    private final PtxModule.Kernel score;
    private final PtxModule.Kernel mean;

    TableKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        input = module.kernel(INPUT);
        score = module.kernel(SCORE);
        mean = module.kernel(MEAN);
    }

    private static Grid grid(Tensor x) {
        return Grid.sums(x.rows(), x.columns());
    }

    void input(Tensor seen, Tensor x, Tensor columns) {
        launch.run(input, grid(x), seen, x, columns, x.rows(), x.columns(), seen.columns());
    }

    /** Rows, gradients, or both; what is not asked for is null, weights with the gradients. */
    void score(
            Tensor rows,
            Tensor doutput,
            Tensor dlogvar,
            Tensor output,
            Tensor x,
            Tensor logvar,
            Tensor columns,
            Tensor weights) {
        launch.run(
                score,
                grid(x),
                rows,
                doutput,
                dlogvar,
                output,
                x,
                logvar,
                columns,
                weights,
                x.rows(),
                x.columns(),
                output.columns());
    }

    void mean(Tensor means, Tensor output, Tensor columns) {
        launch.run(mean, grid(means), means, output, columns, means.rows(), means.columns(), output.columns());
    }
}
