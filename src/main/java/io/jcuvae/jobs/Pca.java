package io.jcuvae.jobs;

import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.UserError;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.EigenDecompositionSymmetric;
import org.hipparchus.linear.RealMatrix;

/**
 * Principal components: the linear autoencoder with the least squared error (Pearson 1901; Baldi, Hornik 1989). A sample x
 * becomes mean + V V' (x - mean) with the Z eigenvectors V of the largest eigenvalues of the covariance, which is divided by N.
 * Exact: from the covariance [D, D], or where there are fewer samples than values from their products [N, N], whose eigenvalues
 * are the same; all in double precision.
 */
public final class Pca {
    /** The largest matrix whose eigenvectors are computed: some minutes on one core. */
    public static final int MOST = 4096;

    /** Eigenvalues below this share of the largest are rounding: the samples do not extend into their directions. */
    private static final double NOTHING = 1e-12;

    /** Rows that are added at once. */
    private static final int BLOCK = 8;

    private final double[] mean;
    private final double[][] components;
    private final double[] variances;
    private final double total;

    private Pca(double[] mean, double[][] components, double[] variances, double total) {
        this.mean = mean;
        this.components = components;
        this.variances = variances;
        this.total = total;
    }

    /**
     * Finds the components of samples.
     *
     * @param latents Z, from 1 to the smaller of D and N
     * @throws UserError when there are fewer, or the smaller of D and N is above {@link #MOST}
     */
    public static Pca fit(Dataset data, int latents) {
        int width = data.width();
        int order = Math.min(width, data.count());
        if (latents < 1 || latents > order) {
            throw new UserError("--latent: must be from 1 to " + order + ", as " + data.count() + " samples of " + width
                    + " values have no more components; got " + latents);
        }
        if (order > MOST) {
            throw new UserError(data.name() + ": " + data.count() + " samples of " + width
                    + " values need the eigenvectors of a " + order + "x" + order + " matrix, more than " + MOST
                    + "; use the first rows only: --limit " + MOST);
        }
        double[] mean = mean(data);
        boolean gram = data.count() < width;
        double[][] products = gram ? gram(data, mean) : covariance(data, mean);
        double total = 0;
        for (int i = 0; i < order; i++) {
            total += products[i][i];
        }
        // Hipparchus compares what is left beside the diagonal with its two neighbours on it, and never ends where
        // these are
        // zero but for rounding. Shifted by the trace none is, and the eigenvectors are the same.
        for (int i = 0; i < order; i++) {
            products[i][i] += total;
        }
        EigenDecompositionSymmetric eigen = new EigenDecompositionSymmetric(new Array2DRowRealMatrix(products, false));
        RealMatrix vectors = eigen.getV();
        double[] variances = new double[latents];
        double[][] components = new double[latents][];
        for (int k = 0; k < latents; k++) {
            double variance = eigen.getEigenvalue(k) - total;
            boolean real = total > 0 && variance > NOTHING * total;
            variances[k] = real ? variance : 0;
            double[] vector = vectors.getColumn(k);
            components[k] = !real ? new double[width] : gram ? unfold(data, mean, vector) : vector;
        }
        return new Pca(mean, components, variances, total);
    }

    private static double[] mean(Dataset data) {
        double[] mean = new double[data.width()];
        float[] row = new float[data.width()];
        for (int n = 0; n < data.count(); n++) {
            data.copyRow(n, row, 0);
            for (int i = 0; i < row.length; i++) {
                mean[i] += row[i];
            }
        }
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= data.count();
        }
        return mean;
    }

    /** A sample minus the mean; zero beyond the last. */
    private static void centred(double[] out, Dataset data, double[] mean, int n, float[] row) {
        if (n >= data.count()) {
            Arrays.fill(out, 0);
            return;
        }
        data.copyRow(n, row, 0);
        for (int i = 0; i < row.length; i++) {
            out[i] = row[i] - mean[i];
        }
    }

    /** [D, D]: the mean of (x - mean) (x - mean)'. */
    private static double[][] covariance(Dataset data, double[] mean) {
        int width = data.width();
        double[][] sum = new double[width][width];
        double[][] block = new double[BLOCK][width];
        float[] row = new float[width];
        for (int first = 0; first < data.count(); first += BLOCK) {
            for (int b = 0; b < BLOCK; b++) {
                centred(block[b], data, mean, first + b, row);
            }
            IntStream.range(0, width).parallel().forEach(i -> add(sum[i], block, i));
        }
        for (int i = 0; i < width; i++) {
            for (int j = 0; j <= i; j++) {
                sum[i][j] /= data.count();
                sum[j][i] = sum[i][j];
            }
        }
        return sum;
    }

    /** sum[j] += sum over the block of x_i x_j, for j up to i. */
    private static void add(double[] sum, double[][] block, int i) {
        for (int b = 0; b < BLOCK; b += 4) {
            double[] x0 = block[b];
            double[] x1 = block[b + 1];
            double[] x2 = block[b + 2];
            double[] x3 = block[b + 3];
            double a0 = x0[i];
            double a1 = x1[i];
            double a2 = x2[i];
            double a3 = x3[i];
            if (a0 == 0 && a1 == 0 && a2 == 0 && a3 == 0) {
                continue;
            }
            for (int j = 0; j <= i; j++) {
                sum[j] += a0 * x0[j] + a1 * x1[j] + a2 * x2[j] + a3 * x3[j];
            }
        }
    }

    /** [N, N]: the products (x_n - mean)' (x_m - mean) / N. */
    private static double[][] gram(Dataset data, double[] mean) {
        int count = data.count();
        double[][] rows = new double[count][data.width()];
        float[] row = new float[data.width()];
        for (int n = 0; n < count; n++) {
            centred(rows[n], data, mean, n, row);
        }
        double[][] products = new double[count][count];
        IntStream.range(0, count).parallel().forEach(n -> {
            for (int m = 0; m <= n; m++) {
                products[n][m] = dot(rows[n], rows[m]) / count;
            }
        });
        for (int n = 0; n < count; n++) {
            for (int m = 0; m < n; m++) {
                products[m][n] = products[n][m];
            }
        }
        return products;
    }

    /** The unit vector along the sum of samples with these weights: a component from an eigenvector of their products. */
    private static double[] unfold(Dataset data, double[] mean, double[] weights) {
        double[] sum = new double[data.width()];
        double[] centred = new double[data.width()];
        float[] row = new float[data.width()];
        for (int n = 0; n < weights.length; n++) {
            centred(centred, data, mean, n, row);
            for (int i = 0; i < sum.length; i++) {
                sum[i] += weights[n] * centred[i];
            }
        }
        double length = Math.sqrt(dot(sum, sum));
        for (int i = 0; i < sum.length; i++) {
            sum[i] /= length;
        }
        return sum;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /** Z. */
    public int latents() {
        return components.length;
    }

    /** [D]: the mean of the samples. */
    public double[] mean() {
        return mean.clone();
    }

    /** [D]: the unit vector along a component. */
    public double[] component(int number) {
        return components[number].clone();
    }

    /** [Z]: the variance along each component, largest first. */
    public double[] variances() {
        return variances.clone();
    }

    /** The sum of the variances of all values: the squared error of the mean alone. */
    public double totalVariance() {
        return total;
    }

    /** The share of the variance that lies along the components; 1 for samples that are all the same. */
    public double explained() {
        return total == 0 ? 1 : Arrays.stream(variances).sum() / total;
    }

    /**
     * The samples' places along the components, about the mean.
     *
     * @param rows [count, D]
     * @return [count][Z]
     */
    public double[][] project(float[] rows, int count) {
        int width = mean.length;
        double[][] places = new double[count][components.length];
        double[] centred = new double[width];
        for (int r = 0; r < count; r++) {
            for (int i = 0; i < width; i++) {
                centred[i] = rows[r * width + i] - mean[i];
            }
            for (int k = 0; k < components.length; k++) {
                places[r][k] = dot(components[k], centred);
            }
        }
        return places;
    }

    /**
     * Projects samples onto the components and back.
     *
     * @param latents how many of the components to use, from 0
     * @param rows [count, D]
     * @return [count, D]
     */
    public float[] reconstruct(float[] rows, int count, int latents) {
        int width = mean.length;
        float[] all = new float[count * width];
        IntStream.range(0, count).parallel().forEach(r -> {
            double[] centred = new double[width];
            double[] made = mean.clone();
            for (int i = 0; i < width; i++) {
                centred[i] = rows[r * width + i] - mean[i];
            }
            for (int k = 0; k < latents; k++) {
                double code = dot(components[k], centred);
                for (int i = 0; i < width; i++) {
                    made[i] += code * components[k][i];
                }
            }
            for (int i = 0; i < width; i++) {
                all[r * width + i] = (float) made[i];
            }
        });
        return all;
    }
}
