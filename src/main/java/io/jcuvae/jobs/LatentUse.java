package io.jcuvae.jobs;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * How much a model uses each of its latents, measured on rows.
 *
 * @param rows N
 * @param kl the mean divergence of each latent's posterior from the standard normal prior, in nats,
 *     (mu^2 + sigma^2 - log sigma^2 - 1) / 2 (Kingma, Welling 2013, appendix B); null where codes are points
 * @param mean of the codes
 * @param deviation of the codes: the root of their mean squared distance from the mean
 */
public record LatentUse(int rows, double[] kl, double[] mean, double[] deviation) {
    /** Measures. */
    public static LatentUse of(Inspection.Seen seen) {
        int latents = seen.latents();
        double[] kl = seen.logvars() == null ? null : new double[latents];
        double[] mean = new double[latents];
        double[] deviation = new double[latents];
        for (int i = 0; i < latents; i++) {
            for (int n = 0; n < seen.count(); n++) {
                int at = n * latents + i;
                mean[i] += seen.codes()[at] / (double) seen.count();
                if (kl != null) {
                    double mu = seen.codes()[at];
                    double logvar = seen.logvars()[at];
                    kl[i] += 0.5 * (mu * mu + Math.exp(logvar) - logvar - 1) / seen.count();
                }
            }
            double squares = 0;
            for (int n = 0; n < seen.count(); n++) {
                double off = seen.codes()[n * latents + i] - mean[i];
                squares += off * off;
            }
            deviation[i] = Math.sqrt(squares / seen.count());
        }
        return new LatentUse(seen.count(), kl, mean, deviation);
    }

    /** Z. */
    public int latents() {
        return mean.length;
    }

    /** Whether each latent has a divergence; else they are told apart by their deviation. */
    public boolean hasDivergence() {
        return kl != null;
    }

    /** The latents' numbers from 0, that of most KL first, or of the largest deviation where there is no KL. */
    public int[] order() {
        double[] by = kl == null ? deviation : kl;
        return IntStream.range(0, latents())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -by[i]))
                .mapToInt(i -> i)
                .toArray();
    }
}
