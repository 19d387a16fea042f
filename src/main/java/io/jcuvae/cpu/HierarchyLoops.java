package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.HierarchyOps}, in tasks of some rows. */
final class HierarchyLoops {
    /** Exponentials of a task: some tens of microseconds of work. */
    private static final int CHUNK = 1 << 11;

    private final Workers workers;

    HierarchyLoops(Workers workers) {
        this.workers = workers;
    }

    /** A row. */
    @FunctionalInterface
    private interface Row {
        void at(int row);
    }

    private void rows(int rows, int width, Row row) {
        int most = Math.max(1, CHUNK / width);
        workers.run((rows + most - 1) / most, task -> {
            for (int r = task * most; r < Math.min(rows, (task + 1) * most); r++) {
                row.at(r);
            }
        });
    }

    private static void check(boolean fits, String op, Tensor a, Tensor b) {
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit: " + a.shape() + " " + b.shape());
        }
    }

    private static boolean isPriorOf(Tensor prior, Tensor z) {
        return prior.rows() == z.rows() && prior.columns() == 2 * z.columns();
    }

    void prior(Tensor ratio, Tensor upper, Tensor z, Tensor prior) {
        check(isPriorOf(prior, z), "conditionalPrior", z, prior);
        check(ratio.count() == z.rows() && upper.count() == z.rows(), "conditionalPrior", ratio, upper);
        int latents = z.columns();
        rows(z.rows(), latents, r -> {
            float[] values = floats(z);
            float[] heads = floats(prior);
            int at = start(z) + r * latents;
            int mean = start(prior) + 2 * r * latents;
            double sum = 0;
            for (int i = 0; i < latents; i++) {
                double value = values[at + i];
                double v = heads[mean + latents + i];
                double d = value - heads[mean + i];
                sum += value * value - v - d * d * Math.exp(-v);
            }
            floats(ratio)[start(ratio) + r] += (float) (0.5 * sum + floats(upper)[start(upper) + r]);
        });
    }

    void backward(Tensor dz, Tensor dprior, Tensor z, Tensor prior, Tensor weights) {
        check(isPriorOf(prior, z) && isPriorOf(dprior, z), "conditionalPriorBackward", z, prior);
        check(dz.count() == z.count() && weights.count() == z.rows(), "conditionalPriorBackward", dz, weights);
        int latents = z.columns();
        rows(z.rows(), latents, r -> {
            float[] values = floats(z);
            float[] heads = floats(prior);
            float[] dheads = floats(dprior);
            int at = start(z) + r * latents;
            int dat = start(dz) + r * latents;
            int mean = start(prior) + 2 * r * latents;
            int dmean = start(dprior) + 2 * r * latents;
            double weight = floats(weights)[start(weights) + r];
            for (int i = 0; i < latents; i++) {
                double value = values[at + i];
                double d = value - heads[mean + i];
                double s = d * Math.exp(-heads[mean + latents + i]);
                floats(dz)[dat + i] += (float) (weight * (s - value));
                dheads[dmean + i] = (float) (-weight * s);
                dheads[dmean + latents + i] = (float) (0.5 * weight * (1 - d * s));
            }
        });
    }

    void mean(Tensor kl, Tensor ratio) {
        int samples = Math.toIntExact(kl.count());
        int draws = Math.toIntExact(ratio.count() / samples);
        check(ratio.count() == (long) samples * draws, "meanDivergence", kl, ratio);
        for (int b = 0; b < samples; b++) {
            double sum = 0;
            for (int k = 0; k < draws; k++) {
                sum += floats(ratio)[start(ratio) + b * draws + k];
            }
            floats(kl)[start(kl) + b] = (float) (-sum / draws);
        }
    }

    void split(Tensor first, Tensor second, Tensor both) {
        int front = first.columns();
        int behind = second.columns();
        boolean fits = first.rows() == both.rows() && second.rows() == both.rows();
        check(fits && both.columns() == front + behind, "splitColumns", first, both);
        rows(both.rows(), front + behind, r -> {
            int from = start(both) + r * (front + behind);
            System.arraycopy(floats(both), from, floats(first), start(first) + r * front, front);
            System.arraycopy(floats(both), from + front, floats(second), start(second) + r * behind, behind);
        });
    }
}
