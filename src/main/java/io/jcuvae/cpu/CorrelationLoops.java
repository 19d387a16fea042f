package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Tensor;
import java.util.Arrays;

/**
 * The total correlation of {@link io.jcuvae.tensor.ObjectiveOps} on heap arrays: B^2 Z densities and as many
 * exponentials, in loops over the posteriors of a batch. Densities are in floats, whatever is summed over the batch in
 * doubles, in the order of the rows.
 */
final class CorrelationLoops {
    /** Densities of a task: some tens of microseconds of work. */
    private static final int CHUNK = 1 << 14;

    private static final float LOG_2_PI = (float) Math.log(2 * Math.PI);

    private final Workers workers;

    CorrelationLoops(Workers workers) {
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

    private static void check(boolean fits, String op, Tensor z, Tensor head, Tensor pairs) {
        if (!fits) {
            throw new IllegalArgumentException(
                    op + ": shapes do not fit: " + z.shape() + " " + head.shape() + " " + pairs.shape());
        }
    }

    private static boolean fits(Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head) {
        return head.rows() == z.rows()
                && head.columns() == 2 * z.columns()
                && pairs.count() == (long) z.rows() * z.rows()
                && joint.count() == z.rows()
                && marginals.count() == z.count();
    }

    /**
     * The posteriors of a batch by latent: log q(z) of one is constant + curvature (z - mu)^2.
     *
     * @param mu [Z][B]
     * @param constant [Z][B]: -(log(2 pi) + logvar) / 2
     * @param curvature [Z][B]: -exp(-logvar) / 2
     */
    private record Posteriors(float[][] mu, float[][] constant, float[][] curvature) {
        static Posteriors of(Tensor head, int latents) {
            int rows = head.rows();
            Posteriors made =
                    new Posteriors(new float[latents][rows], new float[latents][rows], new float[latents][rows]);
            for (int j = 0; j < rows; j++) {
                for (int d = 0; d < latents; d++) {
                    float logvar = floats(head)[start(head) + (2 * j + 1) * latents + d];
                    made.mu[d][j] = floats(head)[start(head) + 2 * j * latents + d];
                    made.constant[d][j] = -0.5f * (LOG_2_PI + logvar);
                    made.curvature[d][j] = (float) (-0.5 * Math.exp(-logvar));
                }
            }
            return made;
        }

        /** logs[j] = log q(z | x_j) of one latent, less an amount. */
        void logs(float[] logs, int d, float z, float less) {
            logs(logs, mu[d], constant[d], curvature[d], z, less);
        }

        private static void logs(float[] logs, float[] mu, float[] constant, float[] curvature, float z, float less) {
            for (int j = 0; j < logs.length; j++) {
                logs[j] = constant[j] + curvature[j] * ((z - mu[j]) * (z - mu[j])) - less;
            }
        }
    }

    void forward(Tensor values, Tensor pairs, Tensor joint, Tensor marginals, Tensor z, Tensor head, float offset) {
        check(fits(pairs, joint, marginals, z, head) && values.count() == z.rows(), "totalCorrelation", z, head, pairs);
        int rows = z.rows();
        int latents = z.columns();
        Posteriors posteriors = Posteriors.of(head, latents);
        rows(rows, rows * latents, (from, end) -> {
            float[] logs = new float[rows];
            float[] sums = new float[rows];
            for (int i = from; i < end; i++) {
                double value = offset;
                Arrays.fill(sums, 0);
                for (int d = 0; d < latents; d++) {
                    posteriors.logs(logs, d, floats(z)[start(z) + i * latents + d], 0);
                    add(sums, logs);
                    double marginal = logSum(logs);
                    floats(marginals)[start(marginals) + i * latents + d] = (float) marginal;
                    value -= marginal;
                }
                System.arraycopy(sums, 0, floats(pairs), start(pairs) + i * rows, rows);
                double all = logSum(sums);
                floats(joint)[start(joint) + i] = (float) all;
                floats(values)[start(values) + i] = (float) (value + all);
            }
        });
    }

    private static void add(float[] to, float[] what) {
        for (int j = 0; j < to.length; j++) {
            to[j] += what[j];
        }
    }

    private static void subtract(float[] from, float what) {
        for (int j = 0; j < from.length; j++) {
            from[j] -= what;
        }
    }

    /** log sum exp; uses up what it is given. */
    private static double logSum(float[] logs) {
        float most = most(logs);
        subtract(logs, most);
        Exponential.ofNegative(logs, logs.length);
        return most + Math.log(LikelihoodLoops.sum(logs, logs.length));
    }

    /** Four at a time: one comparison would wait for the other. */
    private static float most(float[] values) {
        float m0 = values[0];
        float m1 = m0;
        float m2 = m0;
        float m3 = m0;
        int i = 0;
        for (; i + 4 <= values.length; i += 4) {
            m0 = Math.max(m0, values[i]);
            m1 = Math.max(m1, values[i + 1]);
            m2 = Math.max(m2, values[i + 2]);
            m3 = Math.max(m3, values[i + 3]);
        }
        for (; i < values.length; i++) {
            m0 = Math.max(m0, values[i]);
        }
        return Math.max(Math.max(m0, m1), Math.max(m2, m3));
    }

    void backward(
            Tensor dz,
            Tensor dhead,
            Tensor pairs,
            Tensor joint,
            Tensor marginals,
            Tensor z,
            Tensor head,
            float weight) {
        boolean fits =
                fits(pairs, joint, marginals, z, head) && dz.count() == z.count() && dhead.count() == head.count();
        check(fits, "totalCorrelationBackward", z, head, pairs);
        int rows = z.rows();
        int latents = z.columns();
        Posteriors posteriors = Posteriors.of(head, latents);
        float[][] shares = new float[rows][rows];
        rows(rows, rows, (from, end) -> {
            for (int i = from; i < end; i++) {
                System.arraycopy(floats(pairs), start(pairs) + i * rows, shares[i], 0, rows);
                subtract(shares[i], floats(joint)[start(joint) + i]);
                Exponential.ofNegative(shares[i], rows);
            }
        });
        rows(latents, rows * rows, (from, end) -> {
            float[] c = new float[rows];
            float[] slopes = new float[rows];
            float[] dmu = new float[rows];
            float[] dlogvar = new float[rows];
            for (int d = from; d < end; d++) {
                Arrays.fill(dmu, 0);
                Arrays.fill(dlogvar, 0);
                for (int i = 0; i < rows; i++) {
                    int at = i * latents + d;
                    float own = floats(z)[start(z) + at];
                    posteriors.logs(c, d, own, floats(marginals)[start(marginals) + at]);
                    Exponential.ofNegative(c, rows);
                    gradients(c, slopes, dmu, dlogvar, shares[i], posteriors.mu[d], posteriors.curvature[d], own);
                    floats(dz)[start(dz) + at] -= (float) (weight * LikelihoodLoops.sum(slopes, rows));
                }
                for (int j = 0; j < rows; j++) {
                    int mean = start(dhead) + 2 * j * latents + d;
                    floats(dhead)[mean] = weight * dmu[j];
                    floats(dhead)[mean + latents] = 0.5f * weight * dlogvar[j];
                }
            }
        });
    }

    /** slopes = c s with s = (z - mu) exp(-logvar), and what it adds to the gradients of all posteriors. */
    private static void gradients(
            float[] c,
            float[] slopes,
            float[] dmu,
            float[] dlogvar,
            float[] shares,
            float[] mu,
            float[] curvature,
            float z) {
        for (int j = 0; j < c.length; j++) {
            float difference = shares[j] - c[j];
            float slope = -2f * curvature[j] * (z - mu[j]);
            slopes[j] = difference * slope;
            dmu[j] += difference * slope;
            dlogvar[j] += difference * ((z - mu[j]) * slope - 1f);
        }
    }
}
