package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Permutation;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleShape;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What each option does to a run, and that a run without them is what it was. */
class TrainingOptionsTest {
    /** Forward and backward of two hidden layers on either side, as {@link SmallRuns#config} has them. */
    private static final List<String> FORWARD = List.of(
            "gather", "normal", "dense", "dense", "dense", "sampleGaussian", "dense", "dense", "dense", "bernoulli");

    private static final List<String> BACKWARD = List.of(
            "denseBackward",
            "denseBackward",
            "denseBackward",
            "sampleGaussianBackward",
            "denseBackward",
            "denseBackward",
            "denseBackward");

    @TempDir
    Path folder;

    private final Dataset train = SmallRuns.blobs(150, 1);
    private final Dataset test = SmallRuns.blobs(40, 2);
    private final List<EpochMetrics> epochs = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private CpuBackend backend;

    @BeforeEach
    void open() {
        backend = new CpuBackend(1);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private final Trainer.Listener listener = new Trainer.Listener() {
        @Override
        public void epoch(EpochMetrics metrics) {
            epochs.add(metrics);
        }

        @Override
        public void note(String message) {
            notes.add(message);
        }
    };

    private static TrainConfig config(int number, String options) {
        return SmallRuns.with(SmallRuns.config(number), options);
    }

    private Trainer start(TrainConfig config, Path run) {
        return Trainer.start(config, train, test, backend, run, listener);
    }

    private Trainer trained(TrainConfig config, Path run) {
        Trainer trainer = start(config, run);
        assertTrue(trainer.run(() -> false));
        return trainer;
    }

    private float[] values(Parameters parameters) {
        float[] values = new float[Math.toIntExact(parameters.layout().count())];
        backend.download(values, 0, parameters.block());
        return values;
    }

    private double slot(Trainer trainer, Scalars slot) {
        double[] scalars = new double[Scalars.COUNT];
        backend.download(scalars, trainer.state().scalars());
        return scalars[slot.ordinal()];
    }

    // ---- what is asked of the device

    private static List<String> join(List<?>... parts) {
        return Arrays.stream(parts).flatMap(List::stream).map(String::valueOf).toList();
    }

    private List<String> verbsOfAStep(String options) {
        RecordedVerbs recorded = new RecordedVerbs(backend);
        Trainer trainer = Trainer.start(config(4, options), train, test, recorded.backend(), null, listener);
        recorded.take();
        trainer.run(() -> true);
        return recorded.take();
    }

    /** A launch more per step would be paid by everybody. */
    @Test
    void withoutOptionsAStepIsWhatItWas() {
        List<String> want = join(
                List.of("beginStep"), FORWARD, List.of("elbo", "recordLoss", "endStep"), BACKWARD, List.of("adam"));
        assertEquals(want, verbsOfAStep(""));
        // These work between epochs.
        assertEquals(
                want, verbsOfAStep("--lr-schedule plateau --patience 3 --validation 0.2 --keep best,3 --metric elbo"));
    }

    @Test
    void anOptionAsksForWhatItNeeds() {
        List<String> books = List.of("elbo", "recordLoss", "endStep");
        List<String> begin = List.of("beginStep");
        List<String> scheduled = List.of("beginStep", "schedule");
        assertEquals(join(scheduled, FORWARD, books, BACKWARD, List.of("adam")), verbsOfAStep("--warmup 2"));
        assertEquals(join(scheduled, FORWARD, books, BACKWARD, List.of("adam")), verbsOfAStep("--anneal cyclical"));
        assertEquals(join(begin, FORWARD, books, BACKWARD, List.of("adamW")), verbsOfAStep("--weight-decay 0.1"));
        assertEquals(join(begin, FORWARD, books, BACKWARD, List.of("gradientNorm", "adamW")), verbsOfAStep("--clip 1"));
        assertEquals(join(begin, FORWARD, books, BACKWARD, List.of("adam", "average")), verbsOfAStep("--ema 0.9"));
        assertEquals(
                join(begin, FORWARD, List.of("capacityElbo", "recordLoss", "endStep"), BACKWARD, List.of("adam")),
                verbsOfAStep("--capacity 3"));
        List<String> weighted = BACKWARD.stream()
                .map(verb -> verb.equals("sampleGaussianBackward") ? verb + "Weighted" : verb)
                .toList();
        assertEquals(
                join(begin, FORWARD, List.of("freeBits"), books, weighted, List.of("adam")),
                verbsOfAStep("--free-bits 0.5"));
        List<String> part = join(FORWARD, books, BACKWARD, List.of("add"));
        assertEquals(join(begin, List.of("fill"), part, part, List.of("adamW")), verbsOfAStep("--accumulate 2"));
    }

    // ---- the optimizer

    @Test
    void weightDecayLeavesBiasesAloneUnlessAskedFor() {
        ParameterLayout layout = config(
                        1,
                        "--likelihood gaussian-learned --encoder"
                                + " [{'layer':'dense','outputs':16},{'layer':'batch_norm'},{'layer':'dense','outputs':8}]")
                .spec(Shape.of(SmallRuns.SIDE, SmallRuns.SIDE))
                .layout();
        float[] weights = Decayed.WEIGHTS.of(layout, 0.5);
        float[] all = Decayed.ALL.of(layout, 0.5);
        for (ParameterLayout.Entry entry : layout.entries()) {
            boolean decays = entry.name().endsWith(".weight") && !entry.name().equals("enc1.weight");
            for (int i = 0; i < entry.shape().count(); i++) {
                assertEquals(decays ? 0.5f : 0, weights[(int) entry.offset() + i], entry.name());
                assertEquals(0.5f, all[(int) entry.offset() + i], entry.name());
            }
        }
        assertEquals(0, weights[(int) layout.entry("likelihood.logvar").offset()]);
        assertEquals(0, weights[(int) layout.entry("enc1.weight").offset()], "the scale of a norm");
    }

    /** With a rate this small nothing moves but what decays: by 1 - rate decay in each step. */
    @Test
    void decayShrinksByRateTimesDecay() {
        TrainConfig config = config(2, "--lr 1e-7 --weight-decay 100");
        Trainer trainer = start(config, null);
        float[] before = values(trainer.state().values());
        trainer.run(() -> false);
        float[] after = values(trainer.state().values());
        double kept = Math.pow(1 - 1e-5, 10);
        for (ParameterLayout.Entry entry : trainer.state().values().layout().entries()) {
            boolean decays = entry.name().endsWith(".weight");
            for (int i = (int) entry.offset();
                    i < entry.offset() + entry.shape().count();
                    i++) {
                assertEquals(before[i] * (decays ? kept : 1), after[i], 1.5e-6, entry.name());
            }
        }
        assertNotEquals(before[0], after[0]);
    }

    @Test
    void clippingReportsNormsAndChangesOnlyWhatIsAboveThem() {
        float[] free = SmallRuns.state(trained(config(2, ""), null), backend);
        float[] loose = SmallRuns.state(trained(config(2, "--clip 1e9"), null), backend);
        int count = free.length / 3;
        for (int i = 0; i < free.length; i++) {
            assertEquals(free[i], loose[i], 1e-6 * Math.max(1e-3, Math.abs(free[i])), "element " + i % count);
        }
        EpochMetrics.Norms norms = epochs.get(3).norms();
        assertTrue(norms.mean() > 0 && norms.most() >= norms.mean(), norms.toString());
        assertNull(epochs.get(0).norms());
        JsonObject line = epochs.get(3).toJson();
        assertEquals(norms.mean(), line.get("gradient_norm").getAsDouble());
        assertEquals(norms.most(), line.get("gradient_norm_max").getAsDouble());
        assertFalse(epochs.get(0).toJson().has("gradient_norm"));
        // Adam does not see the size of gradients, but for epsilon: first moments show it.
        Trainer tight = trained(config(2, "--clip 1e-3"), null);
        double largest = 0;
        for (float m : values(tight.state().firstMoments())) {
            largest = Math.max(largest, Math.abs(m));
        }
        assertTrue(largest > 0 && largest < 1e-3, "a moment of " + largest);
        assertTrue(epochs.get(5).norms().most() > 1e-3);
    }

    // ---- accumulation

    /** Four batches of 8 are one of 32, down to the ragged ends: 150 rows are 4 steps and 22 rows, 2 batches and 6. */
    @ParameterizedTest
    @CsvSource({"mean", "sum"})
    void accumulatedBatchesAreOneBatch(String reduction) {
        String same = "--reduction " + reduction + " --clip 20 --weight-decay 0.01 --warmup 3steps";
        Trainer whole = trained(config(3, same + " --batch 32"), null);
        Trainer parts = trained(config(3, same + " --batch 8 --accumulate 4"), null);
        for (Scalars slot : new Scalars[] {Scalars.STEP, Scalars.NOISE_POSITION, Scalars.EPOCH}) {
            assertEquals(slot(whole, slot), slot(parts, slot), slot.name());
        }
        assertEquals(15, slot(parts, Scalars.STEP));
        assertEquals(150 * 3 * 3, slot(parts, Scalars.NOISE_POSITION));
        assertClose(SmallRuns.state(whole, backend), SmallRuns.state(parts, backend));
        for (int i = 0; i < 3; i++) {
            assertEquals(epochs.get(i).train().loss(), epochs.get(3 + i).train().loss(), 1e-4);
            assertEquals(
                    epochs.get(i).norms().mean(),
                    epochs.get(3 + i).norms().mean(),
                    1e-4 * epochs.get(i).norms().mean());
        }
    }

    private static void assertClose(float[] want, float[] got) {
        int third = want.length / 3;
        for (int part = 0; part < 3; part++) {
            double largest = 0;
            for (int i = part * third; i < (part + 1) * third; i++) {
                largest = Math.max(largest, Math.abs(want[i]));
            }
            for (int i = part * third; i < (part + 1) * third; i++) {
                assertEquals(want[i], got[i], 1e-4 * largest, "part " + part + ", element " + i % third);
            }
        }
    }

    @Test
    void moreBatchesThanThereAreRowsAreAllRows() {
        Trainer trainer = trained(config(2, "--batch 64 --accumulate 100"), null);
        assertEquals(2, slot(trainer, Scalars.STEP));
        assertClose(
                SmallRuns.state(trained(config(2, "--batch 150"), null), backend), SmallRuns.state(trainer, backend));
    }

    /** The second of a step's batches breaks; the parameters have not moved, and it is the one that is looked at. */
    @Test
    void aBatchThatHaltsHaltsItsStep() {
        float[] rows = new float[60 * 4];
        Arrays.fill(rows, 0.5f);
        Dataset broken = Dataset.ofFloats("broken", new SampleShape(4), rows, null);
        int[] order = Permutation.of(60, 0, 1);
        // In the middle of the second batch of the second step.
        rows[order[35] * 4 + 1] = 3e25f;
        TrainConfig config = config(1, "--likelihood mse --batch 10 --accumulate 2 --ema 0.9 --clip 1 --warmup 2steps");
        Trainer trainer = Trainer.start(config, broken, broken, backend, folder.resolve("run"), listener);
        List<float[]> afterSteps = new ArrayList<>();
        Failure failure = assertThrows(
                Failure.class,
                () -> trainer.run(() -> {
                    afterSteps.add(SmallRuns.state(trainer, backend));
                    afterSteps.add(values(trainer.state().average()));
                    return false;
                }));
        assertTrue(failure.getMessage().startsWith("step 2 (epoch 1): the loss is not finite"), failure.getMessage());
        assertEquals(30, slot(trainer, Scalars.ORDER_POSITION));
        assertArrayEquals(afterSteps.get(0), SmallRuns.state(trainer, backend));
        assertArrayEquals(afterSteps.get(1), values(trainer.state().average()));
    }

    // ---- averages

    @Test
    void theAverageIsWhatIsEvaluatedAndSaved() {
        Path run = folder.resolve("run");
        Trainer trainer = start(config(3, "--ema 0.8"), run);
        List<float[]> seen = new ArrayList<>();
        trainer.run(() -> {
            seen.add(values(trainer.state().values()));
            return false;
        });
        // The trainer asks once more after each epoch: five steps, one question.
        seen.remove(17);
        seen.remove(11);
        seen.remove(5);
        assertEquals(15, seen.size());
        float[] average = values(trainer.state().average());
        for (int i = 0; i < average.length; i += 97) {
            double sum = 0;
            for (int t = 0; t < 15; t++) {
                sum += 0.2 * Math.pow(0.8, 14 - t) * seen.get(t)[i];
            }
            assertEquals(sum / (1 - Math.pow(0.8, 15)), average[i], 1e-6, "element " + i);
        }
        assertArrayEquals(average, values(trainer.model().values()));
        assertArrayEquals(average, values(Model.load(run, backend).values()));
        assertArrayEquals(
                average,
                values(Model.load(run.resolve("checkpoint.safetensors"), backend)
                        .values()));
        Safetensors checkpoint = Safetensors.read(run.resolve("checkpoint.safetensors"));
        assertNotEquals(checkpoint.floats("mu.bias")[0], checkpoint.floats("ema.mu.bias")[0]);
        // Evaluation by hand, with the average.
        Evaluator.Result result = new Evaluator(
                        trainer.model().spec(),
                        backend,
                        trainer.state().average(),
                        trainer.state().buffers())
                .evaluate(
                        test.open(),
                        trainer.config().binarization(),
                        Evaluator.binarizationKey(trainer.config().binarization(), false, 0),
                        0);
        assertEquals(result, epochs.get(2).test());
    }

    // ---- validation, early ends, plateaus, what is kept

    @Test
    void validationRowsAreAPartOfTheTrainingRows() {
        Holdout.Parts parts = Holdout.parse("0.2").divide(train, 7);
        assertEquals(120, parts.training().count());
        assertEquals(30, parts.validation().count());
        List<String> rows = new ArrayList<>(rows(parts.training()));
        assertTrue(rows(train).containsAll(rows));
        rows.addAll(rows(parts.validation()));
        assertEquals(
                rows(train).stream().sorted().toList(), rows.stream().sorted().toList());
        assertEquals(
                rows(parts.validation()),
                rows(Holdout.parse("30").divide(train, 7).validation()));
        assertNotEquals(
                rows(parts.validation()),
                rows(Holdout.parse("30").divide(train, 8).validation()));
        UserError error =
                assertThrows(UserError.class, () -> Holdout.parse("150").divide(train, 7));
        assertTrue(error.getMessage().startsWith("--validation: 150 would hold out 150 of 150"), error.getMessage());
    }

    private static List<String> rows(Dataset data) {
        List<String> rows = new ArrayList<>();
        for (int r = 0; r < data.count(); r++) {
            int width = data.width();
            rows.add(Arrays.toString(Arrays.copyOfRange(data.bytes(), r * width, (r + 1) * width)));
        }
        return rows;
    }

    /** The run is the one on the other rows, and another test set changes no decision of it. */
    @Test
    void testRowsOnlyReportWhereThereIsValidation() {
        TrainConfig config =
                config(4, "--validation 30 --lr-schedule plateau --lr-patience 0 --min-delta 3 --keep best");
        Holdout.Parts parts = config.validation().divide(train, 0);
        Trainer trainer = trained(config, folder.resolve("one"));
        assertEquals(30, trainer.validationCount());
        Dataset constant = SmallRuns.constant(40, SmallRuns.SIDE * SmallRuns.SIDE, 0.5f);
        Trainer other = Trainer.start(config, train, constant, backend, folder.resolve("two"), listener);
        assertTrue(other.run(() -> false));
        assertArrayEquals(SmallRuns.state(trainer, backend), SmallRuns.state(other, backend));
        assertEquals(trainer.bestEpoch(), other.bestEpoch());
        assertNotEquals(epochs.get(0).test(), epochs.get(4).test());
        assertEquals(epochs.get(0).validation(), epochs.get(4).validation());
        JsonObject line = epochs.get(0).toJson();
        assertEquals(
                epochs.get(0).validation().loss(1), line.get("validation_loss").getAsDouble());
        assertTrue(line.has("validation_kl") && line.has("validation_reconstruction") && line.has("test_loss"));
        epochs.clear();
        Trainer onThose = Trainer.start(config(1, ""), parts.training(), parts.validation(), backend, null, listener);
        assertTrue(onThose.run(() -> false));
        Trainer first = trained(config(1, "--validation 30"), null);
        assertArrayEquals(SmallRuns.state(onThose, backend), SmallRuns.state(first, backend));
        assertEquals(epochs.get(0).test(), epochs.get(1).validation());
    }

    @Test
    void aRunThatDoesNotImproveEndsAndSaysSo() {
        Path run = folder.resolve("run");
        // Nothing improves by so much, but for the first epoch.
        TrainConfig config = config(20, "--patience 3 --min-delta 1000");
        Trainer trainer = trained(config, run);
        assertEquals(4, epochs.size());
        String said = trainer.stoppedEarly().orElseThrow();
        assertTrue(said.startsWith("stopped after epoch 4 of 20: the loss of the held-out rows has not"), said);
        Trainer resumed = Trainer.resume(config, train, test, backend, run, listener);
        assertTrue(resumed.run(() -> false));
        assertEquals(4, epochs.size());
        assertTrue(resumed.stoppedEarly().isPresent());
        // Patience may change, and then it goes on.
        TrainConfig patient = config.with(Setting.PATIENCE, "5");
        Trainer.requireResumable(config, patient);
        assertTrue(Trainer.resume(patient, train, test, backend, run, listener).run(() -> false));
        assertEquals(6, epochs.size());
        assertTrue(trained(config(3, ""), null).stoppedEarly().isEmpty());
    }

    /** While beta grows no epoch counts: neither for the end, nor for the rate, nor as the best one. */
    @Test
    void decisionsWaitForTheAnnealing() {
        Path run = folder.resolve("run");
        TrainConfig config = config(
                20,
                "--anneal linear --anneal-over 5 --patience 2 --min-delta 1000 --metric reconstruction --keep best"
                        + " --lr-schedule plateau --lr-patience 0");
        Trainer trainer = trained(config, run);
        assertEquals(7, epochs.size());
        assertTrue(trainer.bestEpoch().orElseThrow() >= 5, trainer.bestEpoch().toString());
        for (int i = 0; i < 7; i++) {
            Schedule.Values values = epochs.get(i).values();
            assertEquals(Math.min(1, (i + 1) / 5.0), values.beta(), 1e-12, "epoch " + (i + 1));
            // Epoch 5 is the first to compare with; 6 does not improve on it.
            assertEquals(i < 6 ? 1e-3 : 1e-4, values.rate(), 1e-12, "epoch " + (i + 1));
            assertEquals(new HeldOutLoss(1, 0), epochs.get(i).heldOut());
            JsonObject line = epochs.get(i).toJson();
            assertEquals(values.beta(), line.get("beta").getAsDouble());
            assertEquals(values.rate(), line.get("learning_rate").getAsDouble());
            assertEquals(epochs.get(i).test().loss(1), line.get("test_loss").getAsDouble());
            assertEquals(i < 4, line.has("final_beta"));
        }
        assertEquals(2, notes.size());
        assertTrue(
                notes.get(0).startsWith("epoch 6: no improvement in 1 epochs: the learning rate is 0.0001"),
                notes.toString());
    }

    @Test
    void theCapacityIsReportedAndHeldOutRowsUseTheFinalOne() {
        trained(config(4, "--capacity 6 --capacity-over 3 --beta 5"), null);
        for (int i = 0; i < 4; i++) {
            EpochMetrics metrics = epochs.get(i);
            assertEquals(
                    Math.min(6, 2.0 * (i + 1)), metrics.toJson().get("capacity").getAsDouble(), 1e-12);
            assertEquals(
                    metrics.test().reconstruction()
                            + 5 * Math.abs(metrics.test().kl() - 6),
                    metrics.testLoss(),
                    1e-12);
        }
    }

    /** Below the floor a latent costs nothing; the loss counts the floor, the divergence is what it is. */
    @Test
    void freeBitsCountTheFloor() {
        Trainer trainer = start(config(1, "--free-bits 50"), null);
        trainer.run(() -> false);
        EpochMetrics metrics = epochs.get(0);
        assertEquals(metrics.train().reconstruction() + 3 * 50, metrics.train().loss(), 1e-4);
        assertTrue(metrics.train().kl() < 50, metrics.toString());
        assertEquals(metrics.test().loss(1), metrics.testLoss());
    }

    @Test
    void checkpointsStayAsTheRuleSays() throws IOException {
        Path all = folder.resolve("all");
        trained(config(6, "--keep 6"), all);
        Path run = folder.resolve("run");
        Trainer trainer = trained(config(6, "--keep best,2"), run);
        int best = trainer.bestEpoch().orElseThrow();
        assertEquals(6, best);
        try (Stream<Path> files = Files.list(run)) {
            assertEquals(
                    List.of(
                            "checkpoint-5.safetensors",
                            "checkpoint-6.safetensors",
                            "checkpoint-best.safetensors",
                            "checkpoint.safetensors",
                            "config.json",
                            "metrics.jsonl",
                            "model.safetensors"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        for (int epoch = 1; epoch <= 6; epoch++) {
            assertTrue(Files.exists(all.resolve("checkpoint-" + epoch + ".safetensors")));
        }
        assertSameTensors(all.resolve("checkpoint-5.safetensors"), run.resolve("checkpoint-5.safetensors"));
        assertSameTensors(run.resolve("checkpoint.safetensors"), run.resolve("checkpoint-best.safetensors"));
    }

    private static void assertSameTensors(Path want, Path got) {
        Safetensors wanted = Safetensors.read(want);
        Safetensors found = Safetensors.read(got);
        assertEquals(wanted.names(), found.names());
        for (String name : wanted.names()) {
            if (!name.equals("scalars")) {
                assertArrayEquals(wanted.floats(name), found.floats(name), name);
            }
        }
        assertArrayEquals(wanted.doubles("scalars"), found.doubles("scalars"));
    }

    /** At this rate the run gets worse again: the best epoch is not the last; its checkpoint is a model and a place to go on. */
    @Test
    void theBestCheckpointIsThatOfTheBestEpoch() throws IOException {
        Path run = folder.resolve("run");
        TrainConfig config = config(8, "--lr 0.05 --keep best,8");
        Trainer trainer = trained(config, run);
        int best = 0;
        for (int i = 0; i < 8; i++) {
            best = epochs.get(i).testLoss() < epochs.get(best).testLoss() ? i : best;
        }
        best++;
        assertTrue(best < 8, "the last epoch was the best; choose another rate: " + epochs);
        assertEquals(best, trainer.bestEpoch().orElseThrow());
        Path kept = run.resolve("checkpoint-best.safetensors");
        assertEquals(-1, Files.mismatch(run.resolve("checkpoint-" + best + ".safetensors"), kept));
        Model model = Model.load(kept, backend);
        Evaluator.Result result = new Evaluator(model.spec(), backend, model.values(), model.buffers())
                .evaluate(
                        test.open(),
                        config.binarization(),
                        Evaluator.binarizationKey(config.binarization(), false, 0),
                        0);
        assertEquals(epochs.get(best - 1).test(), result);
        // Whoever wants to go on from there puts it in the place of the last one.
        Files.copy(kept, run.resolve("checkpoint.safetensors"), StandardCopyOption.REPLACE_EXISTING);
        Trainer again = Trainer.resume(config, train, test, backend, run, listener);
        assertEquals(best + 1, again.epoch());
        assertTrue(again.run(() -> false));
        assertArrayEquals(SmallRuns.state(trainer, backend), SmallRuns.state(again, backend));
    }

    // ---- files of before

    @Test
    void checkpointsOfBeforeAreRead() {
        Watch watch = Watch.read(Map.of("best_loss", "101.5", "best_epoch", "3"));
        assertEquals(new Watch(101.5, 3, Double.POSITIVE_INFINITY, 0, Double.POSITIVE_INFINITY, 0, 1), watch);
    }

    @Test
    void linesWithoutOptionsAreWhatTheyWere() {
        trained(config(1, ""), null);
        assertEquals(
                List.of(
                        "epoch",
                        "train_loss",
                        "train_reconstruction",
                        "train_kl",
                        "test_loss",
                        "test_reconstruction",
                        "test_kl",
                        "active_units",
                        "learning_rate",
                        "beta",
                        "seconds",
                        "samples_per_second"),
                List.copyOf(JsonParser.parseString(epochs.get(0).toJson().toString())
                        .getAsJsonObject()
                        .keySet()));
    }
}
