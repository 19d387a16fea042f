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

    private static final KernelSignature DRAW =
            KernelSignature.of("objective_draw", POINTER, POINTER, POINTER, POINTER, INT, INT, INT);

    private static final KernelSignature IMPORTANCE = KernelSignature.of(
            "objective_importance",
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            INT,
            INT,
            FLOAT);

    private static final KernelSignature DRAW_BACKWARD = KernelSignature.of(
            "objective_draw_backward", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT);

    private static final KernelSignature PAIRS =
            KernelSignature.of("objective_pairs", POINTER, POINTER, POINTER, INT, INT);

    private static final KernelSignature CORRELATION = KernelSignature.of(
            "objective_correlation", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, FLOAT);

    private static final KernelSignature CORRELATION_BACKWARD = KernelSignature.of(
            "objective_correlation_backward",
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            POINTER,
            INT,
            INT,
            FLOAT);

    private static final KernelSignature ADD_TERM =
            KernelSignature.of("objective_add_term", POINTER, POINTER, INT, FLOAT);

    private static final KernelSignature RECORD_TERM =
            KernelSignature.of("objective_record_term", POINTER, POINTER, INT);

    static final List<KernelSignature> SIGNATURES = List.of(
            ELBO,
            CAPACITY,
            DRAW,
            IMPORTANCE,
            DRAW_BACKWARD,
            PAIRS,
            CORRELATION,
            CORRELATION_BACKWARD,
            ADD_TERM,
            RECORD_TERM);

    private final Launch launch;
    private final PtxModule.Kernel elbo;
    private final PtxModule.Kernel capacity;
    private final PtxModule.Kernel draw;
    private final PtxModule.Kernel importance;
    private final PtxModule.Kernel drawBackward;
    private final PtxModule.Kernel pairing;
    private final PtxModule.Kernel correlation;
    private final PtxModule.Kernel correlationBackward;
    private final PtxModule.Kernel addTerm;
    private final PtxModule.Kernel recordTerm;

    ObjectiveKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        elbo = module.kernel(ELBO);
        capacity = module.kernel(CAPACITY);
        draw = module.kernel(DRAW);
        importance = module.kernel(IMPORTANCE);
        drawBackward = module.kernel(DRAW_BACKWARD);
        pairing = module.kernel(PAIRS);
        correlation = module.kernel(CORRELATION);
        correlationBackward = module.kernel(CORRELATION_BACKWARD);
        addTerm = module.kernel(ADD_TERM);
        recordTerm = module.kernel(RECORD_TERM);
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

    /** Codes and log p(z) - log q(z | x), some for each posterior. */
    void draw(Tensor z, Tensor ratio, Tensor head, Tensor noise) {
        int latents = z.columns();
        launch.run(
                draw, Grid.sums(z.rows(), latents), z, ratio, head, noise, z.rows(), z.rows() / head.rows(), latents);
    }

    /** The importance-weighted bound and its weights; factors may be null. */
    void importance(
            Tensor loss,
            Tensor reconstruction,
            Tensor weights,
            Tensor ratioWeights,
            Tensor factors,
            Tensor rows,
            Tensor ratio,
            Tensor scalars,
            float scale) {
        int samples = Math.toIntExact(loss.count());
        launch.run(
                importance,
                Grid.ones(samples),
                loss,
                reconstruction,
                weights,
                ratioWeights,
                factors,
                rows,
                ratio,
                scalars,
                samples,
                Math.toIntExact(rows.count()) / samples,
                scale);
    }

    /** The gradient of head; factors may be null. */
    void drawBackward(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor z, Tensor ratioWeights, Tensor factors) {
        int latents = z.columns();
        launch.run(
                drawBackward,
                Grid.sums(head.rows(), latents),
                dhead,
                dz,
                head,
                noise,
                z,
                ratioWeights,
                factors,
                head.rows(),
                z.rows() / head.rows(),
                latents);
    }

    /** The total correlation of each row's code, and what its backward pass needs. */
    void correlation(Tensor values, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head, float offset) {
        int latents = z.columns();
        launch.run(pairing, Grid.ones(pairs.count()), pairs, z, head, z.rows(), latents);
        launch.run(
                correlation,
                Grid.sums(z.rows(), latents + 1),
                values,
                joint,
                marginals,
                pairs,
                z,
                head,
                z.rows(),
                latents,
                offset);
    }

    /** Adds to dz and writes dhead. */
    void correlationBackward(
            Tensor dz,
            Tensor dhead,
            Tensor pairs,
            Tensor joint,
            Tensor marginals,
            Tensor z,
            Tensor head,
            float weight) {
        launch.run(
                correlationBackward,
                Grid.ones(z.count()),
                dz,
                dhead,
                pairs,
                joint,
                marginals,
                z,
                head,
                z.rows(),
                z.columns(),
                weight);
    }

    /** loss += factor values. */
    void addTerm(Tensor loss, Tensor values, float factor) {
        int rows = Math.toIntExact(loss.count());
        launch.run(addTerm, Grid.ones(rows), loss, values, rows, factor);
    }

    /** Adds the values to the books. */
    void recordTerm(Tensor scalars, Tensor values) {
        int rows = Math.toIntExact(values.count());
        launch.run(recordTerm, Grid.sum(rows), scalars, values, rows);
    }
}
