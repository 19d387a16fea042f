package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.doubles;
import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.TrainingOps;
import java.util.Arrays;

/** The verbs of {@link TrainingOps} on heap arrays; every sum in an order that depends on shapes alone. */
final class TrainingLoops {
    /** Elements of a task: some tens of microseconds of work. */
    private static final int CHUNK = 1 << 15;

    private final Workers workers;

    TrainingLoops(Workers workers) {
        this.workers = workers;
    }

    /** A part of a vector: elements from start to end - 1, in task number {@code task}. */
    @FunctionalInterface
    private interface Range {
        void accept(int task, int start, int end);
    }

    private static int tasks(int count, int chunk) {
        return (count + chunk - 1) / chunk;
    }

    private void chunks(int count, int chunk, Range range) {
        workers.run(tasks(count, chunk), i -> range.accept(i, i * chunk, Math.min(count, (i + 1) * chunk)));
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

    private static double get(Tensor scalars, Scalars slot) {
        return doubles(scalars)[start(scalars) + slot.ordinal()];
    }

    private static void set(Tensor scalars, Scalars slot, double value) {
        doubles(scalars)[start(scalars) + slot.ordinal()] = value;
    }

    private static boolean halted(Tensor scalars) {
        return get(scalars, Scalars.HALTED_AT) != 0;
    }

    // ---- schedules

    void schedule(Tensor scalars, Tensor table) {
        check(table.columns() == TrainingOps.SCHEDULE_COLUMNS, "schedule", scalars, table);
        if (halted(scalars)) {
            return;
        }
        double row = get(scalars, Scalars.STEP) - 1 - get(scalars, Scalars.SCHEDULE_START);
        check(row >= 0 && row < table.rows(), "schedule at row " + row, scalars, table);
        int at = start(table) + TrainingOps.SCHEDULE_COLUMNS * (int) row;
        set(scalars, Scalars.LEARNING_RATE, doubles(table)[at]);
        set(scalars, Scalars.BETA, doubles(table)[at + 1]);
        set(scalars, Scalars.CAPACITY, doubles(table)[at + 2]);
    }

    // ---- the KL term

    private static double kl(float[] head, int at, int latents) {
        double mu = head[at];
        double logvar = head[at + latents];
        // A difference of its own, so that the divergence of a posterior near the prior keeps its digits.
        return 0.5 * (mu * mu + (Math.expm1(logvar) - logvar));
    }

    void freeBits(Tensor kl, Tensor active, Tensor head, float floor) {
        int latents = head.columns() / 2;
        int rows = head.rows();
        check(kl.count() == rows && active.count() == latents, "freeBits", kl, active, head);
        float[] heads = floats(head);
        int most = Math.max(1, CHUNK / 64 / rows);
        chunks(latents, most, (task, from, end) -> {
            for (int j = from; j < end; j++) {
                double sum = 0;
                for (int r = 0; r < rows; r++) {
                    sum += kl(heads, start(head) + 2 * r * latents + j, latents);
                }
                floats(active)[start(active) + j] = sum / rows >= floor ? 1 : 0;
            }
        });
        chunks(rows, Math.max(1, CHUNK / 64 / latents), (task, from, end) -> {
            for (int r = from; r < end; r++) {
                double sum = 0;
                for (int j = 0; j < latents; j++) {
                    double own = kl(heads, start(head) + 2 * r * latents + j, latents);
                    // A value that is not finite shows in any case: a floor must not hide it.
                    sum += floats(active)[start(active) + j] != 0 || !Double.isFinite(own) ? own : floor;
                }
                floats(kl)[start(kl) + r] = (float) sum;
            }
        });
    }

    void sampleGaussianBackward(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights, Tensor latentWeights) {
        int latents = dz.columns();
        check(
                head.count() == 2 * dz.count()
                        && noise.count() == dz.count()
                        && weights.count() == dz.rows()
                        && latentWeights.count() == latents,
                "sampleGaussianBackwardWeighted",
                dhead,
                dz,
                head,
                noise,
                weights,
                latentWeights);
        chunks(dz.rows(), Math.max(1, CHUNK / 64 / latents), (task, from, end) -> {
            for (int r = from; r < end; r++) {
                float row = floats(weights)[start(weights) + r];
                int at = start(head) + 2 * r * latents;
                int to = start(dhead) + 2 * r * latents;
                for (int j = 0; j < latents; j++) {
                    float weight = row * floats(latentWeights)[start(latentWeights) + j];
                    float dzj = floats(dz)[start(dz) + r * latents + j];
                    double logvar = floats(head)[at + latents + j];
                    double through = dzj * floats(noise)[start(noise) + r * latents + j] * Math.exp(0.5 * logvar);
                    floats(dhead)[to + j] = dzj + weight * floats(head)[at + j];
                    floats(dhead)[to + latents + j] = (float) (0.5 * (through + weight * Math.expm1(logvar)));
                }
            }
        });
    }

    void capacityElbo(Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        int rows = Math.toIntExact(loss.count());
        check(
                kl.count() == rows && klWeights.count() == rows && reconstruction.count() == rows,
                "capacityElbo",
                loss,
                klWeights,
                reconstruction,
                kl);
        double sum = 0;
        for (int r = 0; r < rows; r++) {
            sum += floats(kl)[start(kl) + r];
        }
        double capacity = get(scalars, Scalars.CAPACITY);
        double excess = sum / rows - capacity;
        float weight = (float) get(scalars, Scalars.BETA) * (excess > 0 ? 1 : excess < 0 ? -1 : 0);
        for (int r = 0; r < rows; r++) {
            floats(loss)[start(loss) + r] = floats(reconstruction)[start(reconstruction) + r]
                    + weight * (floats(kl)[start(kl) + r] - (float) capacity);
            floats(klWeights)[start(klWeights) + r] = scale * weight;
        }
    }

    // ---- whole blocks

    void add(Tensor total, Tensor x) {
        check(total.count() == x.count(), "add", total, x);
        chunks(Math.toIntExact(x.count()), CHUNK, (task, from, end) -> {
            float[] copy = Arrays.copyOfRange(floats(x), start(x) + from, start(x) + end);
            float[] sum = Arrays.copyOfRange(floats(total), start(total) + from, start(total) + end);
            ActivationLoops.add(sum, copy, end - from);
            System.arraycopy(sum, 0, floats(total), start(total) + from, end - from);
        });
    }

    void gradientNorm(Tensor scalars, Tensor g, float scale, float limit) {
        int count = Math.toIntExact(g.count());
        double[] parts = new double[tasks(count, CHUNK)];
        chunks(count, CHUNK, (task, from, end) -> parts[task] = squares(floats(g), start(g) + from, start(g) + end));
        double sum = 0;
        for (double part : parts) {
            sum += part;
        }
        if (halted(scalars)) {
            return;
        }
        double norm = scale * Math.sqrt(sum);
        double share = limit / (norm + 1e-6);
        double most = get(scalars, Scalars.GRADIENT_NORM_MAX);
        // With a norm that is not a number the others stay as they are, so that the parameter at fault is the one that
        // shows.
        set(scalars, Scalars.GRADIENT_SCALE, share < 1 ? share : 1);
        set(scalars, Scalars.GRADIENT_NORM_SUM, get(scalars, Scalars.GRADIENT_NORM_SUM) + norm);
        set(scalars, Scalars.GRADIENT_NORM_MAX, norm > most ? norm : most);
    }

    /** Four sums side by side: a single one would wait for each addition. */
    private static double squares(float[] g, int from, int end) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = from;
        for (; i + 4 <= end; i += 4) {
            a += (double) g[i] * g[i];
            b += (double) g[i + 1] * g[i + 1];
            c += (double) g[i + 2] * g[i + 2];
            d += (double) g[i + 3] * g[i + 3];
        }
        for (; i < end; i++) {
            a += (double) g[i] * g[i];
        }
        return (a + b) + (c + d);
    }

    void adamW(
            Tensor p,
            Tensor m,
            Tensor v,
            Tensor g,
            Tensor decay,
            Tensor scalars,
            float beta1,
            float beta2,
            float epsilon,
            float scale) {
        check(
                p.count() == g.count()
                        && p.count() == m.count()
                        && p.count() == v.count()
                        && (decay == null || decay.count() == p.count()),
                "adamW",
                p,
                m,
                v,
                g,
                decay);
        if (halted(scalars)) {
            return;
        }
        double learningRate = get(scalars, Scalars.LEARNING_RATE);
        float rate = (float) (learningRate / get(scalars, Scalars.ADAM_CORRECTION_1));
        float root = (float) (1 / Math.sqrt(get(scalars, Scalars.ADAM_CORRECTION_2)));
        float share = (float) (scale * get(scalars, Scalars.GRADIENT_SCALE));
        chunks(Math.toIntExact(p.count()), CHUNK, (task, from, end) -> {
            int n = end - from;
            float[] ps = copy(p, from, end);
            float[] gs = copy(g, from, end);
            if (decay != null) {
                shrink(ps, copy(decay, from, end), (float) learningRate, n);
            }
            scale(gs, share, n);
            float[] ms = copy(m, from, end);
            float[] vs = copy(v, from, end);
            StepLoops.adam(ps, ms, vs, gs, 0, n, beta1, beta2, rate, root, epsilon);
            System.arraycopy(ps, 0, floats(p), start(p) + from, n);
            System.arraycopy(ms, 0, floats(m), start(m) + from, n);
            System.arraycopy(vs, 0, floats(v), start(v) + from, n);
        });
    }

    private static float[] copy(Tensor tensor, int from, int end) {
        return Arrays.copyOfRange(floats(tensor), start(tensor) + from, start(tensor) + end);
    }

    private static void shrink(float[] p, float[] decay, float rate, int count) {
        for (int i = 0; i < count; i++) {
            p[i] -= rate * decay[i] * p[i];
        }
    }

    private static void scale(float[] g, float share, int count) {
        for (int i = 0; i < count; i++) {
            g[i] *= share;
        }
    }

    void average(Tensor average, Tensor p, Tensor scalars, double decay) {
        check(average.count() == p.count(), "average", average, p);
        if (halted(scalars)) {
            return;
        }
        float share = (float) ((1 - decay) / (1 - Math.pow(decay, get(scalars, Scalars.STEP))));
        chunks(Math.toIntExact(p.count()), CHUNK, (task, from, end) -> {
            float[] averages = copy(average, from, end);
            approach(averages, copy(p, from, end), share, end - from);
            System.arraycopy(averages, 0, floats(average), start(average) + from, end - from);
        });
    }

    private static void approach(float[] average, float[] p, float share, int count) {
        for (int i = 0; i < count; i++) {
            average[i] += share * (p[i] - average[i]);
        }
    }
}
