package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import org.junit.jupiter.api.Test;

/** What every backend must do for codes that are compared with draws from the prior. */
public interface DiscrepancyContract {
    /** Rows and latents: single ones, around a warp, primes, more than one block. */
    int[][] CODES = {{1, 1}, {1, 31}, {2, 1}, {33, 1}, {31, 7}, {67, 33}, {3, 300}, {150, 3}};

    /** The backend under test. */
    Backend backend();

    /** Of its matrix products. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    /** Also of codes that are nowhere near the prior, and of some that are all but equal. */
    @Test
    @Covers("discrepancy")
    default void comparesCodesWithThePrior() {
        for (int[] s : CODES) {
            for (double spread : new double[] {1, 1e3, 1e-4}) {
                compare(DiscrepancyScenarios.discrepancy(s[0], s[1], spread));
            }
        }
    }

    @Test
    @Covers("discrepancyBackward")
    default void drawsCodesToThePrior() {
        for (int[] s : CODES) {
            compare(DiscrepancyScenarios.discrepancyBackward(s[0], s[1]));
        }
    }
}
