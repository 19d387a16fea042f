package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.ChildJvm;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** However a run is stopped, killed and resumed, it ends with the files of the run that nobody disturbed. */
class ResumeTest {
    /** Steps of an epoch: 150 rows in batches of 32. */
    private static final int STEPS = 5;

    private static final int EPOCHS = 6;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static final Dataset TRAIN = SmallRuns.blobs(150, 1);
    private static final Dataset TEST = SmallRuns.blobs(40, 2);
    private static final TrainConfig CONFIG = SmallRuns.config(EPOCHS).with(Setting.BINARIZE, "dynamic");
    private static CpuBackend backend;
    private static Path undisturbed;
    private static float[] state;

    /** Stands for the sudden end of the process. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    @BeforeAll
    static void trainUndisturbed() {
        backend = new CpuBackend(1);
        undisturbed = shared.resolve("undisturbed");
        state = SmallRuns.state(SmallRuns.train(CONFIG, TRAIN, TEST, backend, undisturbed), backend);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private Trainer start(Path run, TrainConfig with, Trainer.Listener listener) {
        return Trainer.start(with, TRAIN, TEST, backend, run, listener);
    }

    private Trainer resume(Path run, Trainer.Listener listener) {
        return Trainer.resume(CONFIG, TRAIN, TEST, backend, run, listener);
    }

    private static Trainer.Listener silent() {
        return new Trainer.Listener() {};
    }

    /** Every number of the checkpoint, its description and the model are the same bytes; so are the metrics but for the clock. */
    private void assertSameAsUndisturbed(Path run, String context) throws IOException {
        for (String file : new String[] {"checkpoint.safetensors", "model.safetensors"}) {
            assertEquals(-1, Files.mismatch(undisturbed.resolve(file), run.resolve(file)), context + ": " + file);
        }
        assertEquals(SmallRuns.metrics(undisturbed), SmallRuns.metrics(run), context);
    }

    @Test
    void threeEpochsAndThreeMoreAreSix() throws IOException {
        Path run = folder.resolve("run");
        // Another number of epochs at first, as a user would do it.
        Trainer first = start(run, CONFIG.with(Setting.EPOCHS, "3"), silent());
        assertTrue(first.run(() -> false));
        assertEquals(3, SmallRuns.metrics(run).size());
        Trainer second = resume(run, silent());
        assertEquals(4, second.epoch());
        assertTrue(second.run(() -> false));
        assertArrayEquals(state, SmallRuns.state(second, backend));
        assertSameAsUndisturbed(run, "3 + 3");
    }

    @Test
    void stoppedAfterAnyStepItGoesOn() throws IOException {
        Random random = new Random(5);
        for (int trial = 0; trial < 4; trial++) {
            Path run = folder.resolve("run" + trial);
            int at = 1 + random.nextInt(EPOCHS * STEPS - 1);
            Trainer trainer = start(run, CONFIG, silent());
            assertFalse(trainer.run(after(at)), "stop at step " + at);
            Trainer resumed = resume(run, silent());
            assertArrayEquals(
                    SmallRuns.state(trainer, backend), SmallRuns.state(resumed, backend), "stop at step " + at);
            assertTrue(resumed.run(() -> false));
            assertArrayEquals(state, SmallRuns.state(resumed, backend), "stop at step " + at);
            assertSameAsUndisturbed(run, "stop at step " + at);
        }
    }

    /** True from the given look on. */
    private static BooleanSupplier after(int looks) {
        AtomicInteger looked = new AtomicInteger();
        return () -> looked.incrementAndGet() >= looks;
    }

    @Test
    void killedAtAnyMomentItGoesOn() throws IOException {
        Random random = new Random(7);
        for (int trial = 0; trial < 6; trial++) {
            Path run = folder.resolve("run" + trial);
            StringBuilder moments = new StringBuilder("killed");
            boolean begun = false;
            boolean done = false;
            while (!done) {
                Trainer.Listener listener = killer(random, moments);
                BooleanSupplier stop = killAt(random.nextInt(3 * STEPS), moments);
                try {
                    Trainer trainer = begun ? resume(run, listener) : start(run, CONFIG, listener);
                    begun = true;
                    done = trainer.run(stop);
                } catch (Killed e) {
                    // Goes on below with what the files hold.
                }
            }
            assertSameAsUndisturbed(run, moments.toString());
        }
    }

    private static BooleanSupplier killAt(int step, StringBuilder moments) {
        AtomicInteger steps = new AtomicInteger();
        return () -> {
            if (steps.getAndIncrement() == step) {
                moments.append(" at step ").append(step);
                throw new Killed();
            }
            return false;
        };
    }

    private static Trainer.Listener killer(Random random, StringBuilder moments) {
        return new Trainer.Listener() {
            @Override
            public void progress(Trainer.Progress progress) {
                die(" in progress", 8);
            }

            @Override
            public void epoch(EpochMetrics metrics) {
                die(" after epoch " + metrics.epoch(), 4);
            }

            private void die(String when, int oneIn) {
                if (random.nextInt(oneIn) == 0) {
                    moments.append(when);
                    throw new Killed();
                }
            }
        };
    }

    /**
     * Between two writes of an epoch's end the folder holds older files beside newer ones. No listener is told there, so the
     * folder is put together from one run's files before and after an epoch.
     */
    @ParameterizedTest
    @ValueSource(ints = {1, 3, EPOCHS})
    void killedBetweenTheWritesOfAnEpochItGoesOn(int epoch) throws IOException {
        Path before = folder.resolve("before");
        Path after = folder.resolve("after");
        start(before, CONFIG.with(Setting.EPOCHS, String.valueOf(Math.max(1, epoch - 1))), silent())
                .run(() -> epoch == 1);
        start(after, CONFIG.with(Setting.EPOCHS, String.valueOf(epoch)), silent())
                .run(() -> false);
        if (epoch == 1) {
            Files.deleteIfExists(before.resolve("metrics.jsonl"));
        }
        String[][] written = {{"metrics.jsonl"}, {"metrics.jsonl", "model.safetensors"}};
        for (int i = 0; i < written.length; i++) {
            Path run = folder.resolve("mixed" + i);
            SmallRuns.copy(before, run);
            for (String file : written[i]) {
                Files.copy(after.resolve(file), run.resolve(file), StandardCopyOption.REPLACE_EXISTING);
            }
            assertTrue(resume(run, silent()).run(() -> false));
            assertSameAsUndisturbed(run, "epoch " + epoch + " with " + List.of(written[i]));
        }
    }

    @Test
    void halfWrittenLineOfMetricsIsDropped() throws IOException {
        Path run = folder.resolve("run");
        assertFalse(start(run, CONFIG, silent()).run(after(3 * STEPS + 2)));
        Files.writeString(run.resolve("metrics.jsonl"), "{\"epoch\":4,\"train_lo", StandardOpenOption.APPEND);
        assertTrue(resume(run, silent()).run(() -> false));
        assertSameAsUndisturbed(run, "half-written line");
    }

    @Test
    void checkpointIsNeverNewerThanTheModel() throws IOException {
        Path run = folder.resolve("run");
        Path model = run.resolve("model.safetensors");
        // A folder of the model's name makes its writing fail, at the end of the last epoch.
        Trainer.Listener obstacle = new Trainer.Listener() {
            @Override
            public void epoch(EpochMetrics metrics) {
                if (metrics.epoch() == EPOCHS - 1) {
                    assertTrue(model.toFile().delete() && model.toFile().mkdir());
                }
            }
        };
        assertThrows(UserError.class, () -> start(run, CONFIG, obstacle).run(() -> false));
        Files.delete(model);
        Trainer resumed = resume(run, silent());
        assertEquals(EPOCHS, resumed.epoch());
        assertTrue(resumed.run(() -> false));
        assertSameAsUndisturbed(run, "the model could not be written");
    }

    @Test
    void resumingAFinishedRunChangesNothing() throws IOException {
        Path run = folder.resolve("run");
        SmallRuns.copy(undisturbed, run);
        Trainer finished = resume(run, silent());
        assertTrue(finished.run(() -> false));
        assertArrayEquals(state, SmallRuns.state(finished, backend));
        assertSameAsUndisturbed(run, "nothing left to do");
    }

    @Test
    void otherDataAreRefused() {
        for (Dataset other : List.of(SmallRuns.blobs(150, 9), SmallRuns.blobs(149, 1))) {
            UserError error = assertThrows(
                    UserError.class, () -> Trainer.resume(CONFIG, other, TEST, backend, undisturbed, silent()));
            assertTrue(error.getMessage().contains("fingerprint"), error.getMessage());
            assertTrue(error.getMessage().contains("resume with the data it began with"), error.getMessage());
        }
    }

    @Test
    void onlySomeSettingsMayChange() {
        TrainConfig began = new RunFolder(undisturbed).readConfig();
        assertEquals(CONFIG, began);
        Trainer.requireResumable(
                began, CONFIG.with(Setting.EPOCHS, "9").with(Setting.LR, "0.1").with(Setting.BETA, "2"));
        Trainer.requireResumable(began, CONFIG.with(Setting.THREADS, "3").with(Setting.DEVICE, "cpu"));
        for (String[] change :
                new String[][] {{"seed", "1"}, {"batch", "16"}, {"hidden", "32"}, {"binarize", "static"}}) {
            Setting setting = Setting.find(change[0]).orElseThrow();
            UserError error = assertThrows(
                    UserError.class, () -> Trainer.requireResumable(began, CONFIG.with(setting, change[1])));
            assertTrue(error.getMessage().startsWith("--" + change[0] + ": "), error.getMessage());
        }
    }

    @Test
    void folderWithoutCheckpointIsRefused() throws IOException {
        Path run = folder.resolve("run");
        SmallRuns.copy(undisturbed, run);
        Files.delete(run.resolve("checkpoint.safetensors"));
        UserError error = assertThrows(UserError.class, () -> resume(run, silent()));
        assertTrue(error.getMessage().startsWith(run + ": "), error.getMessage());
        assertTrue(error.getMessage().contains("checkpoint.safetensors"), error.getMessage());
    }

    @Test
    void processKilledByForceGoesOn() throws IOException, InterruptedException {
        TrainConfig longer = CONFIG.with(Setting.EPOCHS, String.valueOf(Child.EPOCHS));
        Path whole = folder.resolve("whole");
        SmallRuns.train(longer, TRAIN, TEST, backend, whole);
        Path run = folder.resolve("run");
        Random random = new Random(11);
        for (int kills = 0; kills < 2; kills++) {
            int begun = lines(run);
            Process child = new ProcessBuilder(
                            ChildJvm.command(List.of("-XX:TieredStopAtLevel=1"), Child.class, run.toString()))
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("child" + kills + ".log").toFile())
                    .start();
            try {
                // Not before it has trained an epoch, whenever that is on a busy machine.
                while (child.isAlive() && lines(run) <= begun) {
                    Thread.sleep(1);
                }
                Thread.sleep(random.nextInt(60));
            } finally {
                child.destroyForcibly();
            }
            assertTrue(child.waitFor(60, TimeUnit.SECONDS));
            String log = Files.readString(folder.resolve("child" + kills + ".log"));
            assertTrue(lines(run) > begun && lines(run) < Child.EPOCHS, "it was to be killed while it trained: " + log);
        }
        assertTrue(Trainer.resume(longer, TRAIN, TEST, backend, run, silent()).run(() -> false));
        assertEquals(
                -1, Files.mismatch(whole.resolve("checkpoint.safetensors"), run.resolve("checkpoint.safetensors")));
        assertEquals(-1, Files.mismatch(whole.resolve("model.safetensors"), run.resolve("model.safetensors")));
        assertEquals(SmallRuns.metrics(whole), SmallRuns.metrics(run));
    }

    private static int lines(Path run) throws IOException {
        Path metrics = run.resolve("metrics.jsonl");
        try (var lines = Files.lines(metrics)) {
            return (int) lines.count();
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** The process that is killed: trains, or goes on training. */
    static final class Child {
        static final int EPOCHS = 60;

        public static void main(String[] args) throws InterruptedException {
            Path run = Path.of(args[0]);
            TrainConfig longer = CONFIG.with(Setting.EPOCHS, String.valueOf(EPOCHS));
            try (CpuBackend backend = new CpuBackend(1)) {
                Trainer trainer = Files.exists(run.resolve("checkpoint.safetensors"))
                        ? Trainer.resume(longer, TRAIN, TEST, backend, run, silent())
                        : Trainer.start(longer, TRAIN, TEST, backend, run, silent());
                trainer.run(() -> {
                    // Slow enough that the end does not come before the killer.
                    sleep();
                    return false;
                });
            }
        }

        private static void sleep() {
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
