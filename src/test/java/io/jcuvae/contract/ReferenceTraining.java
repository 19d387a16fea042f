package io.jcuvae.contract;

import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.TrainingOps} in double precision, from their formulas alone. */
final class ReferenceTraining {
    private ReferenceTraining() {}

    private static double at(Tensor tensor, int i) {
        return ReferenceBackend.elements(tensor)[(int) tensor.offset() + i];
    }

    private static void set(Tensor tensor, int i, double value) {
        ReferenceBackend.elements(tensor)[(int) tensor.offset() + i] = value;
    }

    private static double get(Tensor scalars, Scalars slot) {
        return at(scalars, slot.ordinal());
    }

    private static void set(Tensor scalars, Scalars slot, double value) {
        set(scalars, slot.ordinal(), value);
    }

    private static boolean halted(Tensor scalars) {
        return get(scalars, Scalars.HALTED_AT) != 0;
    }

    private static void check(String op, boolean fits) {
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit");
        }
    }

    static void schedule(Tensor scalars, Tensor table) {
        check("schedule", table.columns() == 3);
        if (!halted(scalars)) {
            int row = (int) (get(scalars, Scalars.STEP) - 1 - get(scalars, Scalars.SCHEDULE_START));
            check("schedule", row >= 0 && row < table.rows());
            set(scalars, Scalars.LEARNING_RATE, at(table, 3 * row));
            set(scalars, Scalars.BETA, at(table, 3 * row + 1));
            set(scalars, Scalars.CAPACITY, at(table, 3 * row + 2));
        }
    }

    /** KL of latent j in row r. */
    static double kl(Tensor head, int r, int j) {
        int latents = head.columns() / 2;
        double mu = at(head, 2 * r * latents + j);
        double logvar = at(head, (2 * r + 1) * latents + j);
        return 0.5 * (mu * mu + Math.expm1(logvar) - logvar);
    }

    static void freeBits(Tensor kl, Tensor active, Tensor head, float floor) {
        int latents = head.columns() / 2;
        check("freeBits", kl.count() == head.rows() && active.count() == latents);
        for (int r = 0; r < head.rows(); r++) {
            set(kl, r, 0);
        }
        for (int j = 0; j < latents; j++) {
            double mean = 0;
            for (int r = 0; r < head.rows(); r++) {
                mean += kl(head, r, j) / head.rows();
            }
            set(active, j, mean >= floor ? 1 : 0);
            for (int r = 0; r < head.rows(); r++) {
                set(kl, r, at(kl, r) + (mean >= floor ? kl(head, r, j) : floor));
            }
        }
    }

    static void sampleGaussianBackwardWeighted(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor weights, Tensor latentWeights) {
        int latents = dz.columns();
        check("sampleGaussianBackwardWeighted", head.count() == 2 * dz.count() && latentWeights.count() == latents);
        for (int r = 0; r < dz.rows(); r++) {
            for (int j = 0; j < latents; j++) {
                double weight = at(weights, r) * at(latentWeights, j);
                int mean = 2 * r * latents + j;
                double logvar = at(head, mean + latents);
                double gradient = at(dz, r * latents + j);
                set(dhead, mean, gradient + weight * at(head, mean));
                set(
                        dhead,
                        mean + latents,
                        0.5 * gradient * at(noise, r * latents + j) * Math.exp(0.5 * logvar)
                                + 0.5 * weight * Math.expm1(logvar));
            }
        }
    }

    static void capacityElbo(
            Tensor loss, Tensor klWeights, Tensor reconstruction, Tensor kl, Tensor scalars, float scale) {
        int rows = (int) loss.count();
        check("capacityElbo", kl.count() == rows && reconstruction.count() == rows && klWeights.count() == rows);
        double mean = 0;
        for (int r = 0; r < rows; r++) {
            mean += at(kl, r) / rows;
        }
        double capacity = get(scalars, Scalars.CAPACITY);
        double weight = get(scalars, Scalars.BETA) * Math.signum(mean - capacity);
        for (int r = 0; r < rows; r++) {
            set(loss, r, at(reconstruction, r) + weight * (at(kl, r) - capacity));
            set(klWeights, r, scale * weight);
        }
    }

    static void add(Tensor total, Tensor x) {
        check("add", total.count() == x.count());
        for (int i = 0; i < x.count(); i++) {
            set(total, i, at(total, i) + at(x, i));
        }
    }

    static void gradientNorm(Tensor scalars, Tensor g, float scale, float limit) {
        if (!halted(scalars)) {
            double squares = 0;
            for (int i = 0; i < g.count(); i++) {
                squares += Math.pow(scale * at(g, i), 2);
            }
            double norm = Math.sqrt(squares);
            set(scalars, Scalars.GRADIENT_SCALE, Math.min(1, limit / (norm + 1e-6)));
            set(scalars, Scalars.GRADIENT_NORM_SUM, get(scalars, Scalars.GRADIENT_NORM_SUM) + norm);
            set(scalars, Scalars.GRADIENT_NORM_MAX, Math.max(get(scalars, Scalars.GRADIENT_NORM_MAX), norm));
        }
    }

    static void adamW(
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
        check("adamW", p.count() == g.count() && (decay == null || decay.count() == p.count()));
        if (halted(scalars)) {
            return;
        }
        double rate = get(scalars, Scalars.LEARNING_RATE);
        double share = scale * get(scalars, Scalars.GRADIENT_SCALE);
        for (int i = 0; i < p.count(); i++) {
            double gradient = share * at(g, i);
            set(m, i, beta1 * at(m, i) + (1 - (double) beta1) * gradient);
            set(v, i, beta2 * at(v, i) + (1 - (double) beta2) * gradient * gradient);
            double first = at(m, i) / get(scalars, Scalars.ADAM_CORRECTION_1);
            double second = at(v, i) / get(scalars, Scalars.ADAM_CORRECTION_2);
            double kept = decay == null ? at(p, i) : at(p, i) * (1 - rate * at(decay, i));
            set(p, i, kept - rate * first / (Math.sqrt(second) + epsilon));
        }
    }

    static void average(Tensor average, Tensor p, Tensor scalars, double decay) {
        check("average", average.count() == p.count());
        if (!halted(scalars)) {
            double share = (1 - decay) / (1 - Math.pow(decay, get(scalars, Scalars.STEP)));
            for (int i = 0; i < p.count(); i++) {
                set(average, i, (1 - share) * at(average, i) + share * at(p, i));
            }
        }
    }
}
