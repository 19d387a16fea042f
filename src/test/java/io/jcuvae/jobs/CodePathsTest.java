package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CodePathsTest {
    /** Values of the normal distribution from tables (Abramowitz, Stegun 1964, table 26.5). */
    @Test
    void quantilesAreThoseOfTheNormalDistribution() {
        assertEquals(0, CodePaths.quantile(0.5), 1e-15);
        assertEquals(1.959963984540054, CodePaths.quantile(0.975), 1e-12);
        assertEquals(-2.326347874040841, CodePaths.quantile(0.01), 1e-12);
        double[] four = CodePaths.quantiles(4);
        assertArrayEquals(
                new double[] {-1.1503493803760079, -0.3186393639643752, 0.3186393639643752, 1.1503493803760079},
                four,
                1e-12);
    }

    @Test
    void aGridGrowsToTheRightAndUpwards() {
        float[] codes = CodePaths.grid(
                new float[] {7, 0, 9}, 2, 1, new double[] {0, 10, 20}, new double[] {1, 2, 3}, new double[] {-1, 1});
        assertArrayEquals(new float[] {7, 12, 17, 7, 12, 23, 7, 8, 17, 7, 8, 23}, codes);
    }

    @Test
    void aTraversalMovesOneLatentOfALine() {
        float[] codes = CodePaths.traversal(
                new float[] {4, 5}, new int[] {1, 0}, new double[] {0, 1}, new double[] {1, 2}, new double[] {-3, 0, 3
                });
        assertArrayEquals(new float[] {4, -5, 4, 1, 4, 7, -3, 5, 0, 5, 3, 5}, codes);
    }

    @Test
    void aLineIsEvenAndAnArcKeepsItsDistance() {
        float[] a = {3, 0, 0};
        float[] b = {0, 3, 0};
        assertArrayEquals(new float[] {3, 0, 0, 1.5f, 1.5f, 0, 0, 3, 0}, CodePaths.line(a, b, 3));
        float[] arc = CodePaths.arc(a, b, 4);
        for (int k = 0; k < 4; k++) {
            double angle = k * Math.PI / 6;
            assertEquals(3 * Math.cos(angle), arc[3 * k], 1e-6);
            assertEquals(3 * Math.sin(angle), arc[3 * k + 1], 1e-6);
        }
    }

    /** Where no arc is marked out, the line takes its place; no value is NaN. */
    @Test
    void endsWithoutAnArcGetTheLine() {
        float[] a = {1, 2};
        for (float[] b : new float[][] {{2, 4}, {-1, -2}, {0, 0}, {1, 2}}) {
            assertArrayEquals(CodePaths.line(a, b, 5), CodePaths.arc(a, b, 5));
            assertArrayEquals(CodePaths.line(b, a, 5), CodePaths.arc(b, a, 5));
        }
        assertTrue(CodePaths.arc(new float[] {1e-20f, 0}, new float[] {0, 1e-20f}, 3)[2] >= 0);
    }
}
