package io.jcuvae.tensor;

/**
 * What a second stochastic layer asks of a device: the prior of a code that depends on another code. Row r of R = B K is draw r
 * mod K of sample r / K.
 */
public interface HierarchyOps {
    /**
     * Makes p(z | u) of the standard normal prior in a log ratio, and adds that of u: ratio += upper + sum (z^2 - v - (z - m)^2
     * exp(-v)) / 2, where p(z | u) is normal with mean m and log variance v. With ratio = log N(z; 0, 1) - log q(z | x) and
     * upper = log p(u) - log q(u | z) it becomes log p(z | u) p(u) / q(z | x) q(u | z), nats (Burda et al. 2016).
     *
     * @param ratio [R], added to
     * @param upper [R]
     * @param z [R, Z]
     * @param prior [R, 2Z]: m, then v
     */
    void conditionalPrior(Tensor ratio, Tensor upper, Tensor z, Tensor prior);

    /**
     * The backward pass of {@link #conditionalPrior} where the loss has -weights[r] ratio[r]. With s = (z - m) exp(-v): dz += w
     * (s - z), dm = -w s, dv = w (1 - (z - m) s) / 2.
     *
     * @param dz [R, Z], added to
     * @param dprior [R, 2Z]
     * @param z [R, Z]
     * @param prior [R, 2Z]
     * @param weights [R]
     */
    void conditionalPriorBackward(Tensor dz, Tensor dprior, Tensor z, Tensor prior, Tensor weights);

    /**
     * kl[b] = the mean of -ratio over the draws of a sample, in their order: the divergence as the draws show it.
     *
     * @param kl [B]
     * @param ratio [R]
     */
    void meanDivergence(Tensor kl, Tensor ratio);

    /**
     * Parts the columns of each row: first[r] = the first A of both[r], second[r] = the others.
     *
     * @param first [R, A]
     * @param second [R, C]
     * @param both [R, A + C]
     */
    void splitColumns(Tensor first, Tensor second, Tensor both);
}
