package io.jcuvae.tensor;

/**
 * What objectives beside the ELBO ask of a device. K codes are drawn of each of B samples where importance weights are made; row r
 * of R = B K belongs to sample r / K, so K follows from the shapes.
 */
public interface ObjectiveOps {
    /**
     * {@link Ops#reparameterize} and {@link Ops#gaussianLogRatio} with several draws from each posterior: z = mu + exp(logvar / 2)
     * noise and ratio = log p(z) - log q(z | x) = sum (logvar + noise^2 - z^2) / 2.
     *
     * @param z [R, Z]
     * @param ratio [R], nats
     * @param head [B, 2Z]
     * @param noise [R, Z]
     */
    void drawGaussian(Tensor z, Tensor ratio, Tensor head, Tensor noise);

    /**
     * The importance-weighted bound (Burda et al. 2015). With log w[r] = BETA ratio[r] - rows[r], and n[r] the weights of a sample
     * normalised to a sum of one: loss[b] = -log mean w over the sample's draws, reconstruction[b] = mean of its rows. The sums run over the
     * draws in their order, relative to the largest.
     *
     * @param loss [B], nats
     * @param reconstruction [B], nats
     * @param weights [R]: scale n, the weight of each row's likelihood
     * @param ratioWeights [R]: scale BETA n
     * @param factors [R]: 1 - BETA (1 - n), which is n for beta 1; or null where nobody asks for them
     * @param rows [R]: negative log-likelihood
     * @param ratio [R]
     * @param scalars gives {@link Scalars#BETA}
     * @param scale how samples add up: 1 for a sum, 1 / B for a mean
     */
    void importance(
            Tensor loss,
            Tensor reconstruction,
            Tensor weights,
            Tensor ratioWeights,
            Tensor factors,
            Tensor rows,
            Tensor ratio,
            Tensor scalars,
            float scale);

    /**
     * The backward pass of {@link #drawGaussian} under {@link #importance}, with dz what the likelihood says of z and w the ratio
     * weights: g = dz + w z, dmu = sum g, dlogvar = sum (g noise exp(logvar / 2) - w) / 2, over the draws of each sample.
     *
     * <p>With factors f the doubly reparameterised gradient (Tucker et al. 2019), of equal mean and a variance that does not grow
     * against it as K does: the density q is held while z moves, and each path counts f times as much. g = f (dz + w (z - noise /
     * exp(logvar / 2))), dmu = sum g, dlogvar = sum g noise exp(logvar / 2) / 2.
     *
     * @param dhead [B, 2Z]
     * @param dz [R, Z]
     * @param head [B, 2Z]
     * @param noise [R, Z]
     * @param z [R, Z]
     * @param ratioWeights [R]
     * @param factors [R], or null for the plain gradient
     */
    void drawGaussianBackward(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor z, Tensor ratioWeights, Tensor factors);
}
