package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What every backend must do about norms and dropout; a part of {@link OpsContract}. */
public interface NormContract {
    /** The backend under test. */
    Backend backend();

    /** Of its matrix products. */
    Precision precision();

    /**
     * Rows and columns: one of either, around a vector and a warp, primes, more rows than a block takes and a last tile that is
     * not full, more columns than a block has.
     */
    int[][] COLUMNS = {
        {2, 1}, {1031, 1}, {2, 31}, {33, 31}, {7, 33}, {509, 3}, {4099, 2}, {257, 20}, {13, 785}, {521, 37}
    };

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    @Test
    @Covers("columnMoments")
    default void computesMomentsOfColumns() {
        for (int[] s : COLUMNS) {
            compare(NormScenarios.columnMoments(s[0], s[1], 0));
        }
        compare(NormScenarios.columnMoments(1, 33, 0));
    }

    /** Where the mean is a thousand times the deviation, a difference of squares would keep nothing of the variance. */
    @Test
    @Covers("columnMoments")
    default void momentsOfColumnsFarFromZero() {
        compare(NormScenarios.columnMoments(1031, 3, 1e3));
        compare(NormScenarios.columnMoments(257, 40, -1e4));
    }

    /** A channel that is the same everywhere has no variance, not a little less or more than none. */
    @Test
    @Covers("columnMoments")
    default void constantColumnsHaveNoVariance() {
        Backend backend = backend();
        for (int[] s : new int[][] {{7, 3}, {1031, 1}, {521, 37}}) {
            Tensor x = drawn(backend, s[0], s[1], 5);
            backend.ops().fill(x, 0.1f);
            Tensor mean = drawn(backend, s[1], 1, 1);
            Tensor variance = drawn(backend, s[1], 1, 1);
            backend.ops().columnMoments(mean, variance, x);
            assertArrayEquals(filled(s[1], 0.1f), Access.values(backend, mean));
            assertArrayEquals(filled(s[1], 0), Access.values(backend, variance));
        }
    }

    private static double[] filled(int count, double value) {
        double[] values = new double[count];
        Arrays.fill(values, value);
        return values;
    }

    @Test
    @Covers("normalizeColumns")
    default void normalizesColumns() {
        for (int[] s : COLUMNS) {
            compare(NormScenarios.normalizeColumns(s[0], s[1]));
        }
        compare(NormScenarios.normalizeColumns(1, 33));
    }

    @Test
    @Covers("batchNormBackward")
    default void normalizesBatchesBackward() {
        for (int[] s : COLUMNS) {
            compare(NormScenarios.batchNormBackward(s[0], s[1], true));
        }
        compare(NormScenarios.batchNormBackward(33, 31, false));
    }

    @Test
    @Covers("trackMoments")
    default void tracksMoments() {
        for (int width : new int[] {1, 31, 1031}) {
            compare(NormScenarios.trackMoments(width, 5, false));
            compare(NormScenarios.trackMoments(width, 5, true));
        }
        // The count carries, and goes on counting where a float alone would stay.
        compare(NormScenarios.trackMoments(3, ParameterLayout.COUNTER_BASE - 1, false));
        compare(NormScenarios.trackMoments(3, (1L << 40) + 3, false));
    }

    @Test
    @Covers("layerNorm")
    default void normalizesRows() {
        for (int[] s : new int[][] {{1, 1}, {1, 31}, {31, 1}, {33, 31}, {7, 33}, {1031, 3}, {257, 20}, {5, 1031}}) {
            compare(NormScenarios.layerNorm(s[0], s[1], 0));
        }
        compare(NormScenarios.layerNorm(33, 67, 1e3));
    }

    @Test
    @Covers("layerNormBackward")
    default void normalizesRowsBackward() {
        for (int[] s : new int[][] {{1, 1}, {1, 31}, {31, 1}, {33, 31}, {7, 33}, {1031, 3}, {257, 20}, {5, 1031}}) {
            compare(NormScenarios.layerNormBackward(s[0], s[1], true));
        }
        compare(NormScenarios.layerNormBackward(33, 31, false));
    }

    /** What only looks must see a row the same whatever is beside it: to the bit, and wherever in memory it lies. */
    @Test
    @Covers({"normalizeColumns", "layerNorm"})
    default void rowsDoNotDependOnOthers() {
        Backend backend = backend();
        for (int[] s : new int[][] {{37, 5}, {131, 33}, {7, 301}}) {
            int rows = s[0];
            int width = s[1];
            Tensor x = drawn(backend, rows, width, 1);
            Tensor[] vectors = new Tensor[4];
            Arrays.setAll(vectors, i -> drawn(backend, 1, width, 2 + i).reshape(Shape.of(width)));
            backend.ops().multiply(vectors[1], vectors[1], vectors[1]);
            Tensor columns = drawn(backend, rows, width, 9);
            Tensor normed = drawn(backend, rows, width, 9);
            Tensor mean = drawn(backend, rows, 1, 9);
            Tensor deviation = drawn(backend, rows, 1, 9);
            backend.ops().normalizeColumns(columns, x, vectors[0], vectors[1], vectors[2], vectors[3], 1e-5f);
            backend.ops().layerNorm(normed, mean, deviation, x, vectors[2], vectors[3], 1e-5f);
            for (int r : new int[] {0, 1, rows / 2, rows - 1}) {
                Tensor alone = x.view((long) r * width, Shape.of(1, width));
                Tensor y = drawn(backend, 1, width, 9);
                backend.ops().normalizeColumns(y, alone, vectors[0], vectors[1], vectors[2], vectors[3], 1e-5f);
                assertArrayEquals(
                        Access.values(backend, columns.view((long) r * width, Shape.of(width))),
                        Access.values(backend, y),
                        "normalizeColumns, row " + r + " of " + rows + "x" + width);
                Tensor one = mean.view(0, Shape.of(1));
                backend.ops().layerNorm(y, one, deviation.view(0, Shape.of(1)), alone, vectors[2], vectors[3], 1e-5f);
                assertArrayEquals(
                        Access.values(backend, normed.view((long) r * width, Shape.of(width))),
                        Access.values(backend, y),
                        "layerNorm, row " + r + " of " + rows + "x" + width);
            }
        }
    }

    @Test
    @Covers({"dropoutMask", "dropout", "multiply"})
    default void dropsOut() {
        for (int[] s : new int[][] {{1, 1}, {1, 31}, {31, 1}, {33, 31}, {7, 33}, {1031, 3}, {13, 785}}) {
            // From places before, at and after the beginning of a group of four draws, and from far on.
            for (long rowsTrained : new long[] {0, 1, 2, 7, (1L << 33) + 5}) {
                compare(NormScenarios.dropoutMask(s[0], s[1], 0.25f, rowsTrained));
            }
            compare(NormScenarios.dropout(s[0], s[1], 0.5f, 3));
            compare(NormScenarios.multiply(s[0] * s[1]));
        }
        compare(NormScenarios.dropout(33, 31, 0, 3));
        compare(NormScenarios.dropout(33, 31, 0.999f, 3));
    }

    /** As many zeros as the rate says, and other ones for later rows and for another key. */
    @Test
    @Covers("dropoutMask")
    default void masksAreDrawnAtTheirRate() {
        Backend backend = backend();
        int rows = 100;
        int width = 301;
        for (float rate : new float[] {0.1f, 0.5f, 0.9f}) {
            double[][] masks = {
                mask(backend, rows, width, rate, 0, 1),
                mask(backend, rows, width, rate, rows, 1),
                mask(backend, rows, width, rate, 0, 2)
            };
            for (double[] mask : masks) {
                double zeros = Arrays.stream(mask).filter(v -> v == 0).count();
                // Five standard deviations of a binomial.
                assertEquals(rate, zeros / mask.length, 5 * Math.sqrt(rate * (1 - rate) / mask.length));
                assertEquals(
                        1, Arrays.stream(mask).average().orElseThrow(), 5 * Math.sqrt(rate / (1 - rate) / mask.length));
            }
            for (int i = 0; i < 2; i++) {
                // Independent masks agree in a share of rate^2 + (1 - rate)^2.
                double[] other = masks[i + 1];
                int alike = 0;
                for (int k = 0; k < other.length; k++) {
                    alike += other[k] == masks[0][k] ? 1 : 0;
                }
                double share = rate * rate + (1 - rate) * (1 - rate);
                assertEquals(share, (double) alike / other.length, 5 * Math.sqrt(share * (1 - share) / other.length));
            }
            // Rows of a batch that began earlier are the same rows.
            double[] shifted = mask(backend, rows, width, rate, 7, 1);
            assertArrayEquals(
                    Arrays.copyOfRange(masks[0], 7 * width, rows * width), Arrays.copyOf(shifted, (rows - 7) * width));
        }
    }

    private static double[] mask(Backend backend, int rows, int width, float rate, long rowsTrained, long key) {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.ROWS_TRAINED.ordinal()] = rowsTrained;
        backend.upload(scalars, slots);
        Tensor mask = drawn(backend, rows, width, 1);
        backend.ops().dropoutMask(mask, scalars, rate, key);
        return Access.values(backend, mask);
    }

    private static Tensor drawn(Backend backend, int rows, int width, long seed) {
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, (long) rows * width), Shape.of(rows, width));
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[rows * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        backend.upload(tensor, values, 0);
        return tensor;
    }
}
