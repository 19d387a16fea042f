package io.jcuvae.tensor;

/**
 * What objectives beside the ELBO ask of a device. K codes are drawn of each of B samples where importance weights are
 * made; row r of R = B K belongs to sample r / K, so K follows from the shapes.
 */
public interface ObjectiveOps {
    /**
     * {@link Ops#reparameterize} and {@link Ops#gaussianLogRatio} with several draws from each posterior: z = mu +
     * exp(logvar / 2) noise and ratio = log p(z) - log q(z | x) = sum (logvar + noise^2 - z^2) / 2.
     *
     * @param z [R, Z]
     * @param ratio [R], nats
     * @param head [B, 2Z]
     * @param noise [R, Z]
     */
    void drawGaussian(Tensor z, Tensor ratio, Tensor head, Tensor noise);

    /**
     * The importance-weighted bound (Burda et al. 2015). With log w[r] = BETA ratio[r] - rows[r], and n[r] the weights of a
     * sample normalised to a sum of one: loss[b] = -log mean w over the sample's draws, reconstruction[b] = mean of its
     * rows. The sums run over the draws in their order, relative to the largest.
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

    /**
     * The total correlation of the codes, by minibatch-weighted sampling (Chen et al. 2018): values[i] = log q(z_i) - sum
     * over d of log q(z_i,d), with q(z) estimated by 1 / (N B) times the sum over j of q(z | x_j). N enters as offset = (Z
     * - 1) log(N B).
     *
     * @param values [B], nats
     * @param pairs [B, B]: log q(z_i | x_j)
     * @param joint [B]: log sum over j of exp(pairs[i, j])
     * @param marginals [B, Z]: the same of each latent alone
     * @param z [B, Z]
     * @param head [B, 2Z]
     */
    void totalCorrelation(
            Tensor values, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head, float offset);

    /**
     * The backward pass of {@link #totalCorrelation}. With c[i, j, d] = exp(pairs[i, j] - joint[i]) - exp(log q(z_i,d | x_j) -
     * marginals[i, d]) and s[i, j, d] = (z_i,d - mu_j,d) exp(-logvar_j,d): dz_i,d -= weight sum over j of c s, dmu_j,d =
     * weight sum over i of c s, dlogvar_j,d = weight / 2 sum over i of c ((z_i,d - mu_j,d) s - 1).
     *
     * @param dz [B, Z], added to
     * @param dhead [B, 2Z]: what does not come by z
     * @param weight of each row's value in the objective
     */
    void totalCorrelationBackward(
            Tensor dz, Tensor dhead, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head, float weight);

    /**
     * loss += factor values.
     *
     * @param loss [B]
     * @param values [B]
     */
    void addTerm(Tensor loss, Tensor values, float factor);

    /**
     * {@link Scalars#TERM_SUM} += the sum of the values in a fixed order, unless halted.
     *
     * @param values [B]
     */
    void recordTerm(Tensor scalars, Tensor values);
}
