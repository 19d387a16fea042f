package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import org.junit.jupiter.api.Test;

/** What every backend must do with codebooks; part of {@link OpsContract}. */
public interface CodebookContract {
    /** See {@link OpsContract#backend}. */
    Backend backend();

    /** See {@link OpsContract#precision}. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    @Test
    @Covers("codeNorms")
    default void squaresCodes() {
        for (int[] s : new int[][] {{1, 1}, {1, 33}, {31, 2}, {33, 31}, {257, 64}, {5, 601}}) {
            compare(CodebookScenarios.codeNorms(s[0], s[1]));
        }
    }

    /** Of equal distances the first counts, wherever it lies. */
    @Test
    @Covers("leastDistances")
    default void findsTheLeast() {
        for (int[] s : new int[][] {{1, 1}, {1, 33}, {31, 2}, {33, 31}, {257, 64}, {5, 601}}) {
            compare(CodebookScenarios.leastDistances(s[0], s[1], false));
            compare(CodebookScenarios.leastDistances(s[0], s[1], true));
        }
    }

    @Test
    @Covers("nearestCodes")
    default void findsTheNearest() {
        for (int[] s : new int[][] {{1, 1, 1}, {33, 4, 1}, {31, 16, 2}, {257, 64, 3}, {40, 300, 17}}) {
            compare(CodebookScenarios.nearestCodes(s[0], s[1], s[2]));
        }
    }

    /** Rows, slots, values of a slot, codes. */
    @Test
    @Covers("lookUpCodes")
    default void looksUp() {
        for (int[] s : new int[][] {{1, 1, 1, 1}, {31, 3, 2, 5}, {33, 1, 65, 7}, {5, 49, 4, 33}, {3, 2, 301, 2}}) {
            compare(CodebookScenarios.lookUpCodes(s[0], s[1], s[2], s[3]));
        }
    }

    @Test
    @Covers("straightThrough")
    default void passesGradients() {
        for (int[] s : new int[][] {{1, 1}, {31, 3}, {33, 64}, {257, 5}}) {
            compare(CodebookScenarios.straightThrough(s[0], s[1]));
        }
    }

    /** Slots, codes and their size; at the start every code without slots is dead, and a threshold of 0 revives no other. */
    @Test
    @Covers("trackCodes")
    default void followsSlots() {
        for (int[] s : new int[][] {{1, 1, 1}, {7, 1, 3}, {3, 31, 2}, {64, 33, 5}, {257, 12, 40}, {31, 5, 70}}) {
            compare(CodebookScenarios.trackCodes(s[0], s[1], s[2], 0.05f, 7, false));
            compare(CodebookScenarios.trackCodes(s[0], s[1], s[2], 0.05f, 0, false));
            compare(CodebookScenarios.trackCodes(s[0], s[1], s[2], 0, 3, false));
            compare(CodebookScenarios.trackCodes(s[0], s[1], s[2], 0.05f, 7, true));
        }
    }
}
