package io.jcuvae.tensor;

/** The verbs of {@link Ops} that fully connected layers are made of, and what convolutions share with them. */
public interface LinearOps {
    // ---- linear

    /**
     * c = op(a) op(b), plus c itself if accumulating.
     *
     * @param c [M, N]
     * @param a [M, K], or [K, M] if transposed
     * @param b [K, N], or [N, K] if transposed
     */
    void matmul(Tensor c, Tensor a, boolean transposeA, Tensor b, boolean transposeB, boolean accumulate);

    /**
     * y[r, c] += bias[c].
     *
     * @param y [B, H]
     * @param bias [H]
     */
    void addBias(Tensor y, Tensor bias);

    /**
     * sum[c] = sum over r of x[r, c], in a fixed order.
     *
     * @param sum [H]
     * @param x [B, H]
     */
    void sumRows(Tensor sum, Tensor x);

    // ---- activation

    /** y = f(x); y may be x. */
    void activate(Tensor y, Tensor x, Activation f);

    /**
     * dx = dy f'(x).
     *
     * @param dx may be dy
     * @param x the input; where {@link Activation#derivativeFromOutput()} it is not read and may be y
     * @param y the output
     */
    void activateBackward(Tensor dx, Tensor dy, Tensor x, Tensor y, Activation f);

    /**
     * a += bias in each row, y = f(a).
     *
     * @param y [B, H]
     * @param a [B, H], may be y where {@link Activation#derivativeFromOutput()}
     * @param bias [H]
     */
    default void biasActivate(Tensor y, Tensor a, Tensor bias, Activation f) {
        addBias(a, bias);
        if (f != Activation.IDENTITY || !a.equals(y)) {
            activate(y, a, f);
        }
    }

    /**
     * The backward pass of {@link #biasActivate}: da = dy f'(a), dbias = sum over rows of da.
     *
     * @param dbias [H]
     * @param dy [B, H], overwritten with da
     */
    default void biasActivateBackward(Tensor dbias, Tensor dy, Tensor a, Tensor y, Activation f) {
        if (f != Activation.IDENTITY) {
            activateBackward(dy, dy, a, y, f);
        }
        sumRows(dbias, dy);
    }

    /**
     * A fully connected layer: y = f(a) with a = x w' + bias.
     *
     * @param y [B, H]
     * @param a [B, H], may be y where {@link Activation#derivativeFromOutput()}
     * @param x [B, G]
     * @param w [H, G]
     * @param bias [H]
     */
    default void dense(Tensor y, Tensor a, Tensor x, Tensor w, Tensor bias, Activation f) {
        matmul(a, x, false, w, true, false);
        biasActivate(y, a, bias, f);
    }

    /**
     * The backward pass of {@link #dense}: da = dy f'(a), dw = da' x, dbias = sum over rows of da, dx = da w.
     *
     * @param dx [B, G], or null where nobody asks for it
     * @param dw [H, G]
     * @param dbias [H]
     * @param dy [B, H], overwritten with da
     */
    default void denseBackward(
            Tensor dx, Tensor dw, Tensor dbias, Tensor dy, Tensor x, Tensor w, Tensor a, Tensor y, Activation f) {
        biasActivateBackward(dbias, dy, a, y, f);
        matmul(dw, dy, true, x, false, false);
        if (dx != null) {
            matmul(dx, dy, false, w, false, false);
        }
    }
}
