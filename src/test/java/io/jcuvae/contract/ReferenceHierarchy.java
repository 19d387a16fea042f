package io.jcuvae.contract;

import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.HierarchyOps} in double precision, from their formulas alone. */
final class ReferenceHierarchy {
    private ReferenceHierarchy() {}

    private static double at(Tensor tensor, int i) {
        return ReferenceBackend.elements(tensor)[(int) tensor.offset() + i];
    }

    private static void set(Tensor tensor, int i, double value) {
        ReferenceBackend.elements(tensor)[(int) tensor.offset() + i] = value;
    }

    /** log N(z; m, exp(v)) without the constant. */
    private static double logNormal(double z, double m, double v) {
        return -0.5 * (v + (z - m) * (z - m) / Math.exp(v));
    }

    static void conditionalPrior(Tensor ratio, Tensor upper, Tensor z, Tensor prior) {
        int latents = z.columns();
        for (int r = 0; r < z.rows(); r++) {
            double sum = at(ratio, r) + at(upper, r);
            for (int j = 0; j < latents; j++) {
                double value = at(z, r * latents + j);
                double m = at(prior, 2 * r * latents + j);
                double v = at(prior, (2 * r + 1) * latents + j);
                sum += logNormal(value, m, v) - logNormal(value, 0, 0);
            }
            set(ratio, r, sum);
        }
    }

    static void conditionalPriorBackward(Tensor dz, Tensor dprior, Tensor z, Tensor prior, Tensor weights) {
        int latents = z.columns();
        for (int r = 0; r < z.rows(); r++) {
            double weight = at(weights, r);
            for (int j = 0; j < latents; j++) {
                double value = at(z, r * latents + j);
                double distance = value - at(prior, 2 * r * latents + j);
                double precision = 1 / Math.exp(at(prior, (2 * r + 1) * latents + j));
                double own = at(dz, r * latents + j);
                set(dz, r * latents + j, own - weight * (value - distance * precision));
                set(dprior, 2 * r * latents + j, -weight * distance * precision);
                set(dprior, (2 * r + 1) * latents + j, 0.5 * weight * (1 - distance * distance * precision));
            }
        }
    }

    static void meanDivergence(Tensor kl, Tensor ratio) {
        int draws = (int) (ratio.count() / kl.count());
        for (int b = 0; b < kl.count(); b++) {
            double sum = 0;
            for (int k = 0; k < draws; k++) {
                sum -= at(ratio, b * draws + k);
            }
            set(kl, b, sum / draws);
        }
    }

    static void splitColumns(Tensor first, Tensor second, Tensor both) {
        int width = both.columns();
        for (int i = 0; i < both.count(); i++) {
            int r = i / width;
            int c = i % width;
            boolean front = c < first.columns();
            int to = front ? r * first.columns() + c : r * second.columns() + c - first.columns();
            set(front ? first : second, to, at(both, i));
        }
    }
}
