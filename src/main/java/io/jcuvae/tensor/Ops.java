package io.jcuvae.tensor;

/**
 * What a device can do. Outputs come first, then inputs, then saved values, then scalars. Letters: B rows of a batch, D data
 * width, H and G hidden widths, Z latent size. A gradient is {@code d} and the name.
 *
 * <p>Default methods are composed of the primitive ones; a backend may override them with something fused, and the default
 * is what that is tested against. Everything writes into given tensors and nothing allocates.
 */
public interface Ops
        extends CodebookOps,
                ConditionOps,
                DiscrepancyOps,
                HierarchyOps,
                LikelihoodOps,
                LinearOps,
                MeasureOps,
                NormOps,
                ObjectiveOps,
                PriorOps,
                SpatialOps,
                TableOps,
                TrainingOps {

    // ---- the Gaussian posterior; a row of head is [mu(Z) | logvar(Z)]

    /**
     * z = mu + exp(logvar / 2) noise (Kingma, Welling 2013).
     *
     * @param z [B, Z]
     * @param head [B, 2Z]
     * @param noise [B, Z]
     */
    void reparameterize(Tensor z, Tensor head, Tensor noise);

    /**
     * The divergence of each posterior from the standard normal, kl[r] = -1/2 sum (1 + logvar - mu^2 - exp(logvar)), nats
     * (Kingma, Welling 2013, appendix B).
     *
     * @param kl [B]
     * @param head [B, 2Z]
     */
    void gaussianKl(Tensor kl, Tensor head);

    /** {@link #reparameterize} and {@link #gaussianKl} in one. */
    default void sampleGaussian(Tensor z, Tensor kl, Tensor head, Tensor noise) {
        reparameterize(z, head, noise);
        gaussianKl(kl, head);
    }

    /**
     * The backward pass of {@link #sampleGaussian}: dmu = dz + w mu, dlogvar = dz noise exp(logvar / 2) / 2 + w (exp(logvar)
     * - 1) / 2, with w the weight of the row's KL in the loss.
     *
     * @param dhead [B, 2Z]
     * @param dz [B, Z]
     * @param head [B, 2Z]
     * @param noise [B, Z]
     * @param weights [B]
     */
    void sampleGaussianBackward(Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights);

    /**
     * log p(z) - log q(z | x) of each row for z made by {@link #reparameterize}: sum (logvar + noise^2 - z^2) / 2, nats. The
     * importance weight of a sample without its likelihood (Burda et al. 2015).
     *
     * @param ratio [B]
     * @param z [B, Z]
     * @param head [B, 2Z]
     * @param noise [B, Z]
     */
    void gaussianLogRatio(Tensor ratio, Tensor z, Tensor head, Tensor noise);

    // ---- likelihoods: negative log-likelihood rows in nats, and their gradients

    /**
     * rows[r] = sum over d of max(l, 0) - l x + log(1 + exp(-|l|)): the cross-entropy of x under sigmoid(l), stable for any l.
     *
     * @param rows [B]
     * @param logits [B, D]
     * @param x [B, D], in [0, 1]
     */
    void bernoulliRows(Tensor rows, Tensor logits, Tensor x);

    /**
     * dlogits = weights[r] (sigmoid(l) - x).
     *
     * @param dlogits [B, D]
     * @param weights [B]
     */
    void bernoulliBackward(Tensor dlogits, Tensor logits, Tensor x, Tensor weights);

    /** {@link #bernoulliRows} and {@link #bernoulliBackward} in one pass. */
    default void bernoulli(Tensor rows, Tensor dlogits, Tensor logits, Tensor x, Tensor weights) {
        bernoulliRows(rows, logits, x);
        bernoulliBackward(dlogits, logits, x, weights);
    }

    /**
     * rows[r] = sum over d of (x - mean)^2.
     *
     * @param rows [B]
     * @param mean [B, D]
     * @param x [B, D]
     */
    void squaredErrorRows(Tensor rows, Tensor mean, Tensor x);

    /**
     * dmean = 2 weights[r] (mean - x).
     *
     * @param dmean [B, D]
     * @param weights [B]
     */
    void squaredErrorBackward(Tensor dmean, Tensor mean, Tensor x, Tensor weights);

    /**
     * rows[r] = sum over d of (log(2 pi) + v + (x - mean)^2 exp(-v)) / 2 with v the one log variance of all outputs.
     *
     * @param rows [B]
     * @param mean [B, D]
     * @param x [B, D]
     * @param logvar [1]
     */
    void gaussianRows(Tensor rows, Tensor mean, Tensor x, Tensor logvar);

    /**
     * dmean = weights[r] (mean - x) exp(-v), dlogvar = sum over r and d of weights[r] (1 - (x - mean)^2 exp(-v)) / 2.
     *
     * @param dmean [B, D]
     * @param dlogvar [1], or null where the variance is fixed
     * @param weights [B]
     */
    void gaussianBackward(Tensor dmean, Tensor dlogvar, Tensor mean, Tensor x, Tensor logvar, Tensor weights);

    // ---- objective

    /**
     * loss[r] = reconstruction[r] + beta kl[r], and the weights of both terms in the objective: scale and scale beta.
     *
     * @param loss [B]
     * @param klWeights [B]
     * @param reconstruction [B]
     * @param kl [B]
     * @param scalars gives {@link Scalars#BETA}
     * @param scale how rows add up: 1 for a sum, 1 / B for a mean
     */
    void elbo(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale);

    // ---- structure and step

    /** Fills with one value. */
    void fill(Tensor x, float value);

    /**
     * Every row K times in a row: y[r K + k] = x[r].
     *
     * @param y [B K, D]
     * @param x [B, D]
     */
    void repeatRows(Tensor y, Tensor x);

    /**
     * x[r] = the row order[ORDER_POSITION + r] of the data as floats (bytes are divided by 255), then binarized: one where
     * the row's uniform is below the value, else zero. Uniform n = row D + d of the key's sequence, with the epoch as fourth
     * counter word where the draws are new in every epoch.
     *
     * @param x [B, D]
     * @param data [N, D], F32 or U8
     * @param order [N], I32
     */
    void gather(Tensor x, Tensor data, Tensor order, Tensor scalars, Binarization binarization, long key);

    /**
     * {@link #gather} for data of which only a part is on the device: row p of the epoch's order lies at ring[p mod W], and
     * whoever fills the ring keeps ahead of the steps. Draws belong to the sample, number order[p], as there.
     *
     * @param x [B, D]
     * @param ring [W, D], F32 or U8, with W at least B
     * @param order [N], I32
     */
    void gatherFed(Tensor x, Tensor ring, Tensor order, Tensor scalars, Binarization binarization, long key);

    /**
     * Pixels for values: bytes[i] = floor(255 x[i] + 1/2), not rounded before, clipped to 0..255; 0 for NaN.
     *
     * @param bytes U8, any shape
     * @param x as many
     */
    void quantize(Tensor bytes, Tensor x);

    /**
     * rows[r] = 0 where all values of the row are finite, NaN where one is not: a finite number differs from itself by nothing.
     *
     * @param rows [B]
     * @param x [B, D]
     */
    default void finiteRows(Tensor rows, Tensor x) {
        squaredErrorRows(rows, x, x);
    }

    /**
     * The pixels that logits give, and what {@link #finiteRows} says of them: pixels[i] = 255 sigmoid(x[i]), rounded half up. A
     * row with a NaN has pixels without meaning. Devices may differ by one where 255 sigmoid(x) is within rounding of a half.
     *
     * @param pixels U8, [B, D]
     * @param rows [B]
     * @param x [B, D], may be overwritten
     */
    default void logitPixels(Tensor pixels, Tensor rows, Tensor x) {
        activate(x, x, Activation.SIGMOID);
        finiteRows(rows, x);
        quantize(pixels, x);
    }

    /**
     * noise[i] = value NOISE_POSITION + i of the key's normal sequence (see {@link Philox}).
     *
     * @param noise any shape
     */
    void normal(Tensor noise, Tensor scalars, long key);

    /** Starts a step: t = STEP + 1 and Adam's corrections 1 - beta^t, unless halted. */
    void beginStep(Tensor scalars, float beta1, float beta2);

    /**
     * Adds the rows to LOSS_SUM, RECONSTRUCTION_SUM, KL_SUM and SAMPLES in a fixed order; a sum that is not finite sets
     * HALTED_AT to the step and is not added.
     *
     * @param loss [B]
     * @param reconstruction [B]
     * @param kl [B]
     */
    void recordLoss(Tensor scalars, Tensor loss, Tensor reconstruction, Tensor kl);

    /**
     * One Adam step over a whole block: m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, p -= rate (m /
     * correction1) / (sqrt(v / correction2) + epsilon) (Kingma, Ba 2014). Nothing moves once halted.
     *
     * @param p parameters
     * @param m first moments
     * @param v second moments
     * @param g gradients
     */
    void adam(Tensor p, Tensor m, Tensor v, Tensor g, Tensor scalars, float beta1, float beta2, float epsilon);

    /**
     * Ends a step: ORDER_POSITION and ROWS_TRAINED += rows, NOISE_POSITION += noiseValues, unless halted.
     *
     * @param rows rows of the batch
     * @param noiseValues values of the noise sequence that the step used
     */
    void endStep(Tensor scalars, int rows, long noiseValues);
}
