package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.doubles;
import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.ObjectiveOps;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;

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
