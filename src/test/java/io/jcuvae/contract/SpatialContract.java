package io.jcuvae.contract;

import io.jcuvae.contract.SpatialScenarios.Case;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every backend must do with pictures. */
public interface SpatialContract {
    /** The backend under test. */
    Backend backend();

    /** Of its matrix products. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    /** One pixel, one channel, one sample; strides on odd sizes; kernels larger and smaller than the stride; every padding. */
    private static List<Case> cases() {
        return List.of(
                Case.of(1, 1, 1, 1, 1, 1, 0, 1, 1),
                Case.of(1, 1, 1, 3, 3, 2, 2, 5, 1),
                Case.of(2, 7, 5, 3, 3, 2, 1, 4, 1),
                Case.of(3, 9, 7, 1, 4, 2, 1, 5, 2),
                Case.of(3, 6, 6, 5, 4, 2, 1, 1, 3),
                Case.of(1, 6, 7, 2, 2, 3, 0, 3, 1),
                Case.of(2, 9, 4, 4, 2, 3, 1, 2, 2),
                Case.of(5, 4, 3, 5, 1, 1, 0, 7, 1),
                Case.of(2, 5, 4, 3, 1, 2, 0, 4, 2),
                Case.of(1, 3, 2, 2, 5, 1, 4, 2, 1),
                Case.of(2, 5, 5, 2, 5, 1, 0, 3, 1),
                Case.of(2, 6, 5, 1, 5, 3, 3, 3, 1),
                Case.of(2, 5, 4, 33, 3, 1, 1, 17, 2),
                Case.of(1, 2, 33, 1, 2, 2, 0, 1, 1));
    }

    @Test
    @Covers({"unfold", "fold"})
    default void unfoldsAndFolds() {
        for (Case c : cases()) {
            compare(SpatialScenarios.unfold(c));
            compare(SpatialScenarios.fold(c));
        }
    }

    @Test
    @Covers("swapAxes")
    default void swapsAxes() {
        for (int[] s :
                new int[][] {{1, 1, 1}, {1, 31, 1}, {3, 1, 33}, {2, 33, 31}, {5, 7, 3}, {1, 65, 34}, {70, 2, 3}}) {
            compare(SpatialScenarios.swapAxes(s[0], s[1], s[2]));
        }
    }

    @Test
    @Covers({"upsample", "upsampleBackward"})
    default void upsamples() {
        for (int[] s :
                new int[][] {{1, 1, 1, 1, 1}, {2, 3, 5, 1, 2}, {1, 2, 2, 5, 3}, {3, 1, 4, 33, 2}, {1, 1, 1, 4, 5}}) {
            compare(SpatialScenarios.upsample(s[0], s[1], s[2], s[3], s[4]));
            compare(SpatialScenarios.upsampleBackward(s[0], s[1], s[2], s[3], s[4]));
        }
    }

    @Test
    @Covers("add")
    default void adds() {
        for (int count : new int[] {1, 31, 33, 1031}) {
            compare(SpatialScenarios.add(count, false));
            compare(SpatialScenarios.add(count, true));
        }
    }

    @Test
    @Covers({"conv2d", "conv2dBackward"})
    default void convolves() {
        for (Case c : cases()) {
            compare(SpatialScenarios.conv2d(Activation.RELU, c, true));
            compare(SpatialScenarios.conv2dBackward(Activation.RELU, c, true));
            compare(SpatialScenarios.conv2dBackward(Activation.IDENTITY, c, false));
        }
        for (Activation f : Activation.values()) {
            Case c = Case.of(2, 5, 4, 2, 3, 2, 1, 3, 1);
            compare(SpatialScenarios.conv2d(f, c, false));
            compare(SpatialScenarios.conv2dBackward(f, c, true));
        }
    }

    @Test
    @Covers({"convTranspose2d", "convTranspose2dBackward"})
    default void convolvesTransposed() {
        for (Case c : cases()) {
            compare(SpatialScenarios.convTranspose2d(Activation.RELU, c, true));
            compare(SpatialScenarios.convTranspose2dBackward(Activation.RELU, c, true));
            compare(SpatialScenarios.convTranspose2dBackward(Activation.IDENTITY, c, false));
        }
        for (Activation f : Activation.values()) {
            Case c = Case.of(2, 5, 4, 2, 3, 2, 1, 3, 1);
            compare(SpatialScenarios.convTranspose2d(f, c, false));
            compare(SpatialScenarios.convTranspose2dBackward(f, c, true));
        }
    }
}
