package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.FLOAT;
import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import java.util.List;

/** The kernels of vq.cu. */
final class VqKernels {
    static final String FAMILY = "vq";

    private static final KernelSignature NORMS = KernelSignature.of("vq_norms", POINTER, POINTER, INT, INT);
    private static final KernelSignature LEAST = KernelSignature.of("vq_least", POINTER, POINTER, POINTER, INT, INT);
    private static final KernelSignature LOOK_UP =
            KernelSignature.of("vq_look_up", POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, FLOAT);
    private static final KernelSignature STRAIGHT_THROUGH =
            KernelSignature.of("vq_straight_through", POINTER, POINTER, POINTER, POINTER, LONG, FLOAT);
    private static final KernelSignature TRACK =
            KernelSignature.of("vq_track", POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, FLOAT);
    private static final KernelSignature TOTAL =
            KernelSignature.of("vq_total", POINTER, POINTER, POINTER, POINTER, INT, FLOAT);
    private static final KernelSignature RENEW = KernelSignature.of(
            "vq_renew", POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, INT, INT, INT, FLOAT, LONG);

    static final List<KernelSignature> SIGNATURES =
            List.of(NORMS, LEAST, LOOK_UP, STRAIGHT_THROUGH, TRACK, TOTAL, RENEW);

    private final Launch launch;
    private final PtxModule.Kernel squares;
    private final PtxModule.Kernel least;
    private final PtxModule.Kernel look;
    private final PtxModule.Kernel through;
    private final PtxModule.Kernel average;
    private final PtxModule.Kernel whole;
    private final PtxModule.Kernel renew;

    VqKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        squares = module.kernel(NORMS);
        least = module.kernel(LEAST);
        look = module.kernel(LOOK_UP);
        through = module.kernel(STRAIGHT_THROUGH);
        average = module.kernel(TRACK);
        whole = module.kernel(TOTAL);
        renew = module.kernel(RENEW);
    }

    /** The squared norm of each code. */
    void norms(Tensor norms, Tensor codebook) {
        int codes = codebook.rows();
        launch.run(squares, Grid.sums(codes, codebook.columns()), norms, codebook, codes, codebook.columns());
    }

    /** The number of the nearest code of each row. */
    void least(Tensor codes, Tensor products, Tensor norms) {
        int rows = products.rows();
        launch.run(least, Grid.sums(rows, 1), codes, products, norms, rows, products.columns());
    }

    /** The codes' vectors, and how far what they stand for is from them. */
    void lookUp(Tensor z, Tensor rows, Tensor x, Tensor codes, Tensor codebook, float factor) {
        int size = codebook.columns();
        launch.run(
                look,
                Grid.sums(z.rows(), z.columns()),
                z,
                rows,
                x,
                codes,
                codebook,
                z.rows(),
                z.columns() / size,
                size,
                factor);
    }

    /** The gradient of what was quantised. */
    void straightThrough(Tensor dx, Tensor dz, Tensor x, Tensor z, float weight) {
        launch.run(through, Grid.ones(dx.count()), dx, dz, x, z, dx.count(), weight);
    }

    /** Moves the codebook; three launches, since all counts make the total and each code's renewal needs that. */
    void track(
            Tensor codebook,
            Tensor counts,
            Tensor sums,
            Tensor revived,
            Tensor total,
            Tensor x,
            Tensor codes,
            Tensor scalars,
            float decay,
            float threshold,
            long key) {
        int count = codebook.rows();
        int size = codebook.columns();
        launch.run(average, Grid.slots(count, size), counts, sums, x, codes, scalars, x.rows(), size, decay);
        launch.run(whole, Grid.sum(count), total, revived, counts, scalars, count, threshold);
        launch.run(
                renew,
                Grid.sums(count, size),
                codebook,
                counts,
                sums,
                total,
                x,
                scalars,
                x.rows(),
                count,
                size,
                threshold,
                key);
    }
}
