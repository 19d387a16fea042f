package io.jcuvae.cuda;

import static io.jcuvae.cuda.KernelSignature.Parameter.INT;
import static io.jcuvae.cuda.KernelSignature.Parameter.LONG;
import static io.jcuvae.cuda.KernelSignature.Parameter.POINTER;

import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;
import java.util.List;
import jcuda.driver.CUdeviceptr;

/** The kernels of conv.cu. */
final class SpatialKernels {
    static final String FAMILY = "conv";

    private static final KernelSignature UNFOLD =
            KernelSignature.of("conv_unfold", POINTER, POINTER, POINTER, INT, INT, INT, INT, INT, INT, INT, INT, INT);
    private static final KernelSignature FOLD =
            KernelSignature.of("conv_fold", POINTER, POINTER, INT, INT, INT, INT, INT, INT, INT, INT, INT);
    private static final KernelSignature SWAP_AXES =
            KernelSignature.of("conv_swap_axes", POINTER, POINTER, INT, INT, INT);
    private static final KernelSignature UPSAMPLE =
            KernelSignature.of("conv_upsample", POINTER, POINTER, INT, INT, INT, INT);
    private static final KernelSignature UPSAMPLE_BACKWARD =
            KernelSignature.of("conv_upsample_backward", POINTER, POINTER, INT, INT, INT, INT);
    private static final KernelSignature ADD = KernelSignature.of("conv_add", POINTER, POINTER, POINTER, LONG);

    static final List<KernelSignature> SIGNATURES = List.of(UNFOLD, FOLD, SWAP_AXES, UPSAMPLE, UPSAMPLE_BACKWARD, ADD);

    private final Launch launch;
    private final PtxModule.Kernel unfold;
    private final PtxModule.Kernel fold;
    private final PtxModule.Kernel swapAxes;
    private final PtxModule.Kernel upsample;
    private final PtxModule.Kernel upsampleBackward;
    private final PtxModule.Kernel add;

    SpatialKernels(PtxModule module, Launch launch) {
        this.launch = launch;
        unfold = module.kernel(UNFOLD);
        fold = module.kernel(FOLD);
        swapAxes = module.kernel(SWAP_AXES);
        upsample = module.kernel(UPSAMPLE);
        upsampleBackward = module.kernel(UPSAMPLE_BACKWARD);
        add = module.kernel(ADD);
    }

    /**
     * What a window sees.
     *
     * @param half where the columns also go as bfloat16, or null
     */
    void unfold(Tensor columns, CUdeviceptr half, Tensor x, Window window) {
        int rows = x.rows() * window.positions();
        launch.run(
                unfold,
                Grid.matrix(rows, window.seen()),
                columns,
                half,
                x,
                rows,
                window.height(),
                window.width(),
                window.channels(),
                window.outHeight(),
                window.outWidth(),
                window.kernel(),
                window.stride(),
                window.padding());
    }

    /** The sums of what a window saw. */
    void fold(Tensor x, Tensor columns, Window window) {
        int pixels = x.rows() * window.height() * window.width();
        launch.run(
                fold,
                Grid.matrix(pixels, window.channels()),
                x,
                columns,
                pixels,
                window.height(),
                window.width(),
                window.channels(),
                window.outHeight(),
                window.outWidth(),
                window.kernel(),
                window.stride(),
                window.padding());
    }

    /** y[b, m, n] = x[b, n, m]. */
    void swapAxes(Tensor y, Tensor x) {
        int n = x.shape().extent(1);
        int m = x.shape().extent(2);
        launch.run(swapAxes, Grid.squares(n, m, x.rows()), y, x, x.rows(), n, m);
    }

    /** Every pixel as a square. */
    void upsample(Tensor y, Tensor x) {
        scale(upsample, y, x, y, x);
    }

    /** The sums of squares of pixels. */
    void upsampleBackward(Tensor dx, Tensor dy) {
        scale(upsampleBackward, dx, dy, dy, dx);
    }

    private void scale(PtxModule.Kernel kernel, Tensor to, Tensor from, Tensor large, Tensor small) {
        int width = small.shape().extent(2);
        int channels = small.shape().extent(3);
        int pixels = Math.toIntExact(to.count() / channels);
        launch.run(
                kernel,
                Grid.matrix(pixels, channels),
                to,
                from,
                pixels,
                width,
                channels,
                large.shape().extent(2) / width);
    }

    /** y = a + b. */
    void add(Tensor y, Tensor a, Tensor b) {
        launch.run(add, Grid.fours(y.count()), y, a, b, y.count());
    }
}
