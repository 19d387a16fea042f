package io.jcuvae.tensor;

/**
 * The verbs of norms and of dropout, a part of {@link Ops}. A matrix x [R, C] has R rows of C columns; a picture held channels
 * last, [B, H, W, C], is one with R = B H W. Everything is in single precision whatever the precision of matrix products.
 */
public interface NormOps {
    /**
     * Mean and biased variance of each column: mean[c] = sum over r of x[r, c] / R, variance[c] = sum over r of (x[r, c] -
     * mean[c])^2 / R, from deviations and not from a difference of squares, in a fixed order.
     *
     * @param mean [C]
     * @param variance [C]
     * @param x [R, C]
     */
    void columnMoments(Tensor mean, Tensor variance, Tensor x);

    /**
     * y[r, c] = weight[c] (x[r, c] - mean[c]) / sqrt(variance[c] + epsilon) + bias[c] (Ioffe, Szegedy 2015). No element depends
     * on another row.
     *
     * @param y [R, C]
     * @param x [R, C]
     * @param mean [C]
     * @param variance [C]
     * @param weight [C]
     * @param bias [C]
     */
    void normalizeColumns(Tensor y, Tensor x, Tensor mean, Tensor variance, Tensor weight, Tensor bias, float epsilon);

    /**
     * The backward pass of {@link #columnMoments} and {@link #normalizeColumns} together: with n = (x - mean) / sqrt(variance +
     * epsilon), dbias = sum over r of dy, dweight = sum over r of dy n, dx = weight / sqrt(variance + epsilon) (dy - dbias / R -
     * n dweight / R) (Ioffe, Szegedy 2015, section 3).
     *
     * @param dx [R, C], or null where nobody asks for it
     * @param dweight [C]
     * @param dbias [C]
     * @param dy [R, C]
     * @param x [R, C]
     * @param mean [C], of x
     * @param variance [C], of x
     * @param weight [C]
     */
    void batchNormBackward(
            Tensor dx,
            Tensor dweight,
            Tensor dbias,
            Tensor dy,
            Tensor x,
            Tensor mean,
            Tensor variance,
            Tensor weight,
            float epsilon);

    /**
     * Moves running statistics towards those of a batch, running = (1 - momentum) running + momentum batch, where the variance
     * counts with R / (R - 1), and counts the batch, as PyTorch defines them. Nothing moves once halted.
     *
     * @param runningMean [C]
     * @param runningVariance [C], unbiased
     * @param batches [2]: remainder and quotient of the number of batches by 2^20
     * @param mean [C], of the batch
     * @param variance [C], of the batch, biased
     * @param rows R of the batch, at least 2
     */
    void trackMoments(
            Tensor runningMean,
            Tensor runningVariance,
            Tensor batches,
            Tensor mean,
            Tensor variance,
            Tensor scalars,
            int rows,
            float momentum);

    /**
     * y[r, c] = weight[c] (x[r, c] - mean[r]) deviation[r] + bias[c], with the mean of row r and deviation[r] = 1 /
     * sqrt(variance + epsilon) of its biased variance (Ba, Kiros, Hinton 2016). No element depends on another row.
     *
     * @param y [R, C]
     * @param mean [R]
     * @param deviation [R], the inverse of the standard deviation
     * @param x [R, C]
     * @param weight [C]
     * @param bias [C]
     */
    void layerNorm(Tensor y, Tensor mean, Tensor deviation, Tensor x, Tensor weight, Tensor bias, float epsilon);

    /**
     * The backward pass of {@link #layerNorm}: with n = (x - mean[r]) deviation[r] and g = weight dy, dbias = sum over r of dy,
     * dweight = sum over r of dy n, dx = deviation[r] (g - (sum over c of g) / C - n (sum over c of g n) / C).
     *
     * @param dx [R, C], or null where nobody asks for it
     * @param dweight [C]
     * @param dbias [C]
     * @param dy [R, C]
     * @param x [R, C]
     * @param mean [R]
     * @param deviation [R]
     * @param weight [C]
     */
    void layerNormBackward(
            Tensor dx, Tensor dweight, Tensor dbias, Tensor dy, Tensor x, Tensor mean, Tensor deviation, Tensor weight);

    /**
     * mask[r, d] = 0 where uniform n of the key's sequence is below the rate, else 1 / (1 - rate), with n = (ROWS_TRAINED + r) D
     * + d: rows trained on later, and each part of a step, have draws of their own.
     *
     * @param mask [B, D] with D the product of all extents but the first
     */
    void dropoutMask(Tensor mask, Tensor scalars, float rate, long key);

    /** y = a b, element by element. */
    void multiply(Tensor y, Tensor a, Tensor b);

    /**
     * {@link #dropoutMask} and y = x mask in one (Srivastava et al. 2014, scaled while training).
     *
     * @param y [B, D]
     * @param mask [B, D]
     * @param x [B, D]
     */
    default void dropout(Tensor y, Tensor mask, Tensor x, Tensor scalars, float rate, long key) {
        dropoutMask(mask, scalars, rate, key);
        multiply(y, x, mask);
    }
}
