package io.jcuvae.tensor;

/**
 * Rows of tables: what the encoder sees of them, and their negative log-likelihood, column by column and in nats. Letters: C
 * columns, E numbers that the encoder sees, W that the decoder says, see {@link TableLayout}; {@code columns} are its
 * descriptors, [C, {@value TableLayout#FIELDS}]. A value that is missing is NaN in x; it adds nothing to a row and its gradients
 * are 0.
 *
 * <p>The term of a value is, with o what the decoder says of it and k the column's constant,
 * <ul>
 *   <li>numeric: (log(2 pi) + v + (x - o)^2 exp(-v)) / 2 + k, v = F + softplus(u - F) with u the column's own number and
 *       F = {@link Density#LEAST_LOGVAR};
 *   <li>binary: max(o, 0) - o x + log(1 + exp(-|o|)) + k;
 *   <li>categorical: log(sum of exp(o)) - o[x] + k;
 *   <li>count: exp(o) - x o + log(x!) + k; beyond o = {@value #LARGEST_LOG_RATE} its tangent there, so that it stays finite.
 * </ul>
 */
public interface TableOps {
    /** From here on a log rate counts as in its tangent: no count that a float holds is as large. */
    float LARGEST_LOG_RATE = 20;

    /**
     * What the encoder sees.
     *
     * @param input [B, E]
     * @param x [B, C]
     * @param columns [C, FIELDS]
     */
    void tableInput(Tensor input, Tensor x, Tensor columns);

    /**
     * rows[r] = the sum of the terms of the values that are there.
     *
     * @param rows [B]
     * @param output [B, W]
     * @param x [B, C]
     * @param logvar [C]: u of each column, read of numeric ones
     * @param columns [C, FIELDS]
     */
    void tableRows(Tensor rows, Tensor output, Tensor x, Tensor logvar, Tensor columns);

    /**
     * doutput = weights[r] times the gradient of the row, and of each value the same for its column's u.
     *
     * @param doutput [B, W]
     * @param dlogvar [B, C]; its columns are to be summed up
     * @param weights [B]
     */
    void tableBackward(
            Tensor doutput, Tensor dlogvar, Tensor output, Tensor x, Tensor logvar, Tensor columns, Tensor weights);

    /** {@link #tableRows} and {@link #tableBackward} in one pass. */
    default void table(
            Tensor rows,
            Tensor doutput,
            Tensor dlogvar,
            Tensor output,
            Tensor x,
            Tensor logvar,
            Tensor columns,
            Tensor weights) {
        tableRows(rows, output, x, logvar, columns);
        tableBackward(doutput, dlogvar, output, x, logvar, columns, weights);
    }

    /**
     * The expected values: o of numeric columns, the probability of a one, the rate of counts; of categorical columns the number
     * of the most likely level, the first of several.
     *
     * @param mean [B, C]; may be the output where W = C
     * @param output [B, W]
     */
    void tableMean(Tensor mean, Tensor output, Tensor columns);
}
