package io.jcuvae.tensor;

/**
 * What estimating a log-likelihood with many draws asks of a device. K codes are drawn of each of B samples; row r of R = B K
 * belongs to sample r / K, so K follows from the shapes.
 */
public interface MeasureOps {
    /**
     * {@link Ops#bernoulliRows} of several draws against one sample: rows[r] = sum over d of max(l, 0) - l x + log(1 +
     * exp(-|l|)) with x the row r / K.
     *
     * <p>The logarithms of a row may be taken of the product of their arguments, some at a time: each term is then known to about
     * 1e-7 nats, not to as much of itself.
     *
     * @param rows [R]
     * @param logits [R, D]
     * @param x [B, D], in [0, 1]
     */
    void bernoulliDraws(Tensor rows, Tensor logits, Tensor x);

    /**
     * No weights yet: state[b] = (-infinity, 0).
     *
     * @param state [B, 2], F64: the largest logarithm of a sample's weights so far, and their sum relative to it
     */
    void startWeights(Tensor state);

    /**
     * Adds the first draws of each sample to its sum of importance weights (Burda et al. 2015), log w = ratio - rows, in double
     * precision: with m the larger of state[b, 0] and these, state[b] = (m, state[b, 1] exp(state[b, 0] - m) + sum of exp(log w -
     * m)). A weight of zero adds nothing; NaN stays.
     *
     * @param state [B, 2], F64
     * @param rows [R]: negative log-likelihood
     * @param ratio [R]: log p(z) - log q(z | x)
     * @param counted of each sample's K draws, the first so many
     */
    void addWeights(Tensor state, Tensor rows, Tensor ratio, int counted);

    /**
     * loss[b] = log(draws) - state[b, 0] - log(state[b, 1]): minus the logarithm of the mean weight, nats.
     *
     * @param loss [B]
     * @param state [B, 2], F64
     * @param draws that were added for each sample
     */
    void meanWeight(Tensor loss, Tensor state, long draws);
}
