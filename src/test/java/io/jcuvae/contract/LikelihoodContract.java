package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What every backend must do for the likelihoods beside Bernoulli and Gaussian; part of {@link OpsContract}. */
public interface LikelihoodContract {
    /** See {@link OpsContract#backend}. */
    Backend backend();

    /** See {@link OpsContract#precision}. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    // ---- against the oracle

    /** Rows, widths, and runs that divide them. */
    int[][] RUNS = {{1, 1, 1}, {1, 31, 31}, {31, 1, 1}, {7, 33, 3}, {7, 33, 1}, {33, 12, 12}, {3, 1030, 1030}};

    @Test
    @Covers({"densityRows", "densityBackward", "density", "densityMean"})
    default void scoresDensities() {
        for (Density density : Density.values()) {
            for (int levels : density == Density.CATEGORICAL ? new int[] {2, 3, 17} : new int[] {0}) {
                int parameters = LikelihoodScenarios.parameters(density, levels);
                for (int[] s : RUNS) {
                    compare(LikelihoodScenarios.score(density, s[0], s[1], parameters, s[2], true, false));
                    compare(LikelihoodScenarios.score(density, s[0], s[1], parameters, s[2], false, true));
                    compare(LikelihoodScenarios.score(density, s[0], s[1], parameters, s[2], true, true));
                    compare(LikelihoodScenarios.mean(density, s[0], s[1], parameters, s[2]));
                }
            }
        }
    }

    @Test
    @Covers({"laplaceRows", "laplaceBackward"})
    default void scoresLaplace() {
        for (int[] s : new int[][] {{1, 1}, {1, 31}, {31, 1}, {33, 31}, {1, 1031}, {257, 20}}) {
            for (double logscale : new double[] {-8, -1.3, 0, 5}) {
                compare(LikelihoodScenarios.laplaceRows(s[0], s[1], logscale));
                compare(LikelihoodScenarios.laplaceBackward(s[0], s[1], logscale));
            }
        }
    }

    // ---- limits

    /** log C = log(2 atanh(1 - 2 p) / (1 - 2 p)), the form it is published in, on both sides of p = 1/2 and close to it. */
    @Test
    @Covers("densityRows")
    default void continuousBernoulliHasItsNormalizer() {
        float[] logits = {1e-30f, -1e-6f, 1e-3f, -0.01f, 0.1f, -0.49f, 0.51f, 0.99f, -1.01f, 2, -3, 5, 8};
        for (float x : new float[] {0, 0.3f, 1}) {
            double[] got = rows(Density.CONTINUOUS_BERNOULLI, logits, x);
            for (int i = 0; i < logits.length; i++) {
                double l = logits[i];
                double p = 1 / (1 + Math.exp(-l));
                double y = Math.tanh(-l / 2);
                double logC = Math.abs(l) < 1e-2 ? Math.log(2) + y * y / 3 : Math.log(Math.log((1 + y) / (1 - y)) / y);
                double want = -logC - x * Math.log(p) - (1 - x) * Math.log(1 - p);
                assertEquals(want, got[i], 1e-6 * (1 + Math.abs(l)), "logit " + l + ", x = " + x);
            }
        }
    }

    @Test
    @Covers({"density", "densityMean"})
    default void farLogitsStayFinite() {
        float[] logits = {0, 80, -80, 88.8f, -88.8f, 1e4f, -1e4f, 1e30f, -1e30f};
        for (float x : new float[] {0, 1}) {
            Tensor output = column(logits);
            Tensor rows = column(new float[logits.length]).reshape(Shape.of(logits.length));
            Tensor gradient = column(new float[logits.length]);
            Tensor weights = rows(1, logits.length);
            backend()
                    .ops()
                    .density(
                            rows, gradient, output, filled(x, logits.length), weights, Density.CONTINUOUS_BERNOULLI, 1);
            backend().ops().densityMean(output, output, Density.CONTINUOUS_BERNOULLI, 1);
            for (int i = 0; i < logits.length; i++) {
                double l = logits[i];
                double a = Math.abs(l);
                double mean = l == 0 ? 0.5 : l > 0 ? 1 - 1 / a : 1 / a;
                double wantRow = l == 0 ? 0 : Math.max(l, 0) - l * x + Math.log(-Math.expm1(-a) / a);
                assertEquals(wantRow, Access.values(backend(), rows)[i], 1e-6 * (1 + Math.abs(wantRow)), "row " + l);
                assertEquals(mean, Access.values(backend(), output)[i], 1e-6, "mean " + l);
                assertEquals(mean - x, Access.values(backend(), gradient)[i], 1e-6, "gradient " + l);
            }
        }
    }

    /** Two levels are a Bernoulli with the difference of their logits. */
    @Test
    @Covers({"density", "densityMean"})
    default void twoLevelsAreBernoulli() {
        float[] differences = {-80, -3, -0.1f, 0, 0.7f, 5, 80};
        int n = differences.length;
        float[] pairs = new float[2 * n];
        for (int i = 0; i < n; i++) {
            pairs[2 * i] = 0.25f;
            pairs[2 * i + 1] = 0.25f + differences[i];
            differences[i] = pairs[2 * i + 1] - pairs[2 * i];
        }
        for (float x : new float[] {0, 1}) {
            Tensor rows = rows(0, n);
            Tensor want = rows(0, n);
            Tensor gradient = column(new float[2 * n]).reshape(Shape.of(n, 2));
            Tensor wantGradient = column(new float[n]);
            Tensor output = column(pairs).reshape(Shape.of(n, 2));
            Tensor mean = column(new float[n]);
            backend().ops().density(rows, gradient, output, filled(x, n), rows(0.5f, n), Density.CATEGORICAL, 1);
            backend().ops().densityMean(mean, output, Density.CATEGORICAL, 1);
            backend().ops().bernoulli(want, wantGradient, column(differences), filled(x, n), rows(0.5f, n));
            for (int i = 0; i < n; i++) {
                double row = Access.values(backend(), want)[i];
                double slope = Access.values(backend(), wantGradient)[i];
                assertEquals(row, Access.values(backend(), rows)[i], 1e-6 * (1 + row), "row " + i);
                assertEquals(slope, Access.values(backend(), gradient)[2 * i + 1], 1e-6, "gradient " + i);
                assertEquals(-slope, Access.values(backend(), gradient)[2 * i], 1e-6, "gradient " + i);
                assertEquals(2 * slope + x, Access.values(backend(), mean)[i], 1e-6, "mean " + i);
            }
        }
    }

    /** The levels share all of the mass, and where a difference of sigmoids has digits, each has that. */
    @Test
    @Covers("densityRows")
    default void theLevelsOfALogisticShareItsMass() {
        for (float[] shape : new float[][] {{0.5f, -2}, {0.1f, -6.5f}, {1.3f, -3}, {-40, 0}, {0.3f, 6}, {0.7f, -30}}) {
            double total = 0;
            double expected = 0;
            double scale = Math.exp(ReferenceDensity.logScale(shape[1]));
            float[] parameters = new float[2 * Density.LEVELS];
            float[] levels = new float[Density.LEVELS];
            for (int k = 0; k < Density.LEVELS; k++) {
                System.arraycopy(shape, 0, parameters, 2 * k, 2);
                levels[k] = k / 255f;
            }
            Tensor rows = rows(0, Density.LEVELS);
            Tensor output = column(parameters).reshape(Shape.of(Density.LEVELS, 2));
            backend().ops().densityRows(rows, output, column(levels), Density.DISCRETIZED_LOGISTIC, 1);
            double[] nll = Access.values(backend(), rows);
            for (int k = 0; k < Density.LEVELS; k++) {
                double p = Math.exp(-nll[k]);
                double above = k == 255 ? 1 : 1 / (1 + Math.exp(-((k + 0.5) / 255 - shape[0]) / scale));
                double below = k == 0 ? 0 : 1 / (1 + Math.exp(-((k - 0.5) / 255 - shape[0]) / scale));
                assertEquals(above - below, p, 2e-4 * p + 1e-7, Arrays.toString(shape) + ", level " + k);
                total += p;
                expected += p * k / 255;
            }
            assertEquals(1, total, 1e-4, Arrays.toString(shape));
            Tensor mean = filled(0, 1);
            backend().ops().densityMean(mean, column(shape).reshape(Shape.of(1, 2)), Density.DISCRETIZED_LOGISTIC, 1);
            assertEquals(expected, Access.values(backend(), mean)[0], 0.5 / 255 + 1e-4, Arrays.toString(shape));
        }
    }

    /** A broken parameter shows in its row's term, and in no other row's. */
    @Test
    @Covers({"densityRows", "laplaceRows"})
    default void brokenParametersShow() {
        for (float broken : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            for (Density density : Density.values()) {
                int parameters = LikelihoodScenarios.parameters(density, 3);
                for (int p = 0; p < parameters; p++) {
                    float[] values = new float[3 * parameters];
                    values[parameters + p] = broken;
                    Tensor rows = rows(7, 3);
                    Tensor output = column(values).reshape(Shape.of(3, parameters));
                    backend().ops().densityRows(rows, output, filled(0.5f, 3), density, 1);
                    onlyTheSecond(density + ", parameter " + p, rows);
                }
            }
            Tensor rows = rows(7, 3);
            backend().ops().laplaceRows(rows, column(0, broken, 0), filled(0.5f, 3), rows(0, 1));
            onlyTheSecond("laplace", rows);
        }
    }

    private void onlyTheSecond(String what, Tensor sums) {
        double[] rows = Access.values(backend(), sums);
        assertTrue(Double.isFinite(rows[0]) && Double.isFinite(rows[2]), what + ": " + Arrays.toString(rows));
        assertFalse(Double.isFinite(rows[1]), what + ": " + Arrays.toString(rows));
    }

    // ---- small tensors

    /** One value's row for each set of parameters. */
    private double[] rows(Density density, float[] parameters, float x) {
        int count = LikelihoodScenarios.parameters(density, 2);
        int n = parameters.length / count;
        Tensor rows = rows(0, n);
        backend().ops().densityRows(rows, column(parameters).reshape(Shape.of(n, count)), filled(x, n), density, 1);
        return Access.values(backend(), rows);
    }

    private Tensor rows(float value, int count) {
        return filled(value, count).reshape(Shape.of(count));
    }

    private Tensor filled(float value, int count) {
        float[] values = new float[count];
        Arrays.fill(values, value);
        return column(values);
    }

    /** [n, 1]. */
    private Tensor column(float... values) {
        Tensor tensor = Tensor.of(backend().allocate(ElementType.F32, values.length), Shape.of(values.length, 1));
        backend().upload(tensor, values, 0);
        return tensor;
    }
}
