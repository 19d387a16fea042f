package io.jcuvae.jobs;

import com.google.gson.JsonObject;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import java.util.stream.IntStream;

/**
 * What the KL term is spent on, nats. With q(z) the mean of the posteriors over the N samples of a set, and p(z) = N(0, I),
 *
 * <pre>
 * mean KL(q(z|x) || p(z)) = I + TC + D
 * I  = E[log q(z|x) - log q(z)]            what codes say about samples
 * TC = E[log q(z) - sum_d log q(z_d)]      total correlation
 * D  = E[sum_d (log q(z_d) - log p(z_d))]  divergence of each latent alone
 * </pre>
 *
 * (Hoffman, Johnson: ELBO surgery, 2016, for I and TC + D = KL(q(z) || p(z)); Chen et al. 2018 for the three.) The expectations
 * are over the samples and one z from the posterior of each, so they are unbiased with a standard error; q(z) itself is exact,
 * since the set is all that it is defined by. I is the information about which sample of this set a code belongs to: at most
 * log N,
 * and for a set drawn from a larger one an estimate of its I(x; z) from below.
 *
 * @param kl mean of the same draws' log q(z|x) - log p(z): I + TC + D
 * @param mutual I
 * @param mutualError standard error of I
 * @param total TC
 * @param dimensions D
 * @param count N
 * @param draws samples of which a z was drawn, spread evenly over the set
 */
record Information(
        double kl, double mutual, double mutualError, double total, double dimensions, int count, int draws) {
    /** Terms of the sums over pairs and latents: some seconds on two cores. */
    private static final double TERMS = 4e8;

    private static final int LEAST_DRAWS = 500;
    private static final double HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
    private static final int BLOCK = 64;

    /**
     * Estimates from posteriors.
     *
     * @param seed of the draws
     */
    static Information of(Posteriors posteriors, long seed, Progress progress) {
        double pairs = TERMS / posteriors.latents() / posteriors.count();
        return of(posteriors, (int) Math.min(posteriors.count(), Math.max(LEAST_DRAWS, pairs)), seed, progress);
    }

    /**
     * Estimates from posteriors and a number of draws.
     *
     * @param draws at most N
     */
    static Information of(Posteriors posteriors, int draws, long seed, Progress progress) {
        int count = posteriors.count();
        int latents = posteriors.latents();
        Densities densities = new Densities(posteriors);
        double[][] found = new double[draws][];
        long key = Stream.EVALUATION.key(seed);
        for (int first = 0; first < draws; first += BLOCK) {
            int end = Math.min(draws, first + BLOCK);
            IntStream.range(first, end).parallel().forEach(m -> {
                int i = (int) ((long) m * count / draws);
                float[] noise = new float[latents];
                Philox.fillNormal(noise, 0, latents, key, (long) i * latents);
                found[m] = densities.at(i, noise);
            });
            progress.at(end, draws);
        }
        double[] sums = new double[4];
        for (double[] terms : found) {
            for (int k = 0; k < 4; k++) {
                sums[k] += terms[k] / draws;
            }
        }
        double squares = 0;
        for (double[] terms : found) {
            squares += (terms[0] - sums[0]) * (terms[0] - sums[0]);
        }
        double error = Math.sqrt(squares / (draws - 1) / draws);
        return new Information(sums[3], sums[0], error, sums[1], sums[2], count, draws);
    }

    /** The densities of all posteriors, as factors that do not depend on z. */
    private static final class Densities {
        private final Posteriors posteriors;
        private final int latents;
        /** [N Z]: mean, precision, and the logarithm of the density at the mean. */
        private final double[] means;

        private final double[] precisions;
        private final double[] peaks;

        Densities(Posteriors posteriors) {
            this.posteriors = posteriors;
            latents = posteriors.latents();
            int values = Math.multiplyExact(posteriors.count(), latents);
            means = new double[values];
            precisions = new double[values];
            peaks = new double[values];
            for (int i = 0; i < values; i++) {
                double logvar = posteriors.logvars()[i / latents][i % latents];
                means[i] = posteriors.means()[i / latents][i % latents];
                precisions[i] = Math.exp(-logvar);
                peaks[i] = -0.5 * logvar - HALF_LOG_TWO_PI;
            }
        }

        /** For a z from posterior i: its terms of I, TC, D, and their sum. */
        double[] at(int i, float[] noise) {
            double[] z = new double[latents];
            double[] own = new double[latents];
            double joint = 0;
            double prior = 0;
            for (int d = 0; d < latents; d++) {
                int at = i * latents + d;
                z[d] = means[at] + Math.exp(0.5 * posteriors.logvars()[i][d]) * noise[d];
                own[d] = peaks[at] - 0.5 * noise[d] * noise[d];
                joint += own[d];
                prior += -0.5 * z[d] * z[d] - HALF_LOG_TWO_PI;
            }
            // Relative to the posterior that z came from, so that no sum is zero: its own term is 1.
            double[] sums = new double[latents];
            double all = 0;
            int count = posteriors.count();
            for (int j = 0; j < count; j++) {
                double log = -joint;
                for (int d = 0; d < latents; d++) {
                    int at = j * latents + d;
                    double off = z[d] - means[at];
                    double term = peaks[at] - 0.5 * off * off * precisions[at];
                    sums[d] += Math.exp(term - own[d]);
                    log += term;
                }
                all += Math.exp(log);
            }
            double aggregate = joint + Math.log(all / count);
            double marginals = 0;
            for (int d = 0; d < latents; d++) {
                marginals += own[d] + Math.log(sums[d] / count);
            }
            return new double[] {joint - aggregate, aggregate - marginals, marginals - prior, joint - prior};
        }
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("kl", kl);
        json.addProperty("mutual_information", mutual);
        json.addProperty("mutual_information_standard_error", mutualError);
        json.addProperty("mutual_information_bound", Math.log(count));
        json.addProperty("total_correlation", total);
        json.addProperty("dimension_wise_kl", dimensions);
        json.addProperty("marginal_kl", total + dimensions);
        json.addProperty("count", count);
        json.addProperty("draws", draws);
        return json;
    }
}
