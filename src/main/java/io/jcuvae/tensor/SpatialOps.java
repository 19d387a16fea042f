package io.jcuvae.tensor;

/**
 * The verbs of {@link Ops} on pictures, which lie in memory with the channels of a pixel side by side: [B, H, W, C]. Letters
 * beside those of {@link Ops}: C and O channels; H, W extents of a picture; Y, X positions of a {@link Window} in it; K its
 * kernel.
 *
 * <p>Convolutions are matrix products with columns: what a window sees at each of its positions, one position a row. The
 * columns of a batch are K K times as large as its pictures, so they are made for some samples at a time, in a buffer whose
 * size says for how many (see {@link Arena#columns}).
 */
public interface SpatialOps extends LinearOps {

    // ---- primitives

    /**
     * What a window sees: columns[(b, i, j), (u, v, c)] = x[b, i s - p + u, j s - p + v, c], zero outside of the picture.
     *
     * @param columns [B Y X, K K C]
     * @param x [B, H, W, C]
     */
    void unfold(Tensor columns, Tensor x, Window window);

    /**
     * The adjoint of {@link #unfold}: x[b, h, w, c] = the sum of all columns[(b, i, j), (u, v, c)] that were taken from there,
     * in a fixed order; zero where none was.
     *
     * @param x [B, H, W, C]
     * @param columns [B Y X, K K C]
     */
    void fold(Tensor x, Tensor columns, Window window);

    /**
     * y[b, m, n] = x[b, n, m].
     *
     * @param y [B, M, N]
     * @param x [B, N, M]
     */
    void swapAxes(Tensor y, Tensor x);

    /**
     * y[b, i, j, c] = x[b, i / F, j / F, c].
     *
     * @param y [B, F H, F W, C]
     * @param x [B, H, W, C]
     */
    void upsample(Tensor y, Tensor x);

    /**
     * The backward pass of {@link #upsample}: dx[b, h, w, c] = the sum of dy over the square that was made of the pixel.
     *
     * @param dx [B, H, W, C]
     * @param dy [B, F H, F W, C]
     */
    void upsampleBackward(Tensor dx, Tensor dy);

    /** y = a + b, element by element; y may be a. */
    void add(Tensor y, Tensor a, Tensor b);

    // ---- convolutions

    /**
     * A convolution: y = f(a) with a = unfold(x) w' + bias.
     *
     * @param y [B, Y, X, O]
     * @param a [B, Y, X, O], may be y where {@link Activation#derivativeFromOutput()}
     * @param x [B, H, W, C]
     * @param w [O, K K C], rows in the order of a window: PyTorch's [O, C, K, K] with the channels last
     * @param bias [O]
     * @param columns room for the columns of one or more samples; null where the window is a point or the backend needs none
     */
    default void conv2d(
            Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f, Window window, Tensor columns) {
        if (window.isPoint()) {
            dense(y.pixels(), a.pixels(), x.pixels(), w, bias, f);
            return;
        }
        int most = samples(columns, window);
        for (int first = 0; first < x.rows(); first += most) {
            int count = Math.min(most, x.rows() - first);
            Tensor seen = columns(columns, window, count);
            unfold(seen, x.rows(first, count), window);
            dense(y.rows(first, count).pixels(), a.rows(first, count).pixels(), seen, w, bias, f);
        }
    }

    /**
     * The backward pass of {@link #conv2d}: da = dy f'(a), dw = da' unfold(x), dbias = sum of da over all pixels, dx =
     * fold(da w).
     *
     * @param dx [B, H, W, C], or null where nobody asks for it
     * @param dw [O, K K C]
     * @param dbias [O]
     * @param dy [B, Y, X, O], overwritten with da
     */
    default void conv2dBackward(
            Tensor dx,
            Tensor dw,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor a,
            Tensor y,
            Activation f,
            Window window,
            Tensor columns) {
        if (window.isPoint()) {
            denseBackward(
                    dx == null ? null : dx.pixels(), dw, dbias, dy.pixels(), x.pixels(), w, a.pixels(), y.pixels(), f);
            return;
        }
        biasActivateBackward(dbias, dy.pixels(), a.pixels(), y.pixels(), f);
        int most = samples(columns, window);
        for (int first = 0; first < x.rows(); first += most) {
            int count = Math.min(most, x.rows() - first);
            Tensor da = dy.rows(first, count).pixels();
            Tensor seen = columns(columns, window, count);
            unfold(seen, x.rows(first, count), window);
            matmul(dw, da, true, seen, false, first > 0);
            if (dx != null) {
                matmul(seen, da, false, w, false, false);
                fold(dx.rows(first, count), seen, window);
            }
        }
    }

    /**
     * A transposed convolution: y = f(a) with a = fold(x w) + bias.
     *
     * @param y [B, H, W, C]
     * @param a [B, H, W, C], may be y where {@link Activation#derivativeFromOutput()}
     * @param x [B, Y, X, O]
     * @param w [O, K K C], rows in the order of a window: PyTorch's [O, C, K, K] with the channels last
     * @param bias [C]
     * @param columns as in {@link #conv2d}
     */
    default void convTranspose2d(
            Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f, Window window, Tensor columns) {
        if (window.isPoint()) {
            matmul(a.pixels(), x.pixels(), false, w, false, false);
            biasActivate(y.pixels(), a.pixels(), bias, f);
            return;
        }
        int most = samples(columns, window);
        for (int first = 0; first < x.rows(); first += most) {
            int count = Math.min(most, x.rows() - first);
            Tensor seen = columns(columns, window, count);
            matmul(seen, x.rows(first, count).pixels(), false, w, false, false);
            fold(a.rows(first, count), seen, window);
        }
        biasActivate(y.pixels(), a.pixels(), bias, f);
    }

    /**
     * The backward pass of {@link #convTranspose2d}: da = dy f'(a), dw = x' unfold(da), dbias = sum of da over all pixels, dx
     * = unfold(da) w'.
     *
     * @param dx [B, Y, X, O], or null where nobody asks for it
     * @param dw [O, K K C]
     * @param dbias [C]
     * @param dy [B, H, W, C], overwritten with da
     */
    default void convTranspose2dBackward(
            Tensor dx,
            Tensor dw,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor a,
            Tensor y,
            Activation f,
            Window window,
            Tensor columns) {
        biasActivateBackward(dbias, dy.pixels(), a.pixels(), y.pixels(), f);
        int most = window.isPoint() ? x.rows() : samples(columns, window);
        for (int first = 0; first < x.rows(); first += most) {
            int count = Math.min(most, x.rows() - first);
            Tensor seen = dy.pixels();
            if (!window.isPoint()) {
                seen = columns(columns, window, count);
                unfold(seen, dy.rows(first, count), window);
            }
            matmul(dw, x.rows(first, count).pixels(), true, seen, false, first > 0);
            if (dx != null) {
                matmul(dx.rows(first, count).pixels(), seen, false, w, true, false);
            }
        }
    }

    /** How many samples' columns a buffer has room for. */
    private static int samples(Tensor columns, Window window) {
        long samples = columns == null ? 0 : columns.count() / window.columns();
        if (samples == 0) {
            throw new IllegalArgumentException("no room for the columns of a sample, " + window.columns() + ", in "
                    + (columns == null ? "nothing" : columns.shape()));
        }
        return (int) Math.min(samples, Integer.MAX_VALUE);
    }

    /** The part of a buffer that is used for so many samples. */
    private static Tensor columns(Tensor buffer, Window window, int samples) {
        return buffer.view(0, Shape.of(samples * window.positions(), window.seen()));
    }
}
