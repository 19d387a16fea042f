package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Philox;
import org.junit.jupiter.api.Test;

/** The Frechet distance against closed forms, precision and recall on sets whose answer is plain. */
class SampleMeasuresTest {
    private static float[][] normals(int count, int width, long key) {
        float[][] rows = new float[count][width];
        for (int n = 0; n < count; n++) {
            Philox.fillNormal(rows[n], 0, width, key, (long) n * width);
        }
        return rows;
    }

    private static float[][] mapped(float[][] rows, double scale, double shift) {
        float[][] mapped = new float[rows.length][rows[0].length];
        for (int n = 0; n < rows.length; n++) {
            for (int d = 0; d < rows[n].length; d++) {
                mapped[n][d] = (float) (scale * rows[n][d] + shift);
            }
        }
        return mapped;
    }

    @Test
    void equalSetsAreAtDistanceZero() {
        float[][] rows = normals(200, 5, 1);
        assertEquals(0, Frechet.distance(rows, rows), 1e-12);
    }

    /** Shifted by s and scaled by a: Z s^2 + (a - 1)^2 tr(C) where the mean is zero. */
    @Test
    void shiftsAndScalesAreInClosedForm() {
        float[][] rows = normals(500, 4, 2);
        double[][] covariance = Frechet.covariance(rows);
        double[] mean = Frechet.mean(rows);
        double trace = 0;
        double shifts = 0;
        for (int d = 0; d < 4; d++) {
            trace += covariance[d][d];
            shifts += Math.pow(2 * mean[d] + 0.5, 2);
        }
        assertEquals(4 * 0.25, Frechet.distance(rows, mapped(rows, 1, 0.5)), 1e-5);
        assertEquals(shifts + 4 * trace, Frechet.distance(rows, mapped(rows, 3, 0.5)), 1e-4);
    }

    /** The trace of the root of a 2x2 matrix M is sqrt(tr M + 2 sqrt(det M)). */
    @Test
    void covariancesThatDoNotCommute() {
        double[][] c = {{2, 0.6}, {0.6, 1}};
        double[][] d = {{0.5, -0.3}, {-0.3, 3}};
        double trace = c[0][0] * d[0][0] + 2 * c[0][1] * d[0][1] + c[1][1] * d[1][1];
        double determinant = (2 * 1 - 0.36) * (0.5 * 3 - 0.09);
        double expected = 9 + 16 + 3 + 3.5 - 2 * Math.sqrt(trace + 2 * Math.sqrt(determinant));
        assertEquals(expected, Frechet.distance(new double[] {1, 2}, c, new double[] {4, -2}, d), 1e-12);
    }

    /** By numpy, from the eigenvalues of the product itself. */
    @Test
    void threeDimensionsAsASecondImplementationHasThem() {
        double[][] a = {{0.35, 0.82, 0.33}, {-1.3, 0.91, 0.45}, {-0.54, 0.58, 0.36}};
        double[][] b = {{0.29, 0.03, 0.55}, {-0.74, -0.16, -0.48}, {0.6, 0.04, -0.29}};
        double[] zero = new double[3];
        assertEquals(3.2321682931045004, Frechet.distance(zero, squared(a), zero, squared(b)), 1e-7);
    }

    private static double[][] squared(double[][] a) {
        double[][] squared = new double[3][3];
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 3; j++) {
                for (int k = 0; k < 3; k++) {
                    squared[i][j] += a[i][k] * a[j][k];
                }
            }
        }
        return squared;
    }

    /** Latents that a model leaves unused have no variance at all. */
    @Test
    void flatDirectionsAddNothing() {
        float[][] rows = normals(100, 3, 4);
        float[][] flat = new float[100][6];
        float[][] shifted = new float[100][6];
        for (int n = 0; n < 100; n++) {
            System.arraycopy(rows[n], 0, flat[n], 1, 3);
            System.arraycopy(mapped(rows, 2, 0)[n], 0, shifted[n], 1, 3);
        }
        assertEquals(Frechet.distance(rows, mapped(rows, 2, 0)), Frechet.distance(flat, shifted), 1e-6);
        assertEquals(0, Frechet.distance(new float[10][4], new float[10][4]), 1e-12);
    }

    /** On a line, one neighbour: the balls around 0, 1 and 10 reach out by 1, 1 and 9. */
    @Test
    void ballsReachToTheNeighbour() {
        float[][] real = {{0}, {1}, {10}};
        float[][] generated = {{-1.5f}, {-0.5f}, {1.9f}, {18}};
        // Within: -0.5, 1.9, 18. Radii of the generated ones: 1, 1, 2.4, 16.1, so all real ones are within.
        Manifolds found = Manifolds.of(real, generated, 1, Progress.SILENT);
        assertEquals(0.75, found.precision());
        assertEquals(1, found.recall());
        Manifolds swapped = Manifolds.of(generated, real, 1, Progress.SILENT);
        assertEquals(1, swapped.precision());
        assertEquals(0.75, swapped.recall());
    }

    @Test
    void missingModesCostRecallAndStrayOnesPrecision() {
        float[][] near = normals(300, 3, 5);
        float[][] far = mapped(normals(300, 3, 6), 1, 50);
        float[][] both = new float[600][];
        System.arraycopy(near, 0, both, 0, 300);
        System.arraycopy(far, 0, both, 300, 300);
        float[][] others = normals(400, 3, 7);
        Manifolds missing = Manifolds.of(both, others, 3, Progress.SILENT);
        Manifolds stray = Manifolds.of(others, both, 3, Progress.SILENT);
        assertTrue(missing.precision() > 0.85, missing.toString());
        assertTrue(missing.recall() > 0.42 && missing.recall() <= 0.5, missing.toString());
        assertEquals(missing.precision(), stray.recall());
        assertEquals(missing.recall(), stray.precision());
        assertEquals(new Manifolds(1, 1), Manifolds.of(near, near, 3, Progress.SILENT));
        assertEquals(new Manifolds(0, 0), Manifolds.of(near, far, 3, Progress.SILENT));
    }
}
