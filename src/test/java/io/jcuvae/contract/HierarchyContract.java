package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import org.junit.jupiter.api.Test;

/** What every backend must do for a second stochastic layer; part of {@link OpsContract}. */
public interface HierarchyContract {
    /** Rows and widths: single ones, around a warp, primes, more than one block. */
    int[][] CODES = {{1, 1}, {1, 31}, {33, 1}, {31, 7}, {257, 33}, {7, 600}, {1031, 3}};

    /** See {@link OpsContract#backend}. */
    Backend backend();

    /** See {@link OpsContract#precision}. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    @Test
    @Covers({"conditionalPrior", "conditionalPriorBackward"})
    default void makesThePriorDependOnACode() {
        for (int[] s : CODES) {
            compare(HierarchyScenarios.conditionalPrior(s[0], s[1]));
            compare(HierarchyScenarios.conditionalPriorBackward(s[0], s[1]));
        }
    }

    @Test
    @Covers("meanDivergence")
    default void averagesTheDraws() {
        for (int[] s : CODES) {
            compare(HierarchyScenarios.meanDivergence(s[0], s[1]));
        }
    }

    @Test
    @Covers("splitColumns")
    default void partsColumns() {
        for (int[] s : CODES) {
            compare(HierarchyScenarios.splitColumns(s[0], s[1], 5));
            compare(HierarchyScenarios.splitColumns(s[0], 3, s[1]));
        }
    }
}
