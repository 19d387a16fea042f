package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.nn.NormGolden;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.train.NormRuns;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.TrainState;
import io.jcuvae.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    private static final TrainConfig CONFIG = NormRuns.config(2);

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

    /**
     * The same masks and noise: what differs is the order of sums and the last place of functions. A bias right before a batch
     * norm has no gradient but what rounding leaves, of which Adam makes steps as large as any; the running mean follows it.
     */
    @Test
    void twelveStepsAreThoseOfTheCpu() {
        TrainConfig config = CONFIG.with(Setting.EPOCHS, "4");
        try (Backend cuda = CudaBackend.open(options(false, true));
                Backend cpu = new CpuBackend(1)) {
            TrainState got = SmallRuns.train(config, TRAIN, TEST, cuda, null).state();
            TrainState want = SmallRuns.train(config, TRAIN, TEST, cpu, null).state();
            double adrift = 4 * STEPS * config.learningRate();
            for (Parameters[] pair : new Parameters[][] {
                {want.values(), got.values()},
                {want.secondMoments(), got.secondMoments()},
                {want.buffers(), got.buffers()}
            }) {
                for (ParameterLayout.Entry entry : pair[0].layout().entries()) {
                    String name = entry.name();
                    boolean free = List.of("enc0.bias", "dec0.bias").contains(name) || name.endsWith("running_mean");
                    float[] expected = values(cpu, pair[0].get(name));
                    double largest = 0;
                    for (float value : expected) {
                        largest = Math.max(largest, Math.abs(value));
                    }
                    assertArrayEquals(
                            expected, values(cuda, pair[1].get(name)), (float) (free ? adrift : 2e-4 * largest), name);
                }
            }
        }
    }

    private static float[] values(Backend backend, Tensor tensor) {
        float[] values = new float[(int) tensor.count()];
        backend.download(values, 0, tensor);
        return values;
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
