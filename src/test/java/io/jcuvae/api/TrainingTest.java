package io.jcuvae.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training through the library. */
class TrainingTest {
    @TempDir
    Path folder;

    @Test
    void aRunIsThatOfTheTrainer() throws Exception {
        Path data = Small.write(SmallRuns.blobs(200, 1), folder.resolve("rows.npy"));
        TrainConfig config = SmallRuns.config(2).with(Setting.DATA, data.toString());
        DataSource source = DataSource.parse(data.toString());
        try (CpuBackend cpu = new CpuBackend(1)) {
            Trainer.start(
                            config,
                            source.load(Split.TRAIN, 0),
                            source.load(Split.TEST, 0),
                            cpu,
                            folder.resolve("trainer"),
                            new Trainer.Listener() {})
                    .run(() -> false);
        }
        Training training = Training.on(data.toString())
                .device(Device.cpu(2))
                .epochs(2)
                .batch(32)
                .hidden(32, 16)
                .latents(3);
        Small.Heard heard = new Small.Heard();
        try (TrainingResult result = training.folder(folder.resolve("library")).run(heard)) {
            assertTrue(result.finished());
            assertEquals("", result.ending());
            assertEquals(2, result.epochs().size());
            assertEquals(result.epochs(), heard.epochs);
            assertTrue(heard.progress > 0);
            result.model().save(folder.resolve("kept.safetensors"));
        }
        for (String file : List.of("library/model.safetensors", "kept.safetensors")) {
            try (TrainedModel one = TrainedModel.load(folder.resolve("trainer"), Device.cpu(1));
                    TrainedModel other = TrainedModel.load(folder.resolve(file), Device.cpu(1))) {
                assertArrayEquals(
                        one.generate(Sampling.of(5)).toArray(),
                        other.generate(Sampling.of(5)).toArray());
            }
        }
        // The same rows in memory are divided as those of the file.
        float[] rows = Small.rows(200, 1);
        Training inMemory = Training.on(Samples.of(rows, Small.SIDE, Small.SIDE))
                .device(Device.cpu(1))
                .epochs(2)
                .batch(32)
                .hidden(32, 16)
                .latents(3);
        rows[0] = 7;
        try (TrainingResult result = inMemory.run(heard)) {
            assertEquals(heard.epochs.get(1).heldOut(), result.epochs().get(1).heldOut());
        }
    }

    @Test
    void aStoppedRunGoesOnAsIfItNeverHad() throws Exception {
        Training whole = Training.on("moons:300")
                .device(Device.cpu(1))
                .hidden(16)
                .latents(2)
                .batch(32)
                .epochs(3);
        Path straight = Small.save(whole, folder.resolve("straight.safetensors"));
        int[] steps = new int[1];
        Path run = folder.resolve("run");
        try (TrainingResult stopped = whole.folder(run).run(new Small.Heard(), () -> ++steps[0] >= 14)) {
            assertFalse(stopped.finished());
            assertEquals(1, stopped.epochs().size());
            assertEquals(1, stopped.model().generate(Sampling.of(1)).next().count());
        }
        assertMessage("holds a run", () -> whole.folder(run).run());
        Path interrupted = folder.resolve("resumed.safetensors");
        Thread.currentThread().interrupt();
        try (TrainingResult again = Training.resume(run).device(Device.cpu(1)).run(new Small.Heard())) {
            assertFalse(again.finished(), "an interrupt stops it");
            assertTrue(Thread.interrupted(), "and stays set");
        }
        try (TrainingResult again = Training.resume(run).device(Device.cpu(1)).run(new Small.Heard())) {
            assertTrue(again.finished());
            again.model().save(interrupted);
        }
        assertEquals(-1, Files.mismatch(straight, interrupted));
        try (TrainingResult more =
                Training.resume(run).device(Device.cpu(1)).epochs(4).run(new Small.Heard())) {
            assertEquals(4, more.epochs().get(0).epoch());
        }
        assertMessage(
                "--latent: the run began with 2", () -> Training.resume(run).latents(3));
        assertMessage("Training.preset", () -> Training.resume(run).preset("mlp"));
        assertMessage("Training.folder", () -> Training.resume(run).folder(folder));
    }

    @Test
    void rowsInMemoryAreGivenAgainToResume() {
        Path run = folder.resolve("run");
        int[] steps = new int[1];
        try (TrainingResult stopped = Small.training().folder(run).run(new Small.Heard(), () -> ++steps[0] > 3)) {
            assertFalse(stopped.finished());
        }
        Training again = Training.resume(run, Small.samples(300, 1), Small.samples(40, 2))
                .device(Device.cpu(1));
        try (TrainingResult result = again.run(new Small.Heard())) {
            assertTrue(result.finished());
        }
        Training other = Training.resume(run, Small.samples(300, 9), Small.samples(40, 2))
                .device(Device.cpu(1));
        assertThrows(UserError.class, () -> other.epochs(5).run(new Small.Heard()));
    }

    @Test
    void eachSettingIsAnotherTraining() {
        Training base = Training.on("moons:100");
        Training more = base.epochs(7)
                .latents(5)
                .beta(0.5)
                .seed(3)
                .likelihood("gaussian")
                .hidden();
        assertEquals("20", base.setting(Setting.LATENT));
        assertEquals("5", more.setting(Setting.LATENT));
        assertEquals("none", more.setting(Setting.HIDDEN));
        assertEquals("gaussian", more.setting(Setting.LIKELIHOOD));
        assertEquals("5", more.preset("beta-vae").setting(Setting.LATENT));
        assertEquals("4.0", base.preset("beta-vae").setting(Setting.BETA));
        assertEquals("0.5", more.preset("beta-vae").setting(Setting.BETA));
    }

    @Test
    void whatIsNoSettingIsToldWhereItIsSet() {
        Training base = Training.on("moons:100");
        assertMessage("--epochs", () -> base.epochs(0));
        assertMessage("--preset: there is no preset 'conf-28'", () -> base.preset("conf-28"));
        assertMessage("use Training.device", () -> base.set(Setting.THREADS, "2"));
        assertMessage("use Training.on", () -> base.set(Setting.DATA, "moons"));
        assertMessage("no such folder", () -> Training.resume(folder.resolve("none")));
        assertMessage("a stream is read once", () -> {
            RowStream stream = new RowStream(new int[] {2}, 1, null);
            Training.on(Samples.of(stream), Small.samples(2, 1)).run(new Small.Heard());
        });
        assertMessage("a stream has no parts", () -> Training.on(Samples.of(new RowStream(new int[] {2}, 1, null))));
        assertMessage(
                "Samples.labelled",
                () -> Training.on(Small.samples(20, 1).label("7")).run(new Small.Heard()));
    }

    @Test
    void aListenerThatThrowsEndsTheRun() {
        List<Integer> told = new ArrayList<>();
        TrainingListener throwing = new TrainingListener() {
            @Override
            public void epoch(Epoch epoch) {
                told.add(epoch.epoch());
                throw new IllegalArgumentException("enough");
            }
        };
        assertEquals(
                "enough",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Small.training().run(throwing))
                        .getMessage());
        assertEquals(List.of(1), told);
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(UserError.class, call).getMessage();
        assertTrue(message.contains(part), message);
        assertEquals(1, message.lines().count(), message);
    }
}
