package io.jcuvae.tensor;

/**
 * What the maximum mean discrepancy between the codes of a batch and as many draws from the prior asks of a device
 * (Gretton et al. 2012; with these kernels Tolstikhin et al. 2018).
 *
 * <p>k(a, b) is the sum over the scales s of C / (C + |a - b|^2), inverse multiquadratics with C = 2 Z s: 2 Z is the expected
 * squared distance of two draws from the prior. Its derivative by a is -2 g(a, b) (a - b) with g the sum of C / (C + |a -
 * b|^2)^2.
 */
public interface DiscrepancyOps {
    /**
     * The constants C of the kernels, for s = 0.1, 0.2, 0.5, 1, 2, 5, 10.
     *
     * @param latents Z
     */
    static float[] constants(int latents) {
        float[] constants = {0.1f, 0.2f, 0.5f, 1, 2, 5, 10};
        for (int s = 0; s < constants.length; s++) {
            constants[s] *= 2f * latents;
        }
        return constants;
    }

    /**
     * A value for each row whose mean is the unbiased estimate of the squared discrepancy, which may be below zero:
     * values[i] = sum over j other than i of (k(z_i, z_j) + k(p_i, p_j)) / (B - 1), less 2 / B times the sum over j of
     * k(p_i, z_j). Zero for one row, of which there is no estimate.
     *
     * @param values [B]
     * @param slopes [2 B, B]: g(z_i, z_j), then g(p_i, z_j)
     * @param z [B, Z]
     * @param prior [B, Z]: p, standard normal
     */
    void discrepancy(Tensor values, Tensor slopes, Tensor z, Tensor prior);

    /**
     * The backward pass of {@link #discrepancy}: dz_j += 4 weight (sum over i of g(p_i, z_j) (z_j - p_i) / B - sum over i
     * of g(z_i, z_j) (z_j - z_i) / (B - 1)).
     *
     * @param dz [B, Z], added to
     * @param slopes [2 B, B], from the forward pass
     * @param z [B, Z]
     * @param prior [B, Z]
     * @param weight of each row's value in the objective
     */
    void discrepancyBackward(Tensor dz, Tensor slopes, Tensor z, Tensor prior, float weight);
}
