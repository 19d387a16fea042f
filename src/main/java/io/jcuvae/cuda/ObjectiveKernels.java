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

    static final List<KernelSignature> SIGNATURES = List.of(ELBO, CAPACITY, DRAW, IMPORTANCE, DRAW_BACKWARD);

    private final Launch launch;
    private final PtxModule.Kernel elbo;
    private final PtxModule.Kernel capacity;
    private final PtxModule.Kernel draw;
    private final PtxModule.Kernel importance;
    private final PtxModule.Kernel drawBackward;

    ObjectiveKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        elbo = module.kernel(ELBO);
        capacity = module.kernel(CAPACITY);
        draw = module.kernel(DRAW);
        importance = module.kernel(IMPORTANCE);
        drawBackward = module.kernel(DRAW_BACKWARD);
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
}
