package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleShape;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models with batch norm, layer norm and dropout are trained, saved, loaded and resumed like any others. */
class NormTrainingTest {
    private static final Dataset TRAIN = SmallRuns.blobs(150, 1);
    private static final Dataset TEST = SmallRuns.blobs(40, 2);
    /** Steps of an epoch: 150 rows in batches of 32. */
    private static final int STEPS = 5;

    private static final Trainer.Listener SILENT = new Trainer.Listener() {};
    private static CpuBackend backend;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        backend = new CpuBackend(1);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static BooleanSupplier after(int looks) {
        AtomicInteger looked = new AtomicInteger();
        return () -> looked.incrementAndGet() >= looks;
    }

    @Test
    void learnsAndIsReadBack() {
        Path run = folder.resolve("run");
        List<EpochMetrics> metrics = new ArrayList<>();
        TrainConfig config = NormRuns.config(12).with(Setting.LR, "0.005");
        Trainer trainer = Trainer.start(config, TRAIN, TEST, backend, run, new Trainer.Listener() {
            @Override
            public void epoch(EpochMetrics epoch) {
                metrics.add(epoch);
            }
        });
        assertTrue(trainer.run(() -> false));
        double first = metrics.get(0).test().loss(1);
        double last = metrics.get(11).test().loss(1);
        assertTrue(last < 0.6 * first, first + " to " + last);

        Safetensors file = Safetensors.read(run.resolve("model.safetensors"));
        for (String name :
                List.of("enc1.running_mean", "enc1.running_var", "enc1.weight", "enc1.bias", "enc5.weight")) {
            assertEquals(name.startsWith("enc1") ? 3 : 16, file.floats(name).length, name);
        }
        for (String layer : List.of("enc1", "dec1")) {
            assertArrayEquals(new int[0], file.shape(layer + ".num_batches_tracked"));
            assertArrayEquals(new long[] {12 * STEPS}, file.longs(layer + ".num_batches_tracked"));
            for (float variance : file.floats(layer + ".running_var")) {
                assertTrue(variance > 0 && variance != 1, layer + ": " + variance);
            }
        }
        Model loaded = Model.load(run, backend);
        assertArrayEquals(
                trainer.state().buffers().download(backend), loaded.buffers().download(backend));
        Evaluator.Result again = new Evaluator(loaded.spec(), backend, loaded.values(), loaded.buffers())
                .evaluate(TEST.open(), Binarization.NONE, 0, config.seed());
        assertEquals(metrics.get(11).test(), again);
        // With the statistics as they start it is another model.
        Trainer fresh = Trainer.start(config, TRAIN, TEST, backend, null, SILENT);
        Evaluator.Result without = new Evaluator(
                        loaded.spec(), backend, loaded.values(), fresh.state().buffers())
                .evaluate(TEST.open(), Binarization.NONE, 0, config.seed());
        assertNotEquals(again, without);
    }

    /** Stopped in the middle of an epoch, at its end, and right after the start; also where a step has several parts. */
    @Test
    void stoppedAndResumedItEndsWithTheSameBits() throws IOException {
        TrainConfig plain = NormRuns.config(4);
        TrainConfig parts = plain.with(Setting.ACCUMULATE, "2").with(Setting.BATCH, "16");
        int trial = 0;
        for (TrainConfig config : List.of(plain, parts)) {
            Path undisturbed = folder.resolve("undisturbed" + trial);
            SmallRuns.train(config, TRAIN, TEST, backend, undisturbed);
            for (int at : new int[] {1, STEPS - 1, STEPS, 2 * STEPS + 3}) {
                Path run = folder.resolve("run" + trial++);
                assertFalse(
                        Trainer.start(config, TRAIN, TEST, backend, run, SILENT).run(after(at)));
                Trainer resumed = Trainer.resume(config, TRAIN, TEST, backend, run, SILENT);
                assertTrue(resumed.run(() -> false));
                for (String file : new String[] {"checkpoint.safetensors", "model.safetensors"}) {
                    assertEquals(
                            -1,
                            Files.mismatch(undisturbed.resolve(file), run.resolve(file)),
                            config.accumulate() + " parts, stop at " + at + ": " + file);
                }
                assertEquals(SmallRuns.metrics(undisturbed), SmallRuns.metrics(run));
            }
        }
    }

    @Test
    void anyNumberOfThreadsGivesTheSameBits() {
        TrainConfig config = NormRuns.config(2);
        float[] one = NormRuns.state(SmallRuns.train(config, TRAIN, TEST, backend, null), backend);
        try (CpuBackend three = new CpuBackend(3)) {
            assertArrayEquals(one, NormRuns.state(SmallRuns.train(config, TRAIN, TEST, three, null), three));
        }
    }

    /** What places masks and moments counts rows, so that a step of two parts draws as two steps do. */
    @Test
    void partsOfAStepDrawMasksOfTheirOwn() {
        TrainConfig config = NormRuns.config(1).with(Setting.ACCUMULATE, "2");
        Trainer trainer = SmallRuns.train(config, TRAIN, TEST, backend, null);
        double[] scalars = new double[Scalars.COUNT];
        backend.download(scalars, trainer.state().scalars());
        assertEquals(150, scalars[Scalars.ROWS_TRAINED.ordinal()]);
        assertEquals(3, scalars[Scalars.STEP.ordinal()]);
        float[] batches = new float[2];
        backend.download(batches, 0, trainer.state().buffers().get("enc1.num_batches_tracked"));
        assertArrayEquals(new float[] {5, 0}, batches, "each part is a batch, as in PyTorch");
    }

    /** A dense layer's features of one row have no variance; the pixels of one picture have. */
    @Test
    void oneRowLeftOverIsToldBeforeTraining() {
        Dataset odd = SmallRuns.blobs(129, 1);
        UserError error = assertThrows(
                UserError.class, () -> Trainer.start(NormRuns.config(1), odd, TEST, backend, null, SILENT));
        assertEquals(
                "dec1, BatchNorm(momentum 0.3): a training batch of 1 row gives it one value per feature, which has no"
                        + " variance; choose a --batch, or a --limit of the training rows, that leaves no single row"
                        + " over at the end of an epoch",
                error.getMessage());
        SmallRuns.train(NormRuns.config(1).with(Setting.BATCH, "33"), odd, TEST, backend, null);
        TrainConfig pictures = NormRuns.config(1).with(Setting.DECODER, "mlp");
        SmallRuns.train(pictures, odd, TEST, backend, null);
    }

    /** A row that is not a number halts its step before the statistics have seen it, and the files stay as they were. */
    @Test
    void aHaltedStepReachesNoStatistics() throws IOException {
        Path run = folder.resolve("run");
        int width = SmallRuns.SIDE * SmallRuns.SIDE;
        float[] rows = new float[150 * width];
        for (int r = 0; r < 150; r++) {
            TRAIN.copyRow(r, rows, r * width);
        }
        Dataset good = floats(rows);
        TrainConfig config = NormRuns.config(3).with(Setting.LIKELIHOOD, "gaussian");
        assertFalse(Trainer.start(config, good, TEST, backend, run, SILENT).run(after(STEPS)));
        byte[] before = Files.readAllBytes(run.resolve("checkpoint.safetensors"));

        float[] broken = rows.clone();
        Arrays.fill(broken, 70 * width, 71 * width, 3e38f);
        Trainer trainer = Trainer.start(config, floats(broken), TEST, backend, null, SILENT);
        Failure failure = assertThrows(Failure.class, () -> trainer.run(() -> false));
        assertTrue(failure.getMessage().contains("not finite"), failure.getMessage());
        for (float value : trainer.state().buffers().download(backend)) {
            assertTrue(Float.isFinite(value), failure.getMessage());
        }
        assertArrayEquals(before, Files.readAllBytes(run.resolve("checkpoint.safetensors")));
    }

    private static Dataset floats(float[] rows) {
        return Dataset.ofFloats("rows", new SampleShape(SmallRuns.SIDE, SmallRuns.SIDE), rows, null);
    }

    /** A model file that lacks them, or has others, is refused by name. */
    @Test
    void statisticsThatAreMissingOrImpossibleAreTold() throws IOException {
        Path run = folder.resolve("run");
        SmallRuns.train(NormRuns.config(1), TRAIN, TEST, backend, run);
        Path file = run.resolve("model.safetensors");
        Safetensors good = Safetensors.read(file);
        for (String name : List.of("enc1.running_var", "enc1.num_batches_tracked")) {
            List<Safetensors.Entry> entries = new ArrayList<>();
            for (String other : good.names()) {
                if (other.endsWith("num_batches_tracked")) {
                    long[] count = other.equals(name) ? new long[] {-1} : good.longs(other);
                    entries.add(Safetensors.Entry.of(other, new int[0], count, 0));
                } else if (!other.equals(name)) {
                    entries.add(Safetensors.Entry.of(other, good.shape(other), good.floats(other), 0));
                }
            }
            Safetensors.write(file, good.metadata(), entries);
            UserError error = assertThrows(UserError.class, () -> Model.load(run, backend));
            assertTrue(error.getMessage().contains(name), error.getMessage());
            assertEquals(1, error.getMessage().lines().count());
        }
    }
}
