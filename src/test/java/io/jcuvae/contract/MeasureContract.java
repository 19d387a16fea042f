package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** What every backend must do to measure log-likelihoods; part of {@link OpsContract}. */
public interface MeasureContract {
    /** See {@link OpsContract#backend}. */
    Backend backend();

    /** See {@link OpsContract#precision}. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    /** Widths around the blocks in which the factors are multiplied up. */
    @Test
    @Covers("bernoulliDraws")
    default void scoresDraws() {
        int[][] shapes = {{1, 1, 1}, {3, 1, 31}, {1, 5, 257}, {2, 3, 784}, {5, 2, 33}, {2, 2, 1025}, {1, 2, 2500}};
        for (int[] s : shapes) {
            for (double size : new double[] {3, 20, 80, 1e4}) {
                compare(MeasureScenarios.bernoulliDraws(s[0], s[1], s[2], size));
            }
        }
    }

    /** Every factor is two: the products of a row must not overflow. */
    @Test
    @Covers("bernoulliDraws")
    default void scoresZeros() {
        for (int width : new int[] {784, 1024, 5000}) {
            compare(MeasureScenarios.bernoulliDraws(2, 2, width, 0));
        }
    }

    @Test
    @Covers({"startWeights", "addWeights", "meanWeight"})
    default void addsWeights() {
        for (int samples : new int[] {1, 31, 300}) {
            compare(MeasureScenarios.startWeights(samples));
            compare(MeasureScenarios.meanWeight(samples));
        }
        for (int[] s : new int[][] {{1, 1, 1}, {1, 33, 31}, {7, 5, 5}, {3, 1031, 1000}, {31, 64, 1}}) {
            for (boolean first : new boolean[] {true, false}) {
                compare(MeasureScenarios.addWeights(s[0], s[1], s[2], 1, first));
                // One outweighs all others by more than the range of exp.
                compare(MeasureScenarios.addWeights(s[0], s[1], s[2], 300, first));
            }
        }
    }

    /** Weights of zero add nothing, alone or beside others; what is not a number is not forgotten. */
    @Test
    @Covers({"startWeights", "addWeights", "meanWeight"})
    default void weightsOfZeroAndBrokenOnes() {
        float infinite = Float.POSITIVE_INFINITY;
        assertEquals(Math.log(2), nll(new float[][] {{0, infinite}}), 1e-6);
        assertEquals(Math.log(4), nll(new float[][] {{infinite, infinite}, {infinite, 0}}), 1e-6);
        assertEquals(Math.log(4), nll(new float[][] {{infinite, 0}, {infinite, infinite}}), 1e-6);
        assertEquals(Double.POSITIVE_INFINITY, nll(new float[][] {{infinite, infinite}}));
        assertEquals(Double.NaN, nll(new float[][] {{Float.NaN, 0}, {0, 0}}));
        assertEquals(Double.NaN, nll(new float[][] {{infinite, infinite}, {0, Float.NaN}}));
        assertEquals(Double.NaN, nll(new float[][] {{Float.NaN, Float.NaN}, {infinite, 0}}));
    }

    private double nll(float[][] parts) {
        Backend backend = backend();
        Tensor state = Tensor.of(backend.allocate(ElementType.F64, 2), Shape.of(1, 2));
        int draws = parts[0].length;
        Tensor rows = Tensor.of(backend.allocate(ElementType.F32, draws), Shape.of(draws));
        Tensor ratio = Tensor.of(backend.allocate(ElementType.F32, draws), Shape.of(draws));
        Tensor loss = Tensor.of(backend.allocate(ElementType.F32, 1), Shape.of(1));
        backend.ops().fill(ratio, 0);
        backend.ops().startWeights(state);
        for (float[] part : parts) {
            backend.upload(rows, part, 0);
            backend.ops().addWeights(state, rows, ratio, draws);
        }
        backend.ops().meanWeight(loss, state, (long) parts.length * draws);
        return Access.values(backend, loss)[0];
    }
}
