package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HeldOutDiscrepancyTest {
    private static double[][] normal(int rows, int latents, double mean, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] codes = new double[rows][latents];
        for (double[] code : codes) {
            Arrays.setAll(code, d -> mean + random.nextGaussian());
        }
        return codes;
    }

    /** Two codes of one latent, by hand: distances 1 within, 4 within the others, 9, 25, 4 and 16 across; C = 2 s. */
    @Test
    void isTheEstimateOfFewCodes() {
        double want = kernel(1) + kernel(4) - 0.5 * (kernel(9) + kernel(25) + kernel(4) + kernel(16));
        assertEquals(want, HeldOutDiscrepancy.between(new double[][] {{0}, {1}}, new double[][] {{3}, {5}}), 1e-6);
    }

    private static double kernel(double distance) {
        double sum = 0;
        for (double c : new double[] {0.2, 0.4, 1, 2, 4, 10, 20}) {
            sum += c / (c + distance);
        }
        return sum;
    }

    @Test
    void growsWithTheDistanceOfTwoDistributions() {
        double[][] prior = normal(400, 3, 0, 1);
        double none = HeldOutDiscrepancy.between(normal(400, 3, 0, 2), prior);
        double some = HeldOutDiscrepancy.between(normal(400, 3, 0.5, 3), prior);
        double much = HeldOutDiscrepancy.between(normal(400, 3, 3, 4), prior);
        assertTrue(Math.abs(none) < 0.02 && some > 0.05 && much > 5 * some, none + " " + some + " " + much);
    }
}
