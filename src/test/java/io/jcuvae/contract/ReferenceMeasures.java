package io.jcuvae.contract;

import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.MeasureOps}, element by element. */
final class ReferenceMeasures {
    private ReferenceMeasures() {}

    private static double at(Tensor tensor, int i) {
        return ReferenceBackend.elements(tensor)[(int) tensor.offset() + i];
    }

    private static void set(Tensor tensor, int i, double value) {
        ReferenceBackend.elements(tensor)[(int) tensor.offset() + i] = value;
    }

    private static void check(String op, boolean fits) {
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit");
        }
    }

    static void bernoulliDraws(Tensor rows, Tensor logits, Tensor x) {
        int draws = logits.rows() / x.rows();
        int width = x.columns();
        check("bernoulliDraws", logits.rows() == draws * x.rows() && logits.columns() == width);
        for (int r = 0; r < logits.rows(); r++) {
            double sum = 0;
            for (int d = 0; d < width; d++) {
                double l = at(logits, r * width + d);
                sum += Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l))) - l * at(x, r / draws * width + d);
            }
            set(rows, r, sum);
        }
    }

    static void startWeights(Tensor state) {
        for (int b = 0; b < state.rows(); b++) {
            set(state, 2 * b, Double.NEGATIVE_INFINITY);
            set(state, 2 * b + 1, 0);
        }
    }

    /** From the weights themselves, as large as they are: the sum is relative to the largest only in the end. */
    static void addWeights(Tensor state, Tensor rows, Tensor ratio, int counted) {
        int draws = (int) rows.count() / state.rows();
        for (int b = 0; b < state.rows(); b++) {
            double most = at(state, 2 * b);
            for (int k = 0; k < counted; k++) {
                most = Math.max(most, at(ratio, b * draws + k) - at(rows, b * draws + k));
            }
            double sum = at(state, 2 * b + 1) * Math.exp(at(state, 2 * b) - most);
            for (int k = 0; k < counted; k++) {
                sum += Math.exp(at(ratio, b * draws + k) - at(rows, b * draws + k) - most);
            }
            set(state, 2 * b, most);
            set(state, 2 * b + 1, sum);
        }
    }

    static void meanWeight(Tensor loss, Tensor state, long draws) {
        for (int b = 0; b < state.rows(); b++) {
            set(loss, b, Math.log(draws) - at(state, 2 * b) - Math.log(at(state, 2 * b + 1)));
        }
    }
}
