package io.jcuvae.tensor;

/** What labels ask of a device: one-hot rows, and putting columns behind others. A class is a number from 0 to K - 1. */
public interface ConditionOps {
    /**
     * y[r, k] = 1 where k is the class of row order[ORDER_POSITION + r] of the data, else 0: the labels of the rows that
     * {@link Ops#gather} and {@link Ops#gatherFed} fetch.
     *
     * @param y [B, K]
     * @param labels [N], I32: the class of each row
     * @param order as for the rows, I32
     */
    void gatherOneHot(Tensor y, Tensor labels, Tensor order, Tensor scalars);

    /**
     * y[r] = a[r], and behind it b[r / S]. So a picture whose pixels are rows of channels gets constant planes, and K samples
     * of one row get the same columns.
     *
     * @param y [B S, A + K]
     * @param a [B S, A]
     * @param b [B, K]
     */
    void joinColumns(Tensor y, Tensor a, Tensor b);

    /**
     * x[r] = the first A columns of y[r]: the gradient of what {@link #joinColumns} has in front.
     *
     * @param x [R, A]
     * @param y [R, A + K]
     */
    void firstColumns(Tensor x, Tensor y);
}
