package io.jcuvae.tensor;

/**
 * What learned priors ask of a device: p(z) as a mixture of N diagonal normals. The table of components is [N, 2Z], means and
 * then log variances side by side as a row of a posterior has them, or [2N, Z], all means above all log variances. K codes may
 * be drawn of each of B samples: row r of R = B K belongs to sample r / K.
 */
public interface PriorOps {
    /**
     * ratio[r] = log p(z_r) - log q(z_r | x) with log p(z) = log sum over k of p_k N(z; mean_k, exp(logvar_k)), for z made by
     * {@link Ops#reparameterize} or {@link ObjectiveOps#drawGaussian}. The sum runs relative to its largest term.
     *
     * @param ratio [R], nats
     * @param shares [R, N]: p_k N(z; mean_k, exp(logvar_k)) / p(z), of each row's density what a component has of it
     * @param z [R, Z]
     * @param head [B, 2Z]
     * @param noise [R, Z]
     * @param components [N, 2Z] or [2N, Z]
     * @param logits [N], p = softmax(logits); null for equal weights
     */
    void mixtureLogRatio(
            Tensor ratio, Tensor shares, Tensor z, Tensor head, Tensor noise, Tensor components, Tensor logits);

    /**
     * The gradients of sum over r of -weights[r] log p(z_r), with s[r, k] the shares, v_k = exp(logvar_k) and w the weights:
     * dmean_k = -sum w_r s[r, k] (z_r - mean_k) / v_k, dlogvar_k = -1/2 sum w_r s[r, k] ((z_r - mean_k)^2 / v_k - 1), dlogit_k
     * = -sum w_r (s[r, k] - p_k). What z gets, without its weight, is slope: in the place of z it makes of {@link
     * ObjectiveOps#drawGaussianBackward}, where a standard normal has z, the backward pass under this prior.
     *
     * @param slope [R, Z]: -d log p(z_r) / dz = sum over k of s[r, k] (z_r - mean_k) / v_k
     * @param dcomponents as the components lie
     * @param dlogits [N]; null with equal weights
     * @param shares [R, N]
     * @param z [R, Z]
     * @param components [N, 2Z] or [2N, Z]
     * @param logits [N], or null
     * @param weights [R]
     */
    void mixtureLogRatioBackward(
            Tensor slope,
            Tensor dcomponents,
            Tensor dlogits,
            Tensor shares,
            Tensor z,
            Tensor components,
            Tensor logits,
            Tensor weights);

    /**
     * mean[b] = factor times the mean of the rows of a sample.
     *
     * @param mean [B]
     * @param rows [B K]
     */
    void meanOfDraws(Tensor mean, Tensor rows, float factor);

    /**
     * y = x within the bounds, else the nearer bound; NaN stays.
     *
     * @param y as many as x
     */
    void clamp(Tensor y, Tensor x, float low, float high);

    /**
     * The backward pass of {@link #clamp} for descent: dx = dy within the bounds; outside, too, where a step against dy leads
     * back, so that nothing is lost for good that once was moved beyond a bound; else 0.
     *
     * @param dx as many as x
     */
    void clampBackward(Tensor dx, Tensor dy, Tensor x, float low, float high);

    /** The log variances of a table of components, from the first: they are as far apart as the means, a row of the table. */
    static Tensor logvars(Tensor components, int latents) {
        boolean sideBySide = components.columns() == 2 * latents;
        return components.view(
                sideBySide ? latents : components.count() / 2, Shape.of(Math.toIntExact(components.count() / 2)));
    }
}
