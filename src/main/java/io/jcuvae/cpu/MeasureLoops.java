package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.doubles;
import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.MeasureOps} on heap arrays. */
final class MeasureLoops {
    /** Logits of a task. */
    private static final int TASK_VALUES = 1 << 15;

    private final Workers workers;
    private final ThreadLocal<CrossEntropy> entropies = ThreadLocal.withInitial(CrossEntropy::new);

    MeasureLoops(Workers workers) {
        this.workers = workers;
    }

    private static void check(boolean fits, String op, Tensor a, Tensor b, Tensor c) {
        if (!fits) {
            throw new IllegalArgumentException(
                    op + ": shapes do not fit: " + a.shape() + " " + b.shape() + " " + c.shape());
        }
    }

    void bernoulli(Tensor rows, Tensor logits, Tensor x) {
        int draws = logits.rows() / x.rows();
        int width = x.columns();
        check(
                logits.columns() == width && logits.rows() == draws * x.rows() && rows.count() == logits.rows(),
                "bernoulliDraws",
                rows,
                logits,
                x);
        int some = Math.max(1, TASK_VALUES / width);
        workers.run((logits.rows() + some - 1) / some, task -> {
            CrossEntropy entropy = entropies.get();
            int end = Math.min(logits.rows(), (task + 1) * some);
            for (int r = task * some; r < end; r++) {
                if (r == task * some || r % draws == 0) {
                    entropy.against(floats(x), start(x) + r / draws * width, width);
                }
                floats(rows)[start(rows) + r] = entropy.of(floats(logits), start(logits) + r * width);
            }
        });
    }

    void begin(Tensor state) {
        for (int b = 0; b < state.rows(); b++) {
            doubles(state)[start(state) + 2 * b] = Double.NEGATIVE_INFINITY;
            doubles(state)[start(state) + 2 * b + 1] = 0;
        }
    }

    void add(Tensor state, Tensor rows, Tensor ratio, int counted) {
        int samples = state.rows();
        int draws = (int) (rows.count() / samples);
        check(
                state.columns() == 2
                        && rows.count() == (long) draws * samples
                        && ratio.count() == rows.count()
                        && counted <= draws,
                "addWeights",
                state,
                rows,
                ratio);
        workers.run(
                samples,
                b -> addTo(
                        doubles(state),
                        start(state) + 2 * b,
                        floats(rows),
                        start(rows) + b * draws,
                        floats(ratio),
                        start(ratio) + b * draws,
                        counted));
    }

    private static void addTo(
            double[] state, int at, float[] rows, int rowStart, float[] ratio, int ratioStart, int counted) {
        double most = state[at];
        for (int k = 0; k < counted; k++) {
            double log = (double) ratio[ratioStart + k] - rows[rowStart + k];
            most = log > most ? log : most;
        }
        double sum = state[at + 1] == 0 ? 0 : state[at + 1] * Math.exp(state[at] - most);
        for (int k = 0; k < counted; k++) {
            double log = (double) ratio[ratioStart + k] - rows[rowStart + k];
            // A weight of zero adds nothing; NaN must not hide.
            sum += log == Double.NEGATIVE_INFINITY ? 0 : Math.exp(log - most);
        }
        state[at] = most;
        state[at + 1] = sum;
    }

    void mean(Tensor loss, Tensor state, long draws) {
        check(state.columns() == 2 && loss.count() == state.rows(), "meanWeight", loss, state, state);
        double log = Math.log(draws);
        for (int b = 0; b < state.rows(); b++) {
            int at = start(state) + 2 * b;
            floats(loss)[start(loss) + b] = (float) (log - doubles(state)[at] - Math.log(doubles(state)[at + 1]));
        }
    }
}
