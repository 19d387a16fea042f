package io.jcuvae.jobs;

import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.EigenDecompositionSymmetric;
import org.hipparchus.linear.RealMatrix;

/**
 * The Frechet distance of two sets of features, each taken for a normal distribution (Dowson, Landau 1982; for generated pictures
 * Heusel et al. 2017): |m - n|^2 + tr(C + D - 2 (C D)^(1/2)), from means and covariances (divided by N - 1), in double precision.
 * Zero for equal moments. Finite sets make it too large, the more so the fewer they are.
 */
final class Frechet {
    private Frechet() {}

    /**
     * The distance between two sets.
     *
     * @param a [N][Z], N at least 2
     * @param b [M][Z], M at least 2
     */
    static double distance(float[][] a, float[][] b) {
        return distance(mean(a), covariance(a), mean(b), covariance(b));
    }

    /** The distance between two normal distributions, given by means and covariances. */
    static double distance(double[] meanA, double[][] covarianceA, double[] meanB, double[][] covarianceB) {
        double sum = 0;
        for (int d = 0; d < meanA.length; d++) {
            sum += (meanA[d] - meanB[d]) * (meanA[d] - meanB[d]) + covarianceA[d][d] + covarianceB[d][d];
        }
        // The trace of (C D)^(1/2) is that of (C^(1/2) D C^(1/2))^(1/2), whose argument is symmetric.
        RealMatrix root = root(covarianceA);
        RealMatrix product =
                root.multiply(new Array2DRowRealMatrix(covarianceB, false)).multiply(root);
        double trace = 0;
        for (double value : eigen(product.getData()).values) {
            trace += Math.sqrt(value);
        }
        return Math.max(0, sum - 2 * trace);
    }

    /** Eigenvalues that rounding made negative are zero. */
    private record Eigen(double[] values, RealMatrix vectors) {}

    private static Eigen eigen(double[][] symmetric) {
        int size = symmetric.length;
        double trace = 0;
        for (int i = 0; i < size; i++) {
            trace += symmetric[i][i];
        }
        double[][] shifted = new double[size][size];
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                shifted[i][j] = 0.5 * (symmetric[i][j] + symmetric[j][i]);
            }
            // See Pca: Hipparchus never ends where neighbours on the diagonal are zero but for rounding.
            shifted[i][i] += trace;
        }
        EigenDecompositionSymmetric found = new EigenDecompositionSymmetric(new Array2DRowRealMatrix(shifted, false));
        double[] values = found.getEigenvalues();
        for (int i = 0; i < size; i++) {
            values[i] = Math.max(0, values[i] - trace);
        }
        return new Eigen(values, found.getV());
    }

    private static RealMatrix root(double[][] symmetric) {
        Eigen eigen = eigen(symmetric);
        RealMatrix scaled = eigen.vectors.copy();
        for (int i = 0; i < symmetric.length; i++) {
            for (int j = 0; j < symmetric.length; j++) {
                scaled.multiplyEntry(i, j, Math.sqrt(eigen.values[j]));
            }
        }
        return scaled.multiplyTransposed(eigen.vectors);
    }

    static double[] mean(float[][] rows) {
        double[] mean = new double[rows[0].length];
        for (float[] row : rows) {
            for (int d = 0; d < mean.length; d++) {
                mean[d] += row[d];
            }
        }
        for (int d = 0; d < mean.length; d++) {
            mean[d] /= rows.length;
        }
        return mean;
    }

    static double[][] covariance(float[][] rows) {
        double[] mean = mean(rows);
        double[][] sums = new double[mean.length][mean.length];
        for (float[] row : rows) {
            for (int i = 0; i < mean.length; i++) {
                for (int j = 0; j <= i; j++) {
                    sums[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]);
                }
            }
        }
        for (int i = 0; i < mean.length; i++) {
            for (int j = 0; j <= i; j++) {
                sums[i][j] /= rows.length - 1;
                sums[j][i] = sums[i][j];
            }
        }
        return sums;
    }
}
