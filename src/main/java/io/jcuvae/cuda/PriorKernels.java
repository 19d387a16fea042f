package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.PriorOps;
import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of prior.cu. */
final class PriorKernels {
    static final String FAMILY = "prior";

    private static final KernelSignature TERMS =
            KernelSignature.of("prior_terms", POINTER, POINTER, POINTER, POINTER, INT, INT, INT, LONG);
    private static final KernelSignature ROWS =
            KernelSignature.of("prior_rows", POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, INT);
    private static final KernelSignature SLOPE =
            KernelSignature.of("prior_slope", POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, LONG);
    private static final KernelSignature COMPONENTS = KernelSignature.of(
            "prior_components", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, INT);
    private static final KernelSignature LOGITS =
            KernelSignature.of("prior_logits", POINTER, POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature MEAN_OF_DRAWS =
            KernelSignature.of("prior_mean_of_draws", POINTER, POINTER, INT, INT, FLOAT);
    private static final KernelSignature CLAMP =
            KernelSignature.of("prior_clamp", POINTER, POINTER, FLOAT, FLOAT, LONG);
    private static final KernelSignature CLAMP_BACKWARD =
            KernelSignature.of("prior_clamp_backward", POINTER, POINTER, POINTER, FLOAT, FLOAT, LONG);

    static final List<KernelSignature> SIGNATURES =
            List.of(TERMS, ROWS, SLOPE, COMPONENTS, LOGITS, MEAN_OF_DRAWS, CLAMP, CLAMP_BACKWARD);

    private final Launch launch;
    private final PtxModule.Kernel terms;
    private final PtxModule.Kernel rows;
    private final PtxModule.Kernel sloping;
    private final PtxModule.Kernel components;
    private final PtxModule.Kernel weighing;
    private final PtxModule.Kernel meanOfDraws;
    private final PtxModule.Kernel clamp;
    private final PtxModule.Kernel clampBackward;

    PriorKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        terms = module.kernel(TERMS);
        rows = module.kernel(ROWS);
        sloping = module.kernel(SLOPE);
        components = module.kernel(COMPONENTS);
        weighing = module.kernel(LOGITS);
        meanOfDraws = module.kernel(MEAN_OF_DRAWS);
        clamp = module.kernel(CLAMP);
        clampBackward = module.kernel(CLAMP_BACKWARD);
    }

    /** log p(z) - log q(z | x), and each component's share of p(z); logits may be null. */
    void logRatio(Tensor ratio, Tensor shares, Tensor z, Tensor head, Tensor noise, Tensor table, Tensor logits) {
        int latents = z.columns();
        launch.run(
                terms,
                Grid.ones(shares.count()),
                shares,
                z,
                table,
                PriorOps.logvars(table, latents),
                table.columns(),
                shares.columns(),
                latents,
                shares.count());
        launch.run(
                rows,
                Grid.sums(z.rows(), 1),
                ratio,
                shares,
                head,
                noise,
                logits,
                z.rows(),
                z.rows() / head.rows(),
                shares.columns(),
                latents);
    }

    /** The gradients of -log p(z); dlogits and logits may be null. */
    void backward(
            Tensor slope,
            Tensor dtable,
            Tensor dlogits,
            Tensor shares,
            Tensor z,
            Tensor table,
            Tensor logits,
            Tensor weights) {
        int latents = z.columns();
        int count = shares.columns();
        Tensor logvars = PriorOps.logvars(table, latents);
        launch.run(
                sloping,
                Grid.ones(slope.count()),
                slope,
                shares,
                z,
                table,
                logvars,
                table.columns(),
                count,
                latents,
                slope.count());
        launch.run(
                components,
                Grid.ones((long) count * latents),
                dtable,
                PriorOps.logvars(dtable, latents),
                shares,
                z,
                table,
                logvars,
                weights,
                table.columns(),
                count,
                latents,
                z.rows());
        if (logits != null) {
            launch.run(weighing, Grid.ones(count), dlogits, shares, logits, weights, count, z.rows());
        }
    }

    /** Means over the rows of each sample. */
    void meanOfDraws(Tensor mean, Tensor values, float factor) {
        int samples = Math.toIntExact(mean.count());
        launch.run(
                meanOfDraws,
                Grid.ones(samples),
                mean,
                values,
                samples,
                Math.toIntExact(values.count()) / samples,
                factor);
    }

    /** Values within bounds. */
    void clamp(Tensor y, Tensor x, float low, float high) {
        launch.run(clamp, Grid.ones(x.count()), y, x, low, high, x.count());
    }

    /** What descent has of their gradient. */
    void clampBackward(Tensor dx, Tensor dy, Tensor x, float low, float high) {
        launch.run(clampBackward, Grid.ones(x.count()), dx, dy, x, low, high, x.count());
    }
}
