package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Schedules against tables: those of PyTorch 1.13, {@code torch.optim.lr_scheduler}, printed step by step from a rate of 0.1, and
 * those that follow from the papers by hand.
 */
class ScheduleTest {
    private static final double EXACT = 1e-15;

    /** A configuration from options as on the command line. */
    static TrainConfig config(String options) {
        return SmallRuns.with(SmallRuns.config(4).with(Setting.LR, "0.1"), options);
    }

    private static double[] all(Schedule schedule, int steps, ToDoubleFunction<Schedule.Values> value) {
        double[] values = new double[steps];
        Arrays.setAll(values, t -> value.applyAsDouble(schedule.at(t, 1)));
        return values;
    }

    private static double[] rates(String options, int stepsPerEpoch) {
        TrainConfig config = config(options);
        Schedule schedule = new Schedule(config, stepsPerEpoch);
        return all(schedule, config.epochs() * stepsPerEpoch, Schedule.Values::rate);
    }

    private static double[] betas(String options, int stepsPerEpoch) {
        TrainConfig config = config(options);
        Schedule schedule = new Schedule(config, stepsPerEpoch);
        return all(schedule, config.epochs() * stepsPerEpoch, Schedule.Values::beta);
    }

    // ---- the learning rate

    @Test
    void constantIsTheVeryRate() {
        for (double rate : rates("", 3)) {
            assertEquals(0.1, rate);
        }
        assertFalse(new Schedule(config(""), 3).varies());
    }

    /** {@code StepLR(optimizer, 3, 0.5)}. */
    @Test
    void stepIsPyTorchs() {
        double[] want = {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025};
        assertArrayEquals(want, rates("--lr-schedule step --lr-every 3steps --lr-factor 0.5", 2), EXACT);
        // One and a half epochs of two steps.
        assertArrayEquals(want, rates("--lr-schedule step --lr-every 1.5 --lr-factor 0.5", 2), EXACT);
    }

    /** {@code CosineAnnealingLR(optimizer, 8, 0.01)}. */
    @Test
    void cosineIsPyTorchs() {
        double[] want = {
            0.1,
            0.0965745789630079,
            0.08681980515339463,
            0.07222075445642905,
            0.055,
            0.03777924554357096,
            0.023180194846605363,
            0.013425421036992097
        };
        assertArrayEquals(want, rates("--lr-schedule cosine --lr-final 0.01", 2), EXACT);
    }

    /** {@code ExponentialLR(optimizer, 0.8)}, once a step; with a longer period the same curve by its roots. */
    @Test
    void exponentialIsPyTorchs() {
        double[] want = {0.1, 0.08, 0.064, 0.0512, 0.04096, 0.032768, 0.0262144, 0.02097152};
        assertArrayEquals(want, rates("--lr-schedule exponential --lr-every 1steps --lr-factor 0.8", 2), EXACT);
        assertArrayEquals(want, rates("--lr-schedule exponential --lr-every 1 --lr-factor 0.64", 2), EXACT);
    }

    @Test
    void noScheduleFallsBelowTheFinalRate() {
        double[] want = {0.1, 0.05, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03};
        assertArrayEquals(
                want, rates("--lr-schedule step --lr-every 1steps --lr-factor 0.5 --lr-final 0.03", 2), EXACT);
        Schedule plateau = new Schedule(config("--lr-schedule plateau --lr-final 0.03"), 2);
        assertEquals(0.05, plateau.at(5, 0.5).rate(), EXACT);
        assertEquals(0.03, plateau.at(5, 0.25).rate(), EXACT);
    }

    /** The warm-up's last step has the whole rate; what follows begins after it. */
    @Test
    void warmUpGrowsEvenlyBeforeAnySchedule() {
        assertArrayEquals(
                new double[] {0.025, 0.05, 0.075, 0.1, 0.1, 0.1, 0.1, 0.1}, rates("--warmup 4steps", 2), EXACT);
        assertArrayEquals(
                new double[] {0.05, 0.1, 0.1, 0.1, 0.05, 0.05, 0.025, 0.025},
                rates("--warmup 1 --lr-schedule step --lr-every 1 --lr-factor 0.5", 2),
                EXACT);
        double[] cosine = rates("--warmup 4steps --lr-schedule cosine", 2);
        assertArrayEquals(new double[] {0.025, 0.05, 0.075, 0.1}, Arrays.copyOf(cosine, 4), EXACT);
        for (int t = 0; t < 4; t++) {
            assertEquals(0.05 * (1 + Math.cos(Math.PI * t / 4)), cosine[4 + t], EXACT);
        }
    }

    /**
     * {@code ReduceLROnPlateau(optimizer, factor=0.1, patience=2, threshold=0.5, threshold_mode="abs", min_lr=5e-4)} with one
     * call of step per value.
     */
    @Test
    void plateauIsPyTorchs() {
        TrainConfig config = config("--lr-schedule plateau --lr-patience 2 --min-delta 0.5 --lr-final 5e-4");
        Schedule schedule = new Schedule(config, 2);
        double[] values = {10, 9, 8.8, 8.9, 8.7, 8.6, 8.4, 8.4, 8.4, 8.4, 8.4, 1, 1, 1, 1};
        double[] want = {0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01, 0.01, 0.001, 0.001, 0.001, 0.001, 0.001, 0.0005};
        Watch watch = Watch.START;
        for (int i = 0; i < values.length; i++) {
            watch = watch.after(i + 1, values[i], config);
            assertEquals(want[i], schedule.at(0, watch.rateFactor()).rate(), EXACT, "after value " + i);
        }
    }

    // ---- the KL term

    @Test
    void linearAnnealingEndsAtBeta() {
        assertArrayEquals(
                new double[] {0.5, 1, 1.5, 2, 2, 2, 2, 2},
                betas("--beta 2 --anneal linear --anneal-over 4steps", 2),
                EXACT);
        assertArrayEquals(
                new double[] {0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2},
                betas("--beta 2 --anneal linear --anneal-over 4", 2),
                EXACT);
    }

    /** Two cycles over twelve of sixteen steps, rising in the first half of each; and over the whole run in quarters. */
    @Test
    void cyclicalAnnealingIsThatOfFuAndOthers() {
        double third = 1 / 3.0;
        assertArrayEquals(
                new double[] {third, 2 * third, 1, 1, 1, 1, third, 2 * third, 1, 1, 1, 1, 1, 1, 1, 1},
                betas("--anneal cyclical --anneal-over 12steps --anneal-cycles 2", 4),
                EXACT);
        assertArrayEquals(
                new double[] {0.5, 1, 1, 1, 0.5, 1, 1, 1, 0.5, 1, 1, 1, 0.5, 1, 1, 1},
                betas("--anneal cyclical", 4),
                EXACT);
        assertArrayEquals(
                new double[] {0.25, 0.5, 0.75, 1, 0.25, 0.5, 0.75, 1, 0.25, 0.5, 0.75, 1, 0.25, 0.5, 0.75, 1},
                betas("--anneal cyclical --anneal-rise 1", 4),
                EXACT);
    }

    @Test
    void capacityGrowsFromNothing() {
        Schedule schedule = new Schedule(config("--capacity 20 --capacity-over 2"), 2);
        assertArrayEquals(
                new double[] {5, 10, 15, 20, 20, 20, 20, 20}, all(schedule, 8, Schedule.Values::capacity), EXACT);
        Schedule atOnce = new Schedule(config("--capacity 20"), 2);
        assertArrayEquals(new double[] {20, 20}, all(atOnce, 2, Schedule.Values::capacity), EXACT);
        assertFalse(atOnce.varies());
        assertArrayEquals(new double[] {0, 0}, all(new Schedule(config(""), 2), 2, Schedule.Values::capacity));
    }

    @ParameterizedTest
    @CsvSource({
        "'', 1",
        "--warmup 7steps, 1",
        "--anneal linear --anneal-over 2, 2",
        "--anneal linear --anneal-over 5steps, 3",
        "--anneal linear --anneal-over 4, 4",
        "--anneal cyclical, 4",
        "--anneal cyclical --anneal-over 2 --anneal-cycles 2, 2",
        "--anneal cyclical --anneal-over 8steps --anneal-cycles 1, 2",
        "--capacity 3 --capacity-over 3, 3"
    })
    void tellsFromWhichEpochOnFiguresCanBeCompared(String options, int first) {
        Schedule schedule = new Schedule(config(options), 2);
        for (int epoch = 1; epoch <= 4; epoch++) {
            assertEquals(epoch >= first, schedule.settledAfter(epoch), options + ", epoch " + epoch);
        }
    }

    @Test
    void theTableOfAnEpochIsThatOfItsSteps() {
        Schedule schedule = new Schedule(
                config("--warmup 3steps --anneal linear --anneal-over 2 --capacity 4 --capacity-over 3"), 2);
        assertTrue(schedule.varies());
        for (int epoch = 1; epoch <= 4; epoch++) {
            double[] table = schedule.table(epoch, 0.5);
            assertEquals(6, table.length);
            for (int i = 0; i < 2; i++) {
                Schedule.Values values = schedule.at(2L * (epoch - 1) + i, 0.5);
                assertEquals(values, new Schedule.Values(table[3 * i], table[3 * i + 1], table[3 * i + 2]));
            }
            assertEquals(schedule.at(2L * epoch - 1, 0.5), schedule.endOf(epoch, 0.5));
        }
    }

    // ---- what does not fit

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --warmup 4                                           | --warmup 4: needs 9 steps and the run has 8 (4 epochs of 2)
            --warmup 8steps                                      | the learning rate would never reach --lr
            --anneal linear --anneal-over 5                      | --anneal-over 5: needs 10 steps and the run has 8
            --anneal linear --anneal-over 9steps                 | beta would end below its value; shorten it or give more
            --anneal cyclical --anneal-over 10 --anneal-cycles 1 | --anneal-over 10: needs 10 steps
            --anneal linear                                      | --anneal linear: needs --anneal-over
            --anneal-over 3                                      | --anneal-over 3: has no effect without --anneal
            --anneal cyclical --beta 0                           | there is nothing to grow to with --beta 0
            --capacity-over 3                                    | --capacity-over 3: has no effect without --capacity
            --capacity 3 --capacity-over 5                       | --capacity-over 5: needs 10 steps and the run has 8
            --capacity 3 --free-bits 1                           | --free-bits: both it and --capacity
            --lr-schedule step                                   | --lr-schedule step: needs --lr-every
            --lr-schedule cosine --lr-every 2                    | --lr-every 2: has no effect without --lr-schedule step
            --lr-final 0.01                                      | --lr-final 0.01: has no effect without
            --lr-schedule cosine --lr-final 0.2                  | --lr-final: 0.2 is above --lr 0.1
            --min-delta 0.1                                      | --min-delta 0.1: has no effect without --patience""")
    void contradictionsAreTold(String options, String expected) {
        UserError error = assertThrows(UserError.class, () -> new Schedule(config(options), 2));
        assertTrue(error.getMessage().contains(expected), error.getMessage());
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            warmup     | 5 days | must be a number of epochs, as in 5 or 0.5, or of steps, as in 500steps
            warmup     | -1     | must be a number of epochs
            warmup     | 1.5steps | must be a number of epochs
            ema        | 1      | must be a number from 0 to below 1
            validation | 1.5    | must be a share from 0 to below 1, as in 0.1, or a number of rows
            keep       | best,best | must be last, best,last, or a number of epochs
            keep       | 0      | must be last
            lr-factor  | 0      | must be a number above 0
            accumulate | 0      | must be a whole number from 1""")
    void valuesAreChecked(String key, String text, String expected) {
        Setting setting = Setting.find(key).orElseThrow();
        UserError error = assertThrows(UserError.class, () -> config("").with(setting, text));
        assertTrue(error.getMessage().startsWith("--" + key + ": " + expected), error.getMessage());
    }

    /** What a file says is what was typed. */
    @ParameterizedTest
    @CsvSource({
        "warmup, 5, 5",
        "warmup, 0.5, 0.5",
        "warmup, 500 steps, 500steps",
        "warmup, 2epochs, 2",
        "validation, 500, 500",
        "validation, 0.25, 0.25",
        "keep, last, last",
        "keep, 'best,last', 'best,last'",
        "keep, best, 'best,last'",
        "keep, '3', '3'",
        "keep, 'last,best,3', 'best,3'"
    })
    void valuesAreWrittenAsTheyAreRead(String key, String typed, String written) {
        Setting setting = Setting.find(key).orElseThrow();
        TrainConfig config = config("").with(setting, typed);
        assertEquals(written, config.text(setting));
        assertEquals(config, TrainConfig.defaults().with(config.toJson(), "file"));
    }

    /** {@code MultiStepLR(optimizer, [2, 5], 0.5)}, two steps an epoch. */
    @Test
    void milestonesArePyTorchs() {
        double[] want = {0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025};
        assertArrayEquals(want, rates("--lr-schedule milestones --lr-at 1,5steps --lr-factor 0.5", 2), EXACT);
    }

    /** Burda et al. 2016: stage i = 0 .. 7 has 3^i epochs at 0.001 10^(-i/7); the rates are of the paper. */
    @Test
    void stagesAreThePapers() {
        TrainConfig config = TrainConfig.preset("iwae-paper-1");
        Schedule schedule = new Schedule(config, 2980);
        int epoch = 0;
        for (int i = 0; i < 8; i++) {
            double rate = 0.001 * Math.pow(10, -i / 7.0);
            assertEquals(rate, schedule.at((long) epoch * 2980, 1).rate(), 1e-12, "begin of stage " + i);
            epoch += (int) Math.pow(3, i);
            assertEquals(rate, schedule.endOf(epoch, 1).rate(), 1e-12, "end of stage " + i);
        }
        assertEquals(config.epochs(), epoch);
        assertTrue(schedule.varies());
    }

    /** 41 epochs of 80 steps are the eightieth part of 3,280 of 80. */
    @Test
    void aShortenedRunHasTheSameStages() {
        TrainConfig config = TrainConfig.preset("iwae-paper-1").with(Setting.BUDGET, "1m");
        Schedule whole = new Schedule(config, 80);
        TrainConfig shorter = config.shortened(41);
        Schedule part = new Schedule(shorter, 80);
        for (int step = 0; step < 41 * 80; step++) {
            assertEquals(whole.at(step * 80L, 1).rate(), part.at(step, 1).rate(), 1e-15, "step " + step);
        }
        assertEquals("1m of 3280 epochs", shorter.text(Setting.BUDGET));
        assertFalse(shorter.budget().open());
        assertEquals(shorter, TrainConfig.defaults().with(shorter.toJson(), "file"));
        TrainConfig steps = TrainConfig.preset("vae-static-mnist")
                .with(Setting.WARMUP, "1000steps")
                .shortened(50);
        assertEquals("20,35", steps.text(Setting.LR_AT));
        assertEquals("100steps", steps.text(Setting.WARMUP));
    }

    @Test
    void stagesAndMilestonesSayWhatTheyNeed() {
        String[][] mistakes = {
            {"--lr-schedule milestones", "needs --lr-at"},
            {"--lr-at 3", "--lr-schedule milestones"},
            {"--lr-schedule stages", "needs --lr-final"},
        };
        for (String[] mistake : mistakes) {
            String message = assertThrows(UserError.class, () -> new Schedule(config(mistake[0]), 3))
                    .getMessage();
            assertTrue(message.contains(mistake[1]), message);
        }
    }

    @ParameterizedTest
    @CsvSource({"90s, 90", "10m, 600", "2h, 7200", "1.5m, 90", "none, 0"})
    void budgetsAreDurations(String text, double seconds) {
        Budget budget = Budget.parse(text);
        assertEquals(seconds, budget.seconds());
        assertEquals(budget, Budget.parse(budget.toString()));
        assertEquals(seconds > 0, budget.open());
        assertThrows(IllegalArgumentException.class, () -> Budget.parse(text + "x"));
        assertThrows(IllegalArgumentException.class, () -> Budget.parse("0s"));
    }

    /** Two seconds of measuring leave 58, an epoch takes two. */
    @Test
    void aBudgetHasRoomForSoManyEpochs() {
        Pace pace = new Pace(0.01, 0.5, 150, 2);
        assertEquals(29, pace.epochsIn(Budget.parse("1m")));
        assertEquals(0, pace.epochsIn(Budget.parse("3s")));
    }
}
