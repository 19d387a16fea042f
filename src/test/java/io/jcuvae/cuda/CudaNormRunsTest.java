package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.nn.NormGolden;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.train.NormRuns;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainings with norms and dropout on CUDA over the software device. */
@OnSoftwareCuda
class CudaNormRunsTest {
    /** Steps of an epoch: 96 rows in batches of 32. */
    private static final int STEPS = 3;

    private static final Dataset TRAIN = SmallRuns.blobs(96, 1);
    private static final Dataset TEST = SmallRuns.blobs(20, 2);
    private static final TrainConfig CONFIG = NormRuns.config(4);

    @TempDir
    Path folder;

    private static CudaOptions options(boolean debug, boolean branches) {
        return new CudaOptions(0, Precision.FP32, NoiseSource.CURAND, debug, branches);
    }

    private static float[] trained(CudaOptions options, TrainConfig config) {
        try (Backend cuda = CudaBackend.open(options)) {
            return NormRuns.state(SmallRuns.train(config, TRAIN, TEST, cuda, null), cuda);
        }
    }

    @Test
    void computesWhatPyTorchComputes() {
        try (Backend cuda = CudaBackend.open(options(false, false))) {
            NormGolden.check(cuda, 2e-6);
        }
    }

    /** Twelve steps with the same masks: what differs is the order of sums and the last place of functions. */
    @Test
    void twelveStepsAreThoseOfTheCpu() {
        float[] got = trained(options(false, true), CONFIG);
        float[] want;
        try (Backend cpu = new CpuBackend(1)) {
            want = NormRuns.state(SmallRuns.train(CONFIG, TRAIN, TEST, cpu, null), cpu);
        }
        assertEquals(want.length, got.length);
        double distance = 0;
        double size = 0;
        for (int i = 0; i < want.length; i++) {
            distance += Math.pow(want[i] - got[i], 2);
            size += Math.pow(want[i], 2);
        }
        // Other masks, or none, are off by a tenth and more.
        assertTrue(Math.sqrt(distance / size) < 1e-4, "off by " + Math.sqrt(distance / size));
    }

    /** Launch by launch, as graphs, with branches, on streams as late as they may be. */
    @Test
    void equalSeedsGiveEqualBits() {
        float[] want = trained(options(false, false), CONFIG);
        assertArrayEquals(want, trained(options(true, false), CONFIG), "launch by launch");
        SoftwareCuda.fault("late");
        assertArrayEquals(want, trained(options(false, true), CONFIG), "branches, late");
    }

    @Test
    void stoppedAndResumedItEndsWithTheSameBits() throws IOException {
        Path undisturbed = folder.resolve("undisturbed");
        try (Backend cuda = CudaBackend.open(options(false, true))) {
            SmallRuns.train(CONFIG, TRAIN, TEST, cuda, undisturbed);
        }
        for (int at : new int[] {1, STEPS + 2}) {
            Path run = folder.resolve("run" + at);
            Trainer.Listener silent = new Trainer.Listener() {};
            AtomicInteger looked = new AtomicInteger();
            try (Backend cuda = CudaBackend.open(options(false, true))) {
                assertFalse(Trainer.start(CONFIG, TRAIN, TEST, cuda, run, silent)
                        .run(() -> looked.incrementAndGet() >= at));
            }
            try (Backend cuda = CudaBackend.open(options(false, true))) {
                assertTrue(
                        Trainer.resume(CONFIG, TRAIN, TEST, cuda, run, silent).run(() -> false));
            }
            for (String file : new String[] {"checkpoint.safetensors", "model.safetensors"}) {
                assertEquals(
                        -1,
                        Files.mismatch(undisturbed.resolve(file), run.resolve(file)),
                        "stop at " + at + ": " + file);
            }
        }
    }
}
