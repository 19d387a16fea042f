package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training from the outside: determinism, what it writes, what it refuses, what it notices. */
class TrainerTest {
    @TempDir
    Path folder;

    private final Dataset train = SmallRuns.blobs(150, 1);
    private final Dataset test = SmallRuns.blobs(40, 2);
    private CpuBackend backend;

    @BeforeEach
    void open() {
        backend = new CpuBackend(1);
    }

    @AfterEach
    void close() {
        backend.close();
    }

    private static class Recorder implements Trainer.Listener {
        final List<EpochMetrics> epochs = new ArrayList<>();
        final List<Trainer.Progress> progress = new ArrayList<>();
        final List<String> warnings = new ArrayList<>();

        @Override
        public void epoch(EpochMetrics metrics) {
            epochs.add(metrics);
        }

        @Override
        public void progress(Trainer.Progress so) {
            progress.add(so);
        }

        @Override
        public void warning(String message) {
            warnings.add(message);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "static", "dynamic"})
    void bitsDoNotDependOnThreads(String binarization) throws IOException {
        // Wide enough for the products to be cut into tiles, so that threads share them out.
        TrainConfig config = SmallRuns.config(2)
                .with(Setting.BATCH, "64")
                .with(Setting.HIDDEN, "160,96")
                .with(Setting.BINARIZE, binarization);
        List<float[]> states = new ArrayList<>();
        List<List<String>> metrics = new ArrayList<>();
        for (int threads = 1; threads <= 3; threads++) {
            try (CpuBackend several = new CpuBackend(threads)) {
                Path run = folder.resolve("threads" + threads);
                states.add(SmallRuns.state(SmallRuns.train(config, train, test, several, run), several));
                metrics.add(SmallRuns.metrics(run));
            }
        }
        assertArrayEquals(states.get(0), states.get(1));
        assertArrayEquals(states.get(0), states.get(2));
        assertEquals(metrics.get(0), metrics.get(1));
        assertEquals(metrics.get(0), metrics.get(2));
    }

    @Test
    void anotherSeedGivesAnotherRun() {
        TrainConfig config = SmallRuns.config(1);
        float[] one = SmallRuns.state(SmallRuns.train(config, train, test, backend, null), backend);
        float[] two =
                SmallRuns.state(SmallRuns.train(config.with(Setting.SEED, "1"), train, test, backend, null), backend);
        assertFalse(Arrays.equals(one, two));
    }

    @Test
    void learnsAndReports() throws IOException {
        Recorder recorder = new Recorder();
        TrainConfig config = SmallRuns.config(10).with(Setting.HIDDEN, "64").with(Setting.LR, "0.005");
        Dataset more = SmallRuns.blobs(600, 1);
        assertTrue(Trainer.start(config, more, test, backend, folder.resolve("run"), recorder)
                .run(() -> false));
        EpochMetrics first = recorder.epochs.get(0);
        EpochMetrics last = recorder.epochs.get(9);
        // Seen: 63.2, then 39.0. The empty posterior's best is about 55.
        assertTrue(last.test().loss(1) < 45 && first.test().loss(1) > 50, first + " to " + last);
        assertEquals(40, last.test().count());
        assertEquals(3, last.test().activeUnits());
        List<String> lines = Files.readAllLines(folder.resolve("run").resolve("metrics.jsonl"));
        assertEquals(10, lines.size());
        JsonObject line = JsonParser.parseString(lines.get(9)).getAsJsonObject();
        assertEquals(last.toJson(), line);
        assertEquals(
                line.get("test_reconstruction").getAsDouble()
                        + line.get("test_kl").getAsDouble(),
                line.get("test_loss").getAsDouble(),
                1e-9);
    }

    @Test
    void raggedLastBatchIsTrainedOn() {
        // 150 = 4 batches of 32 and one of 22: five steps and every sample once.
        Recorder recorder = new Recorder();
        Trainer trainer = Trainer.start(SmallRuns.config(1), train, test, backend, null, recorder);
        assertTrue(trainer.run(() -> false));
        double[] scalars = new double[Scalars.COUNT];
        backend.download(scalars, trainer.state().scalars());
        assertEquals(5, scalars[Scalars.STEP.ordinal()]);
        assertEquals(150 * 3, scalars[Scalars.NOISE_POSITION.ordinal()]);
        assertEquals(150, recorder.progress.get(recorder.progress.size() - 1).done());
    }

    @Test
    void batchLargerThanTheDataIsTheData() {
        Trainer trainer = SmallRuns.train(SmallRuns.config(2).with(Setting.BATCH, "1000"), train, test, backend, null);
        double[] scalars = new double[Scalars.COUNT];
        backend.download(scalars, trainer.state().scalars());
        assertEquals(2, scalars[Scalars.STEP.ordinal()]);
    }

    @Test
    void sumAndMeanDifferOnlyInTheGradient() {
        TrainConfig config = SmallRuns.config(1);
        Recorder mean = new Recorder();
        Recorder sum = new Recorder();
        Trainer.start(config, train, test, backend, null, mean).run(() -> true);
        Trainer.start(config.with(Setting.REDUCTION, "sum"), train, test, backend, null, sum)
                .run(() -> true);
        // After one step the reported loss is that of the same untrained model, per sample in both.
        assertEquals(mean.progress.get(0).losses(), sum.progress.get(0).losses());
    }

    @Test
    void divergenceStopsTheRunAndKeepsTheLastFiniteState() {
        Path run = folder.resolve("run");
        TrainConfig config = SmallRuns.config(50).with(Setting.LR, "10");
        Failure failure = assertThrows(
                Failure.class,
                () -> Trainer.start(config, train, test, backend, run, new Recorder())
                        .run(() -> false));
        assertTrue(failure.getMessage().matches("step \\d+ \\(epoch \\d+\\): .*"), failure.getMessage());
        assertTrue(failure.getMessage().contains("--resume " + run), failure.getMessage());
        assertTrue(failure.getMessage().contains("not finite"), failure.getMessage());
        // Reading refuses values that are not finite.
        Model.load(run, backend);
        Trainer resumed = Trainer.resume(
                config.with(Setting.LR, "0.001").with(Setting.EPOCHS, "1"), train, test, backend, run, new Recorder());
        for (float value : SmallRuns.state(resumed, backend)) {
            assertTrue(Float.isFinite(value));
        }
    }

    @Test
    void overflowingMomentsStopTheRunWhileParametersAreFinite() {
        // As a gradient leaves it whose square is beyond the range of floats.
        Path run = folder.resolve("run");
        Trainer trainer = Trainer.start(SmallRuns.config(2), train, test, backend, run, new Recorder());
        float[] infinite = {1, Float.POSITIVE_INFINITY, 1};
        backend.upload(trainer.state().secondMoments().get("mu.bias"), infinite, 0);
        Failure failure = assertThrows(Failure.class, () -> trainer.run(() -> false));
        String expected = "step 5 (epoch 1): Adam's second moment of mu.bias is not finite (Infinity)";
        assertTrue(failure.getMessage().startsWith(expected), failure.getMessage());
        assertFalse(Files.exists(run.resolve("metrics.jsonl")));
        assertEquals(
                1,
                Trainer.resume(SmallRuns.config(2), train, test, backend, run, new Recorder())
                        .epoch());
    }

    @Test
    void overflowingDataIsNamedByTheFirstQuantity() {
        Path run = folder.resolve("run");
        TrainConfig config = SmallRuns.config(2).with(Setting.LIKELIHOOD, "mse").with(Setting.BATCH, "8");
        Dataset huge = SmallRuns.constant(16, 5, 3e25f);
        Failure failure = assertThrows(
                Failure.class,
                () -> Trainer.start(config, huge, huge, backend, run, new Recorder())
                        .run(() -> false));
        assertTrue(failure.getMessage().startsWith("step 1 (epoch 1): "), failure.getMessage());
        assertTrue(failure.getMessage().contains("the first quantity that is not is "), failure.getMessage());
        assertFalse(failure.getMessage().contains("\n"));
        Model.load(run, backend);
    }

    @Test
    void collapseIsWarnedAboutWhileThereIsTime() {
        Recorder recorder = new Recorder();
        TrainConfig config = SmallRuns.config(6).with(Setting.BETA, "200").with(Setting.LR, "0.01");
        Trainer.start(config, train, test, backend, null, recorder).run(() -> false);
        assertFalse(recorder.warnings.isEmpty());
        String warning = recorder.warnings.get(recorder.warnings.size() - 1);
        assertTrue(warning.contains("0 of 3 latents active") && warning.contains("--beta"), warning);
        // The last epoch leaves nothing to act on.
        assertFalse(warning.startsWith("epoch 6"), warning);
    }

    @Test
    void noCollapseIsSeenWhereThereIsNone() {
        Recorder recorder = new Recorder();
        TrainConfig config = SmallRuns.config(4).with(Setting.BETA, "0");
        Trainer.start(config, train, test, backend, null, recorder).run(() -> false);
        assertEquals(List.of(), recorder.warnings);
    }

    @Test
    void bernoulliRefusesValuesOutsideTheUnitRange() {
        UserError error = assertThrows(
                UserError.class,
                () -> Trainer.start(
                        SmallRuns.config(1), SmallRuns.constant(9, 4, 2), test, backend, null, new Recorder()));
        assertTrue(error.getMessage().contains("row 0") && error.getMessage().contains("2.0"), error.getMessage());
    }

    @Test
    void binarizationRefusesValuesOutsideTheUnitRange() {
        TrainConfig config =
                SmallRuns.config(1).with(Setting.LIKELIHOOD, "gaussian").with(Setting.BINARIZE, "static");
        Dataset wide = SmallRuns.constant(9, 4, -1);
        UserError error =
                assertThrows(UserError.class, () -> Trainer.start(config, wide, wide, backend, null, new Recorder()));
        assertTrue(error.getMessage().contains("row 0"), error.getMessage());
    }

    @Test
    void folderWithARunIsRefused() {
        Path run = folder.resolve("run");
        SmallRuns.train(SmallRuns.config(1), train, test, backend, run);
        UserError error = assertThrows(
                UserError.class, () -> Trainer.start(SmallRuns.config(1), train, test, backend, run, new Recorder()));
        assertTrue(error.getMessage().contains("holds a run already"), error.getMessage());
        assertTrue(error.getMessage().contains("--resume " + run), error.getMessage());
    }

    @Test
    void modelFileGivesBackTheModel() {
        Path run = folder.resolve("run");
        TrainConfig config = SmallRuns.config(1).with(Setting.LIKELIHOOD, "gaussian-learned");
        Trainer trainer = SmallRuns.train(config, train, test, backend, run);
        Model model = Model.load(run, backend);
        assertEquals(config, model.config());
        assertEquals(DataRecord.of("blobs", train, test), model.data());
        float[] stored = new float[Math.toIntExact(model.values().layout().count())];
        float[] trained = stored.clone();
        backend.download(stored, 0, model.values().block());
        backend.download(trained, 0, trainer.state().values().block());
        assertArrayEquals(trained, stored);
    }

    @ParameterizedTest
    @ValueSource(strings = {"model", "checkpoint"})
    void damagedFilesAreToldInOneLine(String name) throws IOException {
        Path run = folder.resolve("run");
        SmallRuns.train(SmallRuns.config(1), train, test, backend, run);
        Path file = run.resolve(name + ".safetensors");
        byte[] whole = Files.readAllBytes(file);
        List<byte[]> damaged = new ArrayList<>();
        damaged.add(new byte[0]);
        damaged.add(Arrays.copyOf(whole, whole.length / 2));
        damaged.add(Arrays.copyOf(whole, 5));
        damaged.add("not a model".repeat(100).getBytes(StandardCharsets.UTF_8));
        byte[] flipped = whole.clone();
        flipped[whole.length - 3] ^= 0x40;
        damaged.add(flipped);
        byte[] renamed = new String(whole, StandardCharsets.ISO_8859_1)
                .replace("mu.weight", "mu.wrongs")
                .getBytes(StandardCharsets.ISO_8859_1);
        damaged.add(renamed);
        byte[] resized = new String(whole, StandardCharsets.ISO_8859_1)
                .replace("\\\"latent\\\":3", "\\\"latent\\\":4")
                .getBytes(StandardCharsets.ISO_8859_1);
        damaged.add(resized);
        for (int i = 0; i < damaged.size(); i++) {
            Files.write(file, damaged.get(i));
            UserError error = assertThrows(UserError.class, () -> load(name, run), "damage " + i);
            assertTrue(error.getMessage().startsWith(file.toString()), error.getMessage());
            assertFalse(error.getMessage().contains("\n"), error.getMessage());
        }
    }

    private void load(String name, Path run) {
        if (name.equals("model")) {
            Model.load(run, backend);
        } else {
            TrainConfig config = new RunFolder(run).readConfig().with(Setting.EPOCHS, "2");
            // A changed size shows in the model's own description only.
            int latents = latentsInside(run.resolve("checkpoint.safetensors"));
            Trainer.resume(
                    config.with(Setting.LATENT, String.valueOf(latents)), train, test, backend, run, new Recorder());
        }
    }

    private static int latentsInside(Path file) {
        try {
            String text = Files.readString(file, StandardCharsets.ISO_8859_1);
            return text.contains("\\\"latent\\\":4") ? 4 : 3;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
