package io.jcuvae.tensor;

/**
 * Negative log-likelihood rows of the {@link Density densities}, in nats, and of the Laplace distribution.
 *
 * <p>The P parameters of a value lie {@code run} elements apart: parameter p of value d is at (d / run) run P + p run + d
 * mod run of its row. With run = D they are P blocks of D; with run = C, pixels of P C channels where samples have C
 * channels last.
 */
public interface LikelihoodOps {
    /**
     * rows[r] = sum over d of -log p(x | parameters).
     *
     * @param rows [B]
     * @param output [B, P D]
     * @param x [B, D]
     * @param run a divisor of D
     */
    void densityRows(Tensor rows, Tensor output, Tensor x, Density density, int run);

    /**
     * doutput = weights[r] times the gradient of the row.
     *
     * @param doutput [B, P D]
     * @param output [B, P D]
     * @param x [B, D]
     * @param weights [B]
     */
    void densityBackward(Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run);

    /** {@link #densityRows} and {@link #densityBackward} in one pass. */
    default void density(
            Tensor rows, Tensor doutput, Tensor output, Tensor x, Tensor weights, Density density, int run) {
        densityRows(rows, output, x, density, run);
        densityBackward(doutput, output, x, weights, density, run);
    }

    /**
     * The expected values: of the continuous Bernoulli 1 / (1 - exp(-l)) - 1 / l, of the Gaussian m, of the categorical the
     * sum of softmax(l)[k] k / (L - 1). Of the discretized logistic that of the continuous one clipped to [0, 1], s
     * (softplus(m / s) - softplus((m - 1) / s)), which is within half a level of the sum over the levels.
     *
     * @param mean [B, D]; may be the output where P = 1
     * @param output [B, P D]
     */
    void densityMean(Tensor mean, Tensor output, Density density, int run);

    /**
     * rows[r] = D (log(2) + s) + sum over d of |x - mean| exp(-s) with s the one log scale of all outputs.
     *
     * @param rows [B]
     * @param mean [B, D]
     * @param x [B, D]
     * @param logscale [1]
     */
    void laplaceRows(Tensor rows, Tensor mean, Tensor x, Tensor logscale);

    /**
     * dmean = weights[r] sign(mean - x) exp(-s), dlogscale = sum over r and d of weights[r] (1 - |x - mean| exp(-s)). The
     * sign of 0 is 0.
     *
     * @param dmean [B, D]
     * @param dlogscale [1]
     * @param weights [B]
     */
    void laplaceBackward(Tensor dmean, Tensor dlogscale, Tensor mean, Tensor x, Tensor logscale, Tensor weights);
}
