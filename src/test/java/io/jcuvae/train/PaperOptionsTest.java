package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.UserError;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The settings that the protocols of papers need. */
class PaperOptionsTest {
    private static final Dataset TRAIN = SmallRuns.blobs(96, 1);
    private static final Dataset TEST = SmallRuns.blobs(20, 2);

    private CpuBackend backend;

    @BeforeEach
    void open() {
        backend = new CpuBackend(1);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private Trainer start(TrainConfig config, Dataset validation) {
        return Trainer.start(config, TRAIN, TEST, validation, backend, null, new Trainer.Listener() {});
    }

    private float[] trained(String options) {
        TrainConfig config = SmallRuns.with(SmallRuns.config(1), options);
        return SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, backend, null), backend);
    }

    /** With the second moment at 1 and gradients far below, the first step is rate m / (1 - b1) over sqrt(b2 / (1 - b2)). */
    @Test
    void aSecondMomentThatBeginsAtOneKeepsTheFirstStepsSmall() {
        TrainConfig config = SmallRuns.with(
                SmallRuns.config(1), "--batch 96 --adam-beta1 0.99 --adam-epsilon 1e-4 --adam-second 1 --lr 0.5");
        Trainer trainer = start(config, null);
        float[] before = SmallRuns.state(trainer, backend);
        int count = before.length / 3;
        for (int i = 2 * count; i < before.length; i++) {
            assertEquals(1f, before[i]);
        }
        trainer.run(() -> false);
        float[] after = SmallRuns.state(trainer, backend);
        for (int i = 0; i < count; i++) {
            double g = after[count + i] / 0.01;
            double v = 0.999 + 0.001 * g * g;
            assertEquals(v, after[2 * count + i], 1e-5);
            double moved = 0.5 * g / (Math.sqrt(v / 0.001) + 1e-4);
            assertEquals(before[i] - moved, after[i], 1e-6 + 1e-4 * Math.abs(moved));
        }
    }

    @Test
    void theOrderOfTheDataIsKeptWhereItIsNeverDrawn() {
        // In one batch the order does not matter; in three it does, and the seed has no part in it.
        float[] first = trained("--shuffle never --seed 0");
        assertNotEquals(Arrays.hashCode(trained("")), Arrays.hashCode(first));
        int[] reversed = IntStream.range(0, 96).map(i -> 95 - i).toArray();
        TrainConfig config = SmallRuns.with(SmallRuns.config(1), "--shuffle never");
        float[] other = SmallRuns.state(SmallRuns.train(config, TRAIN.select(reversed), TEST, backend, null), backend);
        assertNotEquals(Arrays.hashCode(first), Arrays.hashCode(other));
        assertArrayEquals(first, trained("--shuffle never"));
    }

    @Test
    void theOutputBeginsAtTheMeanOfTheTrainingRows() {
        for (String likelihood : new String[] {"bernoulli", "gaussian"}) {
            TrainConfig config = SmallRuns.with(
                    SmallRuns.config(1), "--init-output data-mean --validation last:40 --likelihood " + likelihood);
            Trainer trainer = start(config, null);
            assertEquals(40, trainer.validationCount());
            float[] bias = new float[TRAIN.width()];
            backend.download(bias, 0, trainer.state().values().get("dec2.bias"));
            float[] row = new float[TRAIN.width()];
            double[] means = new double[row.length];
            for (int r = 0; r < 56; r++) {
                TRAIN.copyRow(r, row, 0);
                for (int d = 0; d < row.length; d++) {
                    means[d] += row[d] / 56;
                }
            }
            for (int d = 0; d < row.length; d++) {
                double p = Math.max(0.001, Math.min(0.999, means[d]));
                assertEquals(likelihood.equals("gaussian") ? means[d] : Math.log(p / (1 - p)), bias[d], 1e-4);
            }
        }
        TrainConfig levels =
                SmallRuns.with(SmallRuns.config(1), "--init-output data-mean --likelihood discretized-logistic");
        assertTrue(assertThrows(UserError.class, () -> start(levels, null))
                .getMessage()
                .startsWith("--init-output"));
        TrainConfig narrow = SmallRuns.with(
                SmallRuns.config(1),
                "--init-output data-mean"
                        + " --decoder [{'layer':'dense','outputs':144},{'layer':'activation','activation':'tanh'}]");
        assertTrue(assertThrows(UserError.class, () -> start(narrow, null))
                .getMessage()
                .contains("ends with a dense layer of 144"));
    }

    @Test
    void validationRowsOfTheDataCompareTheEpochs() {
        Dataset own = SmallRuns.blobs(30, 3);
        Trainer trainer = start(SmallRuns.config(1), own);
        assertTrue(trainer.validatesOnOwnRows());
        assertEquals(30, trainer.validationCount());
        Trainer drawn = start(SmallRuns.config(1).with(Setting.VALIDATION, "0.25"), own);
        assertEquals(24, drawn.validationCount());
    }

    @Test
    void theLastRowsCanBeHeldOut() {
        Holdout.Parts parts = Holdout.parse("last:10").divide(TRAIN, 0);
        assertEquals(86, parts.training().count());
        float[] want = new float[TRAIN.width()];
        float[] got = new float[TRAIN.width()];
        TRAIN.copyRow(86, want, 0);
        parts.validation().copyRow(0, got, 0);
        assertArrayEquals(want, got);
        assertEquals("last:10", Holdout.parse("last:10").toString());
        assertThrows(IllegalArgumentException.class, () -> Holdout.parse("last:x"));
    }

    /** What a budget measures is thrown away; the clock decides about the number of epochs and nothing else. */
    @Test
    void thePaceIsMeasuredOnARunOfItsOwn() {
        TrainConfig config = SmallRuns.config(10_000).with(Setting.BUDGET, "2s");
        Pace pace = Pace.measure(config, TRAIN, TEST, null, backend);
        assertEquals(3, pace.stepsPerEpoch());
        assertTrue(pace.stepSeconds() > 0 && pace.evaluationSeconds() > 0, pace.toString());
        TrainConfig fitted = config.shortened(2);
        TrainConfig repeated = TrainConfig.defaults().with(fitted.toJson(), "config.json");
        assertArrayEquals(
                SmallRuns.state(SmallRuns.train(fitted, TRAIN, TEST, backend, null), backend),
                SmallRuns.state(SmallRuns.train(repeated, TRAIN, TEST, backend, null), backend));
    }
}
