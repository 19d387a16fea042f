package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.PriorOps;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;

/** The verbs of {@link PriorOps} on heap arrays; every sum in an order that depends on shapes alone. */
final class PriorLoops {
    /** Products of a task: some tens of microseconds of work. */
    private static final int CHUNK = 1 << 14;

    private final Workers workers;

    PriorLoops(Workers workers) {
        this.workers = workers;
    }

    /** Some rows. */
    @FunctionalInterface
    private interface Range {
        void accept(int start, int end);
    }

    private void rows(int rows, long width, Range range) {
        int chunk = (int) Math.max(1, CHUNK / width);
        workers.run((rows + chunk - 1) / chunk, i -> range.accept(i * chunk, Math.min(rows, (i + 1) * chunk)));
    }

    private static void check(boolean fits, String op, Tensor... tensors) {
        if (!fits) {
            StringBuilder shapes = new StringBuilder();
            for (Tensor tensor : tensors) {
                shapes.append(' ').append(tensor == null ? "none" : tensor.shape());
            }
            throw new IllegalArgumentException(op + ": shapes do not fit:" + shapes);
        }
    }

    /** A table of components in double, with precisions in the place of variances. */
    private static final class Table {
        final int count;
        final int latents;
        final double[] means;
        final double[] precisions;
        /** [N]: the sum of the log variances. */
        final double[] logvars;

        Table(Tensor components, int latents) {
            this.latents = latents;
            count = Math.toIntExact(components.count() / (2L * latents));
            means = new double[count * latents];
            precisions = new double[count * latents];
            logvars = new double[count];
            Tensor second = PriorOps.logvars(components, latents);
            int stride = components.columns();
            for (int k = 0; k < count; k++) {
                for (int d = 0; d < latents; d++) {
                    double logvar = floats(components)[start(second) + k * stride + d];
                    means[k * latents + d] = floats(components)[start(components) + k * stride + d];
                    precisions[k * latents + d] = Math.exp(-logvar);
                    logvars[k] += logvar;
                }
            }
        }
    }

    private static boolean fits(Tensor shares, Tensor z, Tensor components, Tensor logits) {
        long count = shares.columns();
        return shares.rows() == z.rows()
                && components.count() == 2 * count * z.columns()
                && (components.columns() == z.columns() || components.columns() == 2 * z.columns())
                && (logits == null || logits.count() == count);
    }

    /** log softmax, or -log N for each. */
    private static double[] logWeights(Tensor logits, int count) {
        double[] logs = new double[count];
        for (int k = 0; k < count; k++) {
            logs[k] = logits == null ? 0 : floats(logits)[start(logits) + k];
        }
        double all = logSum(logs, new double[count]);
        for (int k = 0; k < count; k++) {
            logs[k] -= all;
        }
        return logs;
    }

    /** log sum of exp, and exp(log - largest) of each. */
    private static double logSum(double[] logs, double[] parts) {
        double most = Double.NEGATIVE_INFINITY;
        for (double log : logs) {
            most = Math.max(most, log);
        }
        double sum = 0;
        for (int k = 0; k < logs.length; k++) {
            parts[k] = Math.exp(logs[k] - most);
            sum += parts[k];
        }
        return most + Math.log(sum);
    }

    void logRatio(Tensor ratio, Tensor shares, Tensor z, Tensor head, Tensor noise, Tensor components, Tensor logits) {
        int latents = z.columns();
        int draws = z.rows() / head.rows();
        check(
                fits(shares, z, components, logits)
                        && ratio.count() == z.rows()
                        && head.columns() == 2 * latents
                        && z.rows() == draws * head.rows()
                        && noise.count() == z.count(),
                "mixtureLogRatio",
                ratio,
                shares,
                z,
                head,
                noise,
                components,
                logits);
        Table table = new Table(components, latents);
        double[] logWeights = logWeights(logits, table.count);
        rows(z.rows(), (long) table.count * latents, (from, end) -> {
            double[] logs = new double[table.count];
            double[] parts = new double[table.count];
            double[] own = new double[latents];
            for (int r = from; r < end; r++) {
                double posterior = 0;
                for (int d = 0; d < latents; d++) {
                    double e = floats(noise)[start(noise) + r * latents + d];
                    own[d] = floats(z)[start(z) + r * latents + d];
                    posterior += floats(head)[start(head) + (2 * (r / draws) + 1) * latents + d] + e * e;
                }
                for (int k = 0; k < table.count; k++) {
                    double square = 0;
                    for (int d = 0; d < latents; d++) {
                        double distance = own[d] - table.means[k * latents + d];
                        square += distance * distance * table.precisions[k * latents + d];
                    }
                    logs[k] = logWeights[k] - 0.5 * (table.logvars[k] + square);
                }
                double all = logSum(logs, parts);
                floats(ratio)[start(ratio) + r] = (float) (all + 0.5 * posterior);
                for (int k = 0; k < table.count; k++) {
                    floats(shares)[start(shares) + r * table.count + k] = (float) Math.exp(logs[k] - all);
                }
            }
        });
    }

    void backward(
            Tensor slope,
            Tensor dcomponents,
            Tensor dlogits,
            Tensor shares,
            Tensor z,
            Tensor components,
            Tensor logits,
            Tensor weights) {
        int latents = z.columns();
        check(
                fits(shares, z, components, logits)
                        && slope.count() == z.count()
                        && dcomponents.shape().equals(components.shape())
                        && (dlogits == null) == (logits == null)
                        && (dlogits == null || dlogits.count() == logits.count())
                        && weights.count() == z.rows(),
                "mixtureLogRatioBackward",
                slope,
                dcomponents,
                dlogits,
                shares,
                z,
                components,
                logits,
                weights);
        Table table = new Table(components, latents);
        rows(z.rows(), (long) table.count * latents, (from, end) -> {
            double[] sum = new double[latents];
            for (int r = from; r < end; r++) {
                Arrays.fill(sum, 0);
                for (int k = 0; k < table.count; k++) {
                    double share = floats(shares)[start(shares) + r * table.count + k];
                    for (int d = 0; d < latents; d++) {
                        double distance = floats(z)[start(z) + r * latents + d] - table.means[k * latents + d];
                        sum[d] += share * distance * table.precisions[k * latents + d];
                    }
                }
                for (int d = 0; d < latents; d++) {
                    floats(slope)[start(slope) + r * latents + d] = (float) sum[d];
                }
            }
        });
        rows(table.count, (long) z.rows() * latents, (from, end) -> {
            for (int k = from; k < end; k++) {
                component(dcomponents, shares, z, weights, table, k);
            }
        });
        if (dlogits != null) {
            logits(dlogits, shares, weights, logWeights(logits, table.count));
        }
    }

    private static void component(
            Tensor dcomponents, Tensor shares, Tensor z, Tensor weights, Table table, int component) {
        int latents = table.latents;
        double[] dmean = new double[latents];
        double[] dlogvar = new double[latents];
        for (int r = 0; r < z.rows(); r++) {
            double share = (double) floats(weights)[start(weights) + r]
                    * floats(shares)[start(shares) + r * table.count + component];
            for (int d = 0; d < latents; d++) {
                double distance = floats(z)[start(z) + r * latents + d] - table.means[component * latents + d];
                double part = distance * table.precisions[component * latents + d];
                dmean[d] -= share * part;
                dlogvar[d] -= 0.5 * share * (distance * part - 1);
            }
        }
        int means = start(dcomponents) + component * dcomponents.columns();
        int logvars = start(PriorOps.logvars(dcomponents, latents)) + component * dcomponents.columns();
        for (int d = 0; d < latents; d++) {
            floats(dcomponents)[means + d] = (float) dmean[d];
            floats(dcomponents)[logvars + d] = (float) dlogvar[d];
        }
    }

    private static void logits(Tensor dlogits, Tensor shares, Tensor weights, double[] logWeights) {
        int count = logWeights.length;
        for (int k = 0; k < count; k++) {
            double probability = Math.exp(logWeights[k]);
            double sum = 0;
            for (int r = 0; r < shares.rows(); r++) {
                sum += floats(weights)[start(weights) + r]
                        * (probability - floats(shares)[start(shares) + r * count + k]);
            }
            floats(dlogits)[start(dlogits) + k] = (float) sum;
        }
    }

    static void meanOfDraws(Tensor mean, Tensor rows, float factor) {
        int samples = Math.toIntExact(mean.count());
        int draws = Math.toIntExact(rows.count()) / samples;
        check(rows.count() == (long) samples * draws, "meanOfDraws", mean, rows);
        for (int b = 0; b < samples; b++) {
            double sum = 0;
            for (int k = 0; k < draws; k++) {
                sum += floats(rows)[start(rows) + b * draws + k];
            }
            floats(mean)[start(mean) + b] = (float) (factor * (sum / draws));
        }
    }

    void clamp(Tensor y, Tensor x, float low, float high) {
        check(y.count() == x.count(), "clamp", y, x);
        rows(Math.toIntExact(x.count()), 1, (from, end) -> {
            for (int i = from; i < end; i++) {
                float value = floats(x)[start(x) + i];
                floats(y)[start(y) + i] = value < low ? low : value > high ? high : value;
            }
        });
    }

    void clampBackward(Tensor dx, Tensor dy, Tensor x, float low, float high) {
        check(dx.count() == x.count() && dy.count() == x.count(), "clampBackward", dx, dy, x);
        rows(Math.toIntExact(x.count()), 1, (from, end) -> {
            for (int i = from; i < end; i++) {
                float value = floats(x)[start(x) + i];
                float gradient = floats(dy)[start(dy) + i];
                boolean lost = (value < low && gradient > 0) || (value > high && gradient < 0);
                floats(dx)[start(dx) + i] = lost ? 0 : gradient;
            }
        });
    }
}
