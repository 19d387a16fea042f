package io.jcuvae.tensor;

/**
 * What a codebook asks of a device (van den Oord, Vinyals, Kavukcuoglu 2017, Neural Discrete Representation Learning), a part of
 * {@link Ops}. A code z [B, Z] lies in S = Z / E slots, slot s being its values s E .. s E + E - 1, so that as N = B S rows of E
 * values it is the same memory. A codebook has K rows of E values; the number of one is kept as a float, which holds it exactly.
 */
public interface CodebookOps extends LinearOps {
    /** What keeps the counts of a moving average from zero where means are made of it (the paper's appendix A.1). */
    double SMOOTHING = 1e-5;

    /**
     * norms[k] = sum over e of codebook[k, e]^2.
     *
     * @param norms [K]
     * @param codebook [K, E]
     */
    void codeNorms(Tensor norms, Tensor codebook);

    /**
     * codes[n] = the k with the least norms[k] - 2 products[n, k], of equal ones the first: the nearest code, as |x -
     * c|^2 is that and |x|^2. One rounding a value, so that equal products choose equal codes on every device. 0 where
     * all are not numbers.
     *
     * @param codes [N]
     * @param products [N, K], x codebook'
     * @param norms [K]
     */
    void leastDistances(Tensor codes, Tensor products, Tensor norms);

    /**
     * The number of the code nearest to each slot.
     *
     * @param codes [N]
     * @param products [N, K], overwritten
     * @param norms [K], overwritten
     * @param x [N, E]
     * @param codebook [K, E]
     */
    default void nearestCodes(Tensor codes, Tensor products, Tensor norms, Tensor x, Tensor codebook) {
        matmul(products, x, false, codebook, true, false);
        codeNorms(norms, codebook);
        leastDistances(codes, products, norms);
    }

    /**
     * z[b, s] = codebook[codes[b, s]] and rows[b] = factor |x[b] - z[b]|^2.
     *
     * @param z [B, Z]
     * @param rows [B]
     * @param x [B, Z]
     * @param codes [B, S]
     * @param codebook [K, E]
     */
    void lookUpCodes(Tensor z, Tensor rows, Tensor x, Tensor codes, Tensor codebook, float factor);

    /**
     * dx = dz + weight (x - z): the gradient goes straight through to what was quantised, and the commitment term draws that to
     * its code.
     *
     * @param dx [B, Z]
     * @param dz [B, Z]
     * @param x [B, Z]
     * @param z [B, Z]
     */
    void straightThrough(Tensor dx, Tensor dz, Tensor x, Tensor z, float weight);

    /**
     * The codebook follows the slots by exponential moving averages (the paper's appendix A.1): with n[k] the slots of code k and
     * m[k] the sum of their x, counts = decay counts + (1 - decay) n, sums = decay sums + (1 - decay) m, total = the
     * sum of counts, and codebook[k] = sums[k] / ((counts[k] + epsilon) / (total + K epsilon) total) with {@link #SMOOTHING}.
     *
     * <p>A code with counts[k] at most threshold total / K is dead and put onto x[floor((k + u) N / K)], u being uniform
     * ROWS_TRAINED K + k of the key's sequence: counts[k] = total / K, as if it had had its share all along, sums[k] =
     * counts[k] codebook[k], and {@code revived} counts it. Codes that were never used are dead, whatever the
     * threshold. Nothing moves once halted.
     *
     * @param codebook [K, E]
     * @param counts [K]
     * @param sums [K, E]
     * @param revived [2], a counter: its remainder by 2^20 and its quotient
     * @param total [1], overwritten
     * @param x [N, E]
     * @param codes [N]
     * @param decay from 0 to below 1
     */
    void trackCodes(
            Tensor codebook,
            Tensor counts,
            Tensor sums,
            Tensor revived,
            Tensor total,
            Tensor x,
            Tensor codes,
            Tensor scalars,
            float decay,
            float threshold,
            long key);
}
