package io.jcuvae.jobs;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Fits a {@link Mixture} to codes by expectation maximization (Dempster, Laird, Rubin 1977), from a start by k-means++ (Arthur,
 * Vassilvitskii 2007). Densities are logarithms throughout, so that many latents do not underflow. Sums have an order of their
 * own: the number of threads does not show.
 *
 * <p>Each covariance gets {@link #RIDGE} of the mean variance of the codes on its diagonal, so that a component on a few codes,
 * or codes that lie in a plane, stay positive definite.
 */
public final class MixtureFit {
    /** The share of the codes' mean variance that is added to every variance. */
    public static final double RIDGE = 1e-6;

    /** The fit has converged when log p(z) per code grows by less than this, nats. */
    public static final double TOLERANCE = 1e-4;

    /** Rounds at most. */
    public static final int MOST_ROUNDS = 200;

    /** Rows that are scored together: a tile has a sum of its own. */
    private static final int TILE = 256;

    private final double[][] codes;
    private final double ridge;
    /** [N][K]: the probability that a code is of a component. */
    private final double[][] shares;

    /**
     * What was found.
     *
     * @param mixture the mixture
     * @param logLikelihoods log p(z) per code at the begin of each round, nats; never falls but for the ridge
     * @param converged whether it ended by {@link #TOLERANCE}
     */
    public record Result(Mixture mixture, double[] logLikelihoods, boolean converged) {}

    private MixtureFit(double[][] codes, int components) {
        this.codes = codes;
        this.shares = new double[codes.length][components];
        this.ridge = Math.max(RIDGE * meanVariance(codes), 1e-30);
    }

    /**
     * Fits.
     *
     * @param codes [N][Z], N at least K
     * @param components K, at least 1
     * @param seed of the start
     * @throws IllegalArgumentException when there are fewer codes than components
     */
    public static Result fit(double[][] codes, int components, long seed) {
        if (components < 1 || codes.length < components) {
            throw new IllegalArgumentException(components + " components for " + codes.length + " codes");
        }
        MixtureFit fit = new MixtureFit(codes, components);
        fit.start(Stream.MIXTURE.key(seed));
        double[] likelihoods = new double[MOST_ROUNDS];
        Mixture mixture = fit.maximize();
        for (int round = 0; round < MOST_ROUNDS; round++) {
            likelihoods[round] = fit.expect(mixture);
            if (round > 0 && likelihoods[round] - likelihoods[round - 1] < TOLERANCE) {
                return new Result(mixture, Arrays.copyOf(likelihoods, round + 1), true);
            }
            mixture = fit.maximize();
        }
        return new Result(mixture, likelihoods, false);
    }

    private static double meanVariance(double[][] codes) {
        double[] mean = new double[codes[0].length];
        for (double[] code : codes) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += code[i] / codes.length;
            }
        }
        double sum = 0;
        for (double[] code : codes) {
            sum += distance(code, mean);
        }
        return sum / codes.length / mean.length;
    }

    /** The squared distance. */
    private static double distance(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return sum;
    }

    /**
     * Gives each code to the nearest of K of them: the first is any, each other is drawn with a probability that grows with the
     * squared distance to the nearest one so far.
     */
    private void start(long key) {
        float[] draws = new float[shares[0].length];
        Philox.fillUniform(draws, 0, draws.length, key, 1, 0);
        double[] nearest = new double[codes.length];
        int[] owner = new int[codes.length];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        int centre = (int) (draws[0] * (double) codes.length);
        for (int k = 0; k < draws.length; k++) {
            if (k > 0) {
                centre = drawn(nearest, draws[k]);
            }
            for (int n = 0; n < codes.length; n++) {
                double distance = distance(codes[n], codes[centre]);
                if (distance < nearest[n]) {
                    nearest[n] = distance;
                    owner[n] = k;
                }
            }
        }
        for (int n = 0; n < codes.length; n++) {
            shares[n][owner[n]] = 1;
        }
    }

    /** A number drawn with probabilities in proportion to the weights; any where all are zero. */
    private static int drawn(double[] weights, double draw) {
        double sum = Arrays.stream(weights).sum();
        if (!(sum > 0)) {
            return (int) (draw * weights.length);
        }
        double below = 0;
        int last = 0;
        for (int n = 0; n < weights.length; n++) {
            below += weights[n];
            if (weights[n] > 0) {
                last = n;
            }
            if (draw * sum < below) {
                return n;
            }
        }
        return last;
    }

    /** The shares under a mixture; returns log p(z) per code. */
    private double expect(Mixture mixture) {
        int tiles = (codes.length + TILE - 1) / TILE;
        double[] sums = new double[tiles];
        IntStream.range(0, tiles).parallel().forEach(tile -> {
            double[] scratch = new double[codes[0].length];
            for (int n = tile * TILE; n < Math.min(codes.length, (tile + 1) * TILE); n++) {
                double total = mixture.logTerms(shares[n], codes[n], scratch);
                for (int k = 0; k < shares[n].length; k++) {
                    shares[n][k] = Math.exp(shares[n][k] - total);
                }
                sums[tile] += total;
            }
        });
        double sum = 0;
        for (double tile : sums) {
            sum += tile;
        }
        return sum / codes.length;
    }

    /** The mixture that is most likely under the shares. */
    private Mixture maximize() {
        int components = shares[0].length;
        int latents = codes[0].length;
        double[] weights = new double[components];
        double[][] means = new double[components][latents];
        double[][][] covariances = new double[components][latents][latents];
        IntStream.range(0, components)
                .parallel()
                .forEach(k -> weights[k] = moments(k, means[k], covariances[k]) / codes.length);
        return new Mixture(weights, means, covariances);
    }

    /** Mean and covariance of the codes of a component by their shares; returns the sum of those. */
    private double moments(int k, double[] mean, double[][] covariance) {
        // Above zero where a component has lost every code: it then weighs next to nothing.
        double all = 10 * Double.MIN_NORMAL;
        for (int n = 0; n < codes.length; n++) {
            double share = shares[n][k];
            all += share;
            for (int i = 0; i < mean.length; i++) {
                mean[i] += share * codes[n][i];
            }
        }
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= all;
        }
        double[] deviation = new double[mean.length];
        for (int n = 0; n < codes.length; n++) {
            double share = shares[n][k] / all;
            if (share == 0) {
                continue;
            }
            for (int i = 0; i < mean.length; i++) {
                deviation[i] = codes[n][i] - mean[i];
            }
            for (int i = 0; i < mean.length; i++) {
                double scaled = share * deviation[i];
                double[] row = covariance[i];
                for (int j = 0; j <= i; j++) {
                    row[j] += scaled * deviation[j];
                }
            }
        }
        for (int i = 0; i < mean.length; i++) {
            covariance[i][i] += ridge;
            for (int j = 0; j < i; j++) {
                covariance[j][i] = covariance[i][j];
            }
        }
        return all;
    }
}
