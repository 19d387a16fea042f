package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import org.junit.jupiter.api.Test;

/** What every backend must do with labels; part of {@link OpsContract}. */
public interface ConditionContract {
    /** See {@link OpsContract#backend}. */
    Backend backend();

    /** See {@link OpsContract#precision}. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    @Test
    @Covers("gatherOneHot")
    default void gathersLabels() {
        for (int[] s : new int[][] {{1, 1, 1}, {1, 10, 7}, {31, 2, 40}, {33, 33, 5}, {257, 3, 100}}) {
            compare(ConditionScenarios.gatherOneHot(s[0], s[1], s[2]));
        }
    }

    /** Rows, samples of a row, columns in front and behind. */
    @Test
    @Covers("joinColumns")
    default void joinsColumns() {
        for (int[] s : new int[][] {{1, 1, 1, 1}, {1, 7, 3, 2}, {31, 1, 33, 10}, {5, 49, 1, 10}, {3, 2, 785, 33}}) {
            compare(ConditionScenarios.joinColumns(s[0], s[1], s[2], s[3]));
        }
    }

    @Test
    @Covers("firstColumns")
    default void takesTheFirstColumns() {
        for (int[] s : new int[][] {{1, 1, 1}, {1, 1, 11}, {31, 20, 30}, {33, 31, 64}, {257, 2, 3}, {5, 9, 9}}) {
            compare(ConditionScenarios.firstColumns(s[0], s[1], s[2]));
        }
    }
}
