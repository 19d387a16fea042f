package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import org.junit.jupiter.api.Test;

/** What every backend must do for learned priors. */
public interface PriorContract {
    /** Samples, draws, components and latents: single ones, around a warp, primes, more than one block. */
    int[][] MIXTURES = {
        {1, 1, 1, 1}, {1, 5, 31, 2}, {33, 1, 1, 7}, {7, 3, 33, 31}, {5, 2, 100, 20}, {131, 1, 7, 33}, {300, 1, 2, 3}
    };

    /** The backend under test. */
    Backend backend();

    /** Of its matrix products. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    /** Also where one component outweighs all others by more than the range of exp, and where codes are far from all of them. */
    @Test
    @Covers("mixtureLogRatio")
    default void weighsCodesByAMixture() {
        for (int[] s : MIXTURES) {
            for (boolean weighted : new boolean[] {false, true}) {
                compare(PriorScenarios.mixtureLogRatio(s[0], s[1], s[2], s[3], weighted, 1));
                compare(PriorScenarios.mixtureLogRatio(s[0], s[1], s[2], s[3], weighted, 30));
            }
        }
    }

    @Test
    @Covers("mixtureLogRatioBackward")
    default void leadsBackToTheMixture() {
        for (int[] s : MIXTURES) {
            compare(PriorScenarios.mixtureLogRatioBackward(s[0] * s[1], s[2], s[3], false));
            compare(PriorScenarios.mixtureLogRatioBackward(s[0] * s[1], s[2], s[3], true));
        }
    }

    @Test
    @Covers("meanOfDraws")
    default void averagesOverDraws() {
        for (int[] s : MIXTURES) {
            compare(PriorScenarios.meanOfDraws(s[0], s[1], -1));
        }
        compare(PriorScenarios.meanOfDraws(1031, 7, 0.5f));
    }

    @Test
    @Covers({"clamp", "clampBackward"})
    default void holdsValuesWithinBounds() {
        for (int count : new int[] {1, 31, 33, 1031}) {
            for (float high : new float[] {1, Float.POSITIVE_INFINITY}) {
                compare(PriorScenarios.clamp(count, high));
                compare(PriorScenarios.clampBackward(count, high));
            }
        }
    }
}
