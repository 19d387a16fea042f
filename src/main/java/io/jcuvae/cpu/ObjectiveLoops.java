package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.doubles;
import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.ObjectiveOps;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;

/** The verbs of {@link ObjectiveOps} on heap arrays; every sum in an order that depends on shapes alone. */
final class ObjectiveLoops {
    /** Exponentials of a task: some tens of microseconds of work. */
    private static final int CHUNK = 1 << 11;

    private final Workers workers;

    ObjectiveLoops(Workers workers) {
        this.workers = workers;
    }

    /** Some rows. */
    @FunctionalInterface
    private interface Range {
        void accept(int start, int end);
    }

    private void rows(int rows, int width, Range range) {
        int chunk = Math.max(1, CHUNK / width);
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

    // ---- importance weights

    /** K where the rows of z are draws from the rows of head. */
    private static int draws(String op, Tensor z, Tensor head, Tensor noise) {
        int draws = z.rows() / head.rows();
        check(
                head.columns() == 2 * z.columns() && z.rows() == draws * head.rows() && noise.count() == z.count(),
                op,
                z,
                head,
                noise);
        return draws;
    }

    void draw(Tensor z, Tensor ratio, Tensor head, Tensor noise) {
        int draws = draws("drawGaussian", z, head, noise);
        int latents = z.columns();
        check(ratio.count() == z.rows(), "drawGaussian", z, ratio, head, noise);
        rows(z.rows(), latents, (from, end) -> {
            double[] deviations = new double[latents];
            for (int r = from; r < end; r++) {
                int at = start(z) + r * latents;
                int mean = start(head) + 2 * (r / draws) * latents;
                int noises = start(noise) + r * latents;
                if (r == from || r % draws == 0) {
                    GaussianLoops.deviations(deviations, floats(head), mean, latents);
                }
                GaussianLoops.move(floats(z), at, floats(head), mean, deviations, floats(noise), noises, latents);
                floats(ratio)[start(ratio) + r] =
                        GaussianLoops.logRatio(floats(z), at, floats(head), mean, floats(noise), noises, latents);
            }
        });
    }

    void importance(
            Tensor loss,
            Tensor reconstruction,
            Tensor weights,
            Tensor ratioWeights,
            Tensor factors,
            Tensor rows,
            Tensor ratio,
            Tensor scalars,
            float scale) {
        int samples = Math.toIntExact(loss.count());
        int draws = Math.toIntExact(rows.count()) / samples;
        check(
                reconstruction.count() == samples
                        && rows.count() == (long) samples * draws
                        && ratio.count() == rows.count()
                        && weights.count() == rows.count()
                        && ratioWeights.count() == rows.count()
                        && (factors == null || factors.count() == rows.count()),
                "importance",
                loss,
                reconstruction,
                weights,
                ratioWeights,
                factors,
                rows,
                ratio);
        double beta = doubles(scalars)[start(scalars) + Scalars.BETA.ordinal()];
        rows(samples, draws, (from, end) -> {
            double[] logs = new double[draws];
            for (int b = from; b < end; b++) {
                double most = Double.NEGATIVE_INFINITY;
                double total = 0;
                for (int k = 0; k < draws; k++) {
                    double row = floats(rows)[start(rows) + b * draws + k];
                    logs[k] = beta * floats(ratio)[start(ratio) + b * draws + k] - row;
                    most = Math.max(most, logs[k]);
                    total += row;
                }
                double sum = 0;
                for (int k = 0; k < draws; k++) {
                    logs[k] = Math.exp(logs[k] - most);
                    sum += logs[k];
                }
                floats(loss)[start(loss) + b] = (float) -(most + Math.log(sum / draws));
                floats(reconstruction)[start(reconstruction) + b] = (float) (total / draws);
                for (int k = 0; k < draws; k++) {
                    double share = logs[k] / sum;
                    int r = b * draws + k;
                    floats(weights)[start(weights) + r] = (float) (scale * share);
                    floats(ratioWeights)[start(ratioWeights) + r] = (float) (scale * beta * share);
                    if (factors != null) {
                        floats(factors)[start(factors) + r] = (float) (1 - beta * (1 - share));
                    }
                }
            }
        });
    }

    void drawBackward(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor z, Tensor ratioWeights, Tensor factors) {
        int draws = draws("drawGaussianBackward", z, head, noise);
        int latents = z.columns();
        check(
                dhead.count() == head.count()
                        && dz.count() == z.count()
                        && ratioWeights.count() == z.rows()
                        && (factors == null || factors.count() == z.rows()),
                "drawGaussianBackward",
                dhead,
                dz,
                head,
                noise,
                z,
                ratioWeights,
                factors);
        rows(head.rows(), draws * latents, (from, end) -> {
            for (int b = from; b < end; b++) {
                for (int j = 0; j < latents; j++) {
                    int mean = 2 * b * latents + j;
                    double deviation = Math.exp(0.5 * floats(head)[start(head) + mean + latents]);
                    double dmu = 0;
                    double dlogvar = 0;
                    for (int k = 0; k < draws; k++) {
                        int r = b * draws + k;
                        int at = r * latents + j;
                        double weight = floats(ratioWeights)[start(ratioWeights) + r];
                        double e = floats(noise)[start(noise) + at];
                        double own = floats(z)[start(z) + at];
                        double g = floats(dz)[start(dz) + at];
                        if (factors == null) {
                            g += weight * own;
                            dlogvar -= weight;
                        } else {
                            g = floats(factors)[start(factors) + r] * (g + weight * (own - e / deviation));
                        }
                        dmu += g;
                        dlogvar += g * e * deviation;
                    }
                    floats(dhead)[start(dhead) + mean] = (float) dmu;
                    floats(dhead)[start(dhead) + mean + latents] = (float) (0.5 * dlogvar);
                }
            }
        });
    }

    // ---- the total correlation

    private static final double LOG_2_PI = Math.log(2 * Math.PI);

    private static double logDensity(double z, double mu, double logvar, double precision) {
        return -0.5 * (LOG_2_PI + logvar + (z - mu) * (z - mu) * precision);
    }

    /** exp(-logvar), [B, Z]. */
    private double[] precisions(Tensor head, int latents) {
        double[] precisions = new double[head.rows() * latents];
        for (int r = 0; r < head.rows(); r++) {
            for (int d = 0; d < latents; d++) {
                precisions[r * latents + d] = Math.exp(-floats(head)[start(head) + (2 * r + 1) * latents + d]);
            }
        }
        return precisions;
    }

    private static void checkCorrelation(
            String op, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head) {
        check(
                head.rows() == z.rows()
                        && head.columns() == 2 * z.columns()
                        && pairs.count() == (long) z.rows() * z.rows()
                        && joint.count() == z.rows()
                        && marginals.count() == z.count(),
                op,
                pairs,
                joint,
                marginals,
                z,
                head);
    }

    void totalCorrelation(
            Tensor values, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head, float offset) {
        checkCorrelation("totalCorrelation", pairs, joint, marginals, z, head);
        int rows = z.rows();
        int latents = z.columns();
        double[] precisions = precisions(head, latents);
        rows(rows, rows * latents, (from, end) -> {
            double[] logs = new double[rows];
            double[] sums = new double[rows];
            for (int i = from; i < end; i++) {
                double value = offset;
                Arrays.fill(sums, 0);
                for (int d = 0; d < latents; d++) {
                    double own = floats(z)[start(z) + i * latents + d];
                    for (int j = 0; j < rows; j++) {
                        int mean = start(head) + 2 * j * latents + d;
                        logs[j] = logDensity(
                                own, floats(head)[mean], floats(head)[mean + latents], precisions[j * latents + d]);
                        sums[j] += logs[j];
                    }
                    double marginal = logSum(logs);
                    floats(marginals)[start(marginals) + i * latents + d] = (float) marginal;
                    value -= marginal;
                }
                for (int j = 0; j < rows; j++) {
                    floats(pairs)[start(pairs) + i * rows + j] = (float) sums[j];
                }
                double all = logSum(sums);
                floats(joint)[start(joint) + i] = (float) all;
                floats(values)[start(values) + i] = (float) (value + all);
            }
        });
    }

    private static double logSum(double[] logs) {
        double most = logs[0];
        for (double log : logs) {
            most = Math.max(most, log);
        }
        double sum = 0;
        for (double log : logs) {
            sum += Math.exp(log - most);
        }
        return most + Math.log(sum);
    }

    void totalCorrelationBackward(
            Tensor dz,
            Tensor dhead,
            Tensor pairs,
            Tensor joint,
            Tensor marginals,
            Tensor z,
            Tensor head,
            float weight) {
        checkCorrelation("totalCorrelationBackward", pairs, joint, marginals, z, head);
        check(dz.count() == z.count() && dhead.count() == head.count(), "totalCorrelationBackward", dz, dhead, z, head);
        int rows = z.rows();
        int latents = z.columns();
        double[] precisions = precisions(head, latents);
        double[] shares = new double[rows * rows];
        rows(rows, rows, (from, end) -> {
            for (int i = from; i < end; i++) {
                for (int j = 0; j < rows; j++) {
                    shares[i * rows + j] =
                            Math.exp(floats(pairs)[start(pairs) + i * rows + j] - floats(joint)[start(joint) + i]);
                }
            }
        });
        rows(latents, rows * rows, (from, end) -> {
            double[] dmu = new double[rows];
            double[] dlogvar = new double[rows];
            for (int d = from; d < end; d++) {
                Arrays.fill(dmu, 0);
                Arrays.fill(dlogvar, 0);
                for (int i = 0; i < rows; i++) {
                    int at = i * latents + d;
                    double own = floats(z)[start(z) + at];
                    double marginal = floats(marginals)[start(marginals) + at];
                    double sum = 0;
                    for (int j = 0; j < rows; j++) {
                        int mean = start(head) + 2 * j * latents + d;
                        double mu = floats(head)[mean];
                        double precision = precisions[j * latents + d];
                        double log = logDensity(own, mu, floats(head)[mean + latents], precision);
                        double c = shares[i * rows + j] - Math.exp(log - marginal);
                        double slope = (own - mu) * precision;
                        sum -= c * slope;
                        dmu[j] += c * slope;
                        dlogvar[j] += c * ((own - mu) * slope - 1);
                    }
                    floats(dz)[start(dz) + at] += (float) (weight * sum);
                }
                for (int j = 0; j < rows; j++) {
                    int mean = start(dhead) + 2 * j * latents + d;
                    floats(dhead)[mean] = (float) (weight * dmu[j]);
                    floats(dhead)[mean + latents] = (float) (0.5 * weight * dlogvar[j]);
                }
            }
        });
    }

    // ---- a further term

    void addTerm(Tensor loss, Tensor values, float factor) {
        check(loss.count() == values.count(), "addTerm", loss, values);
        for (int r = 0; r < loss.count(); r++) {
            floats(loss)[start(loss) + r] += factor * floats(values)[start(values) + r];
        }
    }

    void recordTerm(Tensor scalars, Tensor values) {
        double sum = 0;
        for (int r = 0; r < values.count(); r++) {
            sum += floats(values)[start(values) + r];
        }
        if (doubles(scalars)[start(scalars) + Scalars.HALTED_AT.ordinal()] == 0) {
            doubles(scalars)[start(scalars) + Scalars.TERM_SUM.ordinal()] += sum;
        }
    }
}
