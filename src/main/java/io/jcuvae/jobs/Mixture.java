package io.jcuvae.jobs;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import java.util.Arrays;
import org.hipparchus.exception.MathRuntimeException;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.CholeskyDecomposition;

/**
 * A mixture of K normals with full covariances: p(z) = sum over k of weight_k N(z; mean_k, covariance_k). Everything in double
 * precision, densities as logarithms.
 */
public final class Mixture implements CodeSampler {
    private static final double LOG_2_PI = Math.log(2 * Math.PI);

    private final double[] weights;
    private final double[][] means;
    private final double[][][] covariances;
    /** [K][Z][Z], lower triangles with L L' = covariance. */
    private final double[][][] factors;
    /** [K]: what log weight_k N(z) is at the mean. */
    private final double[] peaks;

    /**
     * A mixture.
     *
     * @param weights [K], positive or zero; divided by their sum
     * @param means [K][Z]
     * @param covariances [K][Z][Z], symmetric and positive definite
     * @throws IllegalArgumentException if the shapes do not fit together, or a covariance is none
     */
    public Mixture(double[] weights, double[][] means, double[][][] covariances) {
        double sum = Arrays.stream(weights).sum();
        if (weights.length == 0 || means.length != weights.length || covariances.length != weights.length) {
            throw new IllegalArgumentException(weights.length + " weights, " + means.length + " means and "
                    + covariances.length + " covariances are no mixture");
        }
        if (!(sum > 0
                && sum < Double.POSITIVE_INFINITY
                && Arrays.stream(weights).allMatch(weight -> weight >= 0))) {
            throw new IllegalArgumentException("weights " + Arrays.toString(weights) + " are no probabilities");
        }
        this.weights = Arrays.stream(weights).map(weight -> weight / sum).toArray();
        this.means = means;
        this.covariances = covariances;
        factors = new double[weights.length][][];
        peaks = new double[weights.length];
        for (int k = 0; k < weights.length; k++) {
            factors[k] = factor(k);
            double logDeterminant = 0;
            for (int i = 0; i < latents(); i++) {
                logDeterminant += 2 * Math.log(factors[k][i][i]);
            }
            peaks[k] = Math.log(this.weights[k]) - (latents() * LOG_2_PI + logDeterminant) / 2;
        }
    }

    private double[][] factor(int k) {
        int latents = means[0].length;
        boolean fits = means[k].length == latents && covariances[k].length == latents;
        for (double[] row : covariances[k]) {
            fits &= row.length == latents;
        }
        if (!fits) {
            throw new IllegalArgumentException("component " + k + " has other extents than " + latents);
        }
        if (!Arrays.stream(means[k]).allMatch(Double::isFinite)) {
            throw new IllegalArgumentException("the mean of component " + k + " is not finite");
        }
        try {
            // Any positive pivot is good: latents may be of any scale.
            return new CholeskyDecomposition(new Array2DRowRealMatrix(covariances[k]), 1e-10, 0)
                    .getL()
                    .getData();
        } catch (MathRuntimeException e) {
            throw new IllegalArgumentException("the covariance of component " + k + " is none: " + e.getMessage(), e);
        }
    }

    /** K. */
    public int components() {
        return weights.length;
    }

    /** Z. */
    public int latents() {
        return means[0].length;
    }

    /** [K], with sum 1. */
    public double[] weights() {
        return weights.clone();
    }

    /** [K][Z]. */
    public double[][] means() {
        return Arrays.stream(means).map(double[]::clone).toArray(double[][]::new);
    }

    /** [K][Z][Z]. */
    public double[][][] covariances() {
        return Arrays.stream(covariances)
                .map(one -> Arrays.stream(one).map(double[]::clone).toArray(double[][]::new))
                .toArray(double[][][]::new);
    }

    /** log p(z), nats. */
    public double logDensity(double[] z) {
        double[] terms = new double[components()];
        return logTerms(terms, z, new double[latents()]);
    }

    /**
     * log weight_k N(z; mean_k, covariance_k) for each k.
     *
     * @param terms receives [K]
     * @param scratch [Z]
     * @return their log-sum-exp, log p(z)
     */
    double logTerms(double[] terms, double[] z, double[] scratch) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < terms.length; k++) {
            // |L^-1 (z - mean)|^2 by forward substitution.
            double square = 0;
            for (int i = 0; i < z.length; i++) {
                double rest = z[i] - means[k][i];
                double[] row = factors[k][i];
                for (int j = 0; j < i; j++) {
                    rest -= row[j] * scratch[j];
                }
                scratch[i] = rest / row[i];
                square += scratch[i] * scratch[i];
            }
            terms[k] = peaks[k] - square / 2;
            largest = Math.max(largest, terms[k]);
        }
        if (largest == Double.NEGATIVE_INFINITY) {
            return largest;
        }
        double sum = 0;
        for (double term : terms) {
            sum += Math.exp(term - largest);
        }
        return largest + Math.log(sum);
    }

    /**
     * Draws codes: the component of draw i is chosen by uniform i of the seed's mixture stream, the deviation from its mean is
     * temperature times L times the normals i Z .. i Z + Z - 1 of the generation stream. At temperature 0 every code is a mean.
     */
    @Override
    public void draw(float[] codes, long first, int count, long seed, double temperature) {
        int latents = latents();
        float[] choices = new float[count];
        float[] normals = new float[count * latents];
        Philox.fillUniform(choices, 0, count, Stream.MIXTURE.key(seed), 0, first);
        Philox.fillNormal(normals, 0, normals.length, Stream.GENERATION.key(seed), first * latents);
        for (int r = 0; r < count; r++) {
            int k = component(weights, choices[r]);
            for (int i = 0; i < latents; i++) {
                double deviation = 0;
                for (int j = 0; j <= i; j++) {
                    deviation += factors[k][i][j] * normals[r * latents + j];
                }
                codes[r * latents + i] = (float) (means[k][i] + temperature * deviation);
            }
        }
    }

    /**
     * The component that a uniform number chooses.
     *
     * @param weights with sum 1
     */
    static int component(double[] weights, double choice) {
        double below = 0;
        int last = 0;
        for (int k = 0; k < weights.length; k++) {
            below += weights[k];
            if (weights[k] > 0) {
                last = k;
            }
            if (choice < below) {
                return k;
            }
        }
        // Weights whose rounded sum stays below the choice.
        return last;
    }
}
