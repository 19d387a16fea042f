package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link ResumeTest} with each option of training switched on, alone and all at once. */
class ResumeOptionsTest {
    private static final int EPOCHS = 6;
    private static final Dataset TRAIN = SmallRuns.blobs(150, 1);
    private static final Dataset TEST = SmallRuns.blobs(40, 2);

    @TempDir
    Path folder;

    /** Stands for the sudden end of the process. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    static List<String> options() {
        return SmallRuns.OPTIONS;
    }

    /** Variants that keep parameters of a kind of their own. */
    static List<String> variants() {
        return List.of(
                "--prior gmm --components 4", "--prior vamp --components 7 --estimator dreg --draws 2 --ema 0.9");
    }

    @ParameterizedTest
    @MethodSource({"options", "variants"})
    void stoppedOrKilledARunGoesOnWithTheSameBits(String options) throws IOException {
        TrainConfig config = SmallRuns.with(SmallRuns.config(EPOCHS).with(Setting.BINARIZE, "dynamic"), options);
        try (CpuBackend backend = new CpuBackend(1)) {
            Path whole = folder.resolve("whole");
            float[] want = SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, backend, whole), backend);
            Random random = new Random(options.hashCode());
            for (int trial = 0; trial < 2; trial++) {
                Path run = folder.resolve("run" + trial);
                StringBuilder moments = new StringBuilder(options + ":");
                Trainer last = disturbed(config, backend, run, random, moments);
                assertArrayEquals(want, SmallRuns.state(last, backend), moments.toString());
                assertSameFiles(whole, run, moments.toString());
            }
        }
    }

    /** Stops and kills until the run is done. */
    private static Trainer disturbed(
            TrainConfig config, Backend backend, Path run, Random random, StringBuilder moments) {
        boolean begun = false;
        while (true) {
            int at = 1 + random.nextInt(16);
            boolean kill = random.nextBoolean();
            moments.append(kill ? " killed" : " stopped").append(" at look ").append(at);
            AtomicInteger looks = new AtomicInteger();
            Trainer.Listener silent = new Trainer.Listener() {};
            Trainer trainer = begun
                    ? Trainer.resume(config, TRAIN, TEST, backend, run, silent)
                    : Trainer.start(config, TRAIN, TEST, backend, run, silent);
            begun = true;
            try {
                boolean done = trainer.run(() -> {
                    if (looks.incrementAndGet() == at && kill) {
                        throw new Killed();
                    }
                    return looks.get() >= at;
                });
                if (done) {
                    return trainer;
                }
            } catch (Killed e) {
                // Goes on with what the files hold.
            }
        }
    }

    private static void assertSameFiles(Path whole, Path run, String what) throws IOException {
        assertEquals(names(whole), names(run), what);
        for (String name : names(whole)) {
            if (name.endsWith(".safetensors")) {
                assertEquals(-1, Files.mismatch(whole.resolve(name), run.resolve(name)), what + ": " + name);
            }
        }
        assertEquals(SmallRuns.metrics(whole), SmallRuns.metrics(run), what);
    }

    private static List<String> names(Path run) throws IOException {
        try (var files = Files.list(run)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
