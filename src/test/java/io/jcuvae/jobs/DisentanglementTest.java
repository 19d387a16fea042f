package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** MIG, the score of FactorVAE and DCI on codes made by hand, whose answers are known. */
class DisentanglementTest {
    private static final int[] SIZES = {3, 4, 5};

    /** Every combination of the factors, some times. */
    private static List<float[]> grid(int times) {
        List<float[]> rows = new ArrayList<>();
        for (int t = 0; t < times; t++) {
            for (int a = 0; a < SIZES[0]; a++) {
                for (int b = 0; b < SIZES[1]; b++) {
                    for (int c = 0; c < SIZES[2]; c++) {
                        rows.add(new float[] {a, b, c});
                    }
                }
            }
        }
        return rows;
    }

    private interface Coder {
        float[] code(float[] factors, int row);
    }

    private static float[][] codes(List<float[]> rows, Coder coder) {
        float[][] codes = new float[rows.size()][];
        for (int n = 0; n < codes.length; n++) {
            codes[n] = coder.code(rows.get(n), n);
        }
        return codes;
    }

    private static Disentanglement measure(int times, Coder coder) {
        List<float[]> rows = grid(times);
        return Disentanglement.of(codes(rows, coder), Factors.of(rows, "here"), 5, Progress.SILENT);
    }

    /** In another order, at other scales, and beside a latent that says nothing: nothing of that matters. */
    @Test
    void perfectCodesScoreOne() {
        Disentanglement found = measure(25, (v, n) -> new float[] {-3 * v[2], v[0] + 7, 0, 0.5f * v[1]});
        assertEquals(1, found.gap(), 1e-12);
        assertEquals(1, found.factorScore());
        assertEquals(1, found.disentanglement(), 1e-12);
        assertEquals(1, found.completeness(), 1e-12);
        assertEquals(1, found.informativeness());
    }

    @Test
    void codesOfNoiseScoreNothing() {
        float[] noise = new float[4 * 60 * 50];
        Philox.fillNormal(noise, 0, noise.length, 3, 0);
        Disentanglement found =
                measure(50, (v, n) -> new float[] {noise[4 * n], noise[4 * n + 1], noise[4 * n + 2], noise[4 * n + 3]});
        assertTrue(found.gap() < 0.01, "MIG " + found.gap());
        // Each latent is the least by chance, and a third of the votes are for any factor.
        assertEquals(1 / 3., found.factorScore(), 0.05);
        assertTrue(found.disentanglement() < 0.05, "D " + found.disentanglement());
        assertTrue(found.completeness() < 0.05, "C " + found.completeness());
        double chance = (1 / 3. + 1 / 4. + 1 / 5.) / 3;
        assertEquals(chance, found.informativeness(), 0.05);
    }

    /** Two factors of equal size turned by 45 degrees: either latent knows as much of either as the other. */
    @Test
    void rotatedCodesHaveNoGap() {
        List<float[]> rows = new ArrayList<>();
        for (int t = 0; t < 20; t++) {
            for (int a = 0; a < 8; a++) {
                for (int b = 0; b < 8; b++) {
                    rows.add(new float[] {a, b});
                }
            }
        }
        Factors factors = Factors.of(rows, "here");
        float[][] turned = codes(rows, (v, n) -> new float[] {v[0] + v[1], v[0] - v[1]});
        Disentanglement found = Disentanglement.of(turned, factors, 1, Progress.SILENT);
        assertEquals(0, found.gap(), 1e-9);
        assertEquals(0.5, found.factorScore(), 0.06);
        assertTrue(found.disentanglement() < 0.1, "D " + found.disentanglement());
        assertTrue(found.completeness() < 0.1, "C " + found.completeness());
        assertTrue(found.informativeness() > 0.95, "both together say all: " + found.informativeness());
    }

    /** One latent for two factors, and one factor in two latents: only one of the two figures of DCI suffers. */
    @Test
    void disentanglementAndCompletenessAreTwoThings() {
        Disentanglement merged = measure(25, (v, n) -> new float[] {v[0] + 3 * v[1], v[2]});
        assertTrue(merged.completeness() > 0.99, "C " + merged.completeness());
        assertTrue(merged.disentanglement() < 0.85, "D " + merged.disentanglement());
        Disentanglement split = measure(25, (v, n) -> new float[] {v[0], (int) v[1] % 2, (int) v[1] / 2, v[2]});
        assertTrue(split.disentanglement() > 0.99, "D " + split.disentanglement());
        assertTrue(split.completeness() < 0.9, "C " + split.completeness());
    }

    private static float[] mixed(float[] v, int n) {
        return new float[] {
            (float) (v[0] + 0.3 * Math.sin(n)),
            (float) (v[1] * 0.5 + Math.cos(2. * n)),
            (float) (Math.sin(3. * n) + v[2] * 0.2),
            (float) Math.cos(5. * n)
        };
    }

    /** By numpy, from the same formulas in other words. */
    @Test
    void informationIsThatOfASecondImplementation() {
        List<float[]> rows = grid(4);
        Factors factors = Factors.of(rows, "here");
        double[][] found = Disentanglement.information(codes(rows, DisentanglementTest::mixed), factors);
        double[][] numpy = {
            {1.0986122887, 0.0377984344, 0.0341891081, 0.0351755501},
            {0.0232387094, 0.5265646953, 0.0759620643, 0.1358083191},
            {0.0422300638, 0.0385561466, 0.4073730076, 0.0306234078}
        };
        for (int f = 0; f < 3; f++) {
            assertArrayEquals(numpy[f], found[f], 1e-9);
        }
        assertEquals(0.4914471974939483, Disentanglement.gap(found, factors), 1e-12);
    }

    @Test
    void concentrationIsThatOfASecondImplementation() {
        double[][] rows = {{0.7, 0.2, 0.1}, {0.1, 0.1, 0.8}, {0, 0, 0}, {0.25, 0.5, 0.25}};
        assertEquals(0.24736226825427657, Disentanglement.concentration(rows, false), 1e-12);
        for (int k = 0; k < 3; k++) {
            rows[0][k] *= 3;
        }
        assertEquals(0.24736226825427657, Disentanglement.concentration(rows, false), 1e-12);
        assertEquals(0.25647868128772694, Disentanglement.concentration(rows, true), 1e-12);
    }

    @Test
    void equalSeedsGiveEqualFigures() {
        Disentanglement first = measure(5, DisentanglementTest::mixed);
        Disentanglement second = measure(5, DisentanglementTest::mixed);
        assertEquals(first.toJson(), second.toJson());
    }

    @Test
    void collapsedLatentsDoNotVote() {
        List<float[]> rows = grid(5);
        Factors factors = Factors.of(rows, "here");
        float[][] faint = codes(rows, (v, n) -> new float[] {0.01f * v[0], 0, 0});
        assertEquals(0, Disentanglement.factorScore(faint, factors, new SplittableRandom(1)));
    }

    @Test
    void factorsAreTheirValuesInOrder() {
        Factors factors = Factors.of(
                List.of(new float[] {0.5f, 7}, new float[] {-1, 7}, new float[] {3, 7}, new float[] {0.5f, 7}), "here");
        assertArrayEquals(new int[] {1, 0, 2, 1}, factors.classes()[0]);
        assertArrayEquals(new int[] {3, 1}, factors.sizes());
        assertEquals(1.5 * Math.log(2), factors.entropy(0), 1e-12);
        assertEquals(0, factors.entropy(1));
        UserError same =
                assertThrows(UserError.class, () -> Factors.of(List.of(new float[] {1}, new float[] {1}), "here"));
        assertTrue(same.getMessage().contains("no factor of here varies"), same.getMessage());
        List<float[]> many = new ArrayList<>();
        for (int i = 0; i < 1001; i++) {
            many.add(new float[] {i});
        }
        UserError continuous = assertThrows(UserError.class, () -> Factors.of(many, "here"));
        assertTrue(continuous.getMessage().contains("has 1001 values"), continuous.getMessage());
    }
}
