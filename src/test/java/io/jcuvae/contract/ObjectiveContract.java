package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import org.junit.jupiter.api.Test;

/** What every backend must do for objectives beside the ELBO. */
public interface ObjectiveContract {
    /** Samples, draws and latents: single ones, around a warp, primes, more than one block. */
    int[][] DRAWS = {{1, 1, 1}, {1, 5, 31}, {33, 1, 7}, {7, 31, 3}, {37, 5, 33}, {5, 64, 20}, {300, 3, 1}};

    /** The backend under test. */
    Backend backend();

    /** Of its matrix products. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    @Test
    @Covers("drawGaussian")
    default void drawsSeveralCodes() {
        for (int[] s : DRAWS) {
            compare(ObjectiveScenarios.drawGaussian(s[0], s[1], s[2]));
        }
    }

    /** Also where one draw outweighs all others by more than the range of exp. */
    @Test
    @Covers("importance")
    default void makesTheBound() {
        for (int[] s : DRAWS) {
            compare(ObjectiveScenarios.importance(s[0], s[1], 1, 3, false));
            compare(ObjectiveScenarios.importance(s[0], s[1], 0.3, 300, true));
        }
    }

    @Test
    @Covers("drawGaussianBackward")
    default void leadsBackThroughSeveralCodes() {
        for (int[] s : DRAWS) {
            compare(ObjectiveScenarios.drawGaussianBackward(s[0], s[1], s[2], false));
            compare(ObjectiveScenarios.drawGaussianBackward(s[0], s[1], s[2], true));
        }
    }
}
