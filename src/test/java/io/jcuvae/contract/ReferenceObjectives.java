package io.jcuvae.contract;

import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.ObjectiveOps} in double precision, from their formulas alone. */
final class ReferenceObjectives {
    private ReferenceObjectives() {}

    private static double at(Tensor tensor, int i) {
        return ReferenceBackend.elements(tensor)[(int) tensor.offset() + i];
    }

    private static void set(Tensor tensor, int i, double value) {
        ReferenceBackend.elements(tensor)[(int) tensor.offset() + i] = value;
    }

    private static void add(Tensor tensor, int i, double value) {
        set(tensor, i, at(tensor, i) + value);
    }

    static void drawGaussian(Tensor z, Tensor ratio, Tensor head, Tensor noise) {
        int latents = z.columns();
        int draws = z.rows() / head.rows();
        for (int r = 0; r < z.rows(); r++) {
            double logPrior = 0;
            double logPosterior = 0;
            for (int j = 0; j < latents; j++) {
                double mu = at(head, 2 * (r / draws) * latents + j);
                double logvar = at(head, (2 * (r / draws) + 1) * latents + j);
                double value = mu + Math.exp(0.5 * logvar) * at(noise, r * latents + j);
                set(z, r * latents + j, value);
                logPrior -= 0.5 * value * value;
                logPosterior -= 0.5 * (logvar + (value - mu) * (value - mu) / Math.exp(logvar));
            }
            set(ratio, r, logPrior - logPosterior);
        }
    }

    static void importance(
            Tensor loss,
            Tensor reconstruction,
            Tensor weights,
            Tensor ratioWeights,
            Tensor factors,
            Tensor rows,
            Tensor ratio,
            Tensor scalars,
            float scale) {
        int samples = (int) loss.count();
        int draws = (int) rows.count() / samples;
        double beta = at(scalars, Scalars.BETA.ordinal());
        for (int b = 0; b < samples; b++) {
            // Any number keeps the sum within range; the largest leaves no term beyond it.
            double first = Double.NEGATIVE_INFINITY;
            for (int r = b * draws; r < (b + 1) * draws; r++) {
                first = Math.max(first, beta * at(ratio, r) - at(rows, r));
            }
            double sum = 0;
            double total = 0;
            for (int r = b * draws; r < (b + 1) * draws; r++) {
                sum += Math.exp(beta * at(ratio, r) - at(rows, r) - first);
                total += at(rows, r);
            }
            set(loss, b, -first - Math.log(sum / draws));
            set(reconstruction, b, total / draws);
            for (int r = b * draws; r < (b + 1) * draws; r++) {
                double share = Math.exp(beta * at(ratio, r) - at(rows, r) - first) / sum;
                set(weights, r, scale * share);
                set(ratioWeights, r, scale * beta * share);
                if (factors != null) {
                    set(factors, r, 1 - beta * (1 - share));
                }
            }
        }
    }

    static void drawGaussianBackward(
            Tensor dhead, Tensor dz, Tensor head, Tensor noise, Tensor z, Tensor ratioWeights, Tensor factors) {
        int latents = z.columns();
        int draws = z.rows() / head.rows();
        for (int i = 0; i < dhead.count(); i++) {
            set(dhead, i, 0);
        }
        for (int r = 0; r < z.rows(); r++) {
            for (int j = 0; j < latents; j++) {
                int mu = 2 * (r / draws) * latents + j;
                int at = r * latents + j;
                double deviation = Math.exp(0.5 * at(head, mu + latents));
                double weight = at(ratioWeights, r);
                double ofPrior = at(dz, at) + weight * at(z, at);
                if (factors == null) {
                    add(dhead, mu, ofPrior);
                    add(dhead, mu + latents, 0.5 * (ofPrior * deviation * at(noise, at) - weight));
                } else {
                    double path = at(factors, r) * (ofPrior - weight * at(noise, at) / deviation);
                    add(dhead, mu, path);
                    add(dhead, mu + latents, 0.5 * path * deviation * at(noise, at));
                }
            }
        }
    }
}
