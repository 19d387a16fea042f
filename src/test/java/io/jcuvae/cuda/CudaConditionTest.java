package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.train.ConditionRuns;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trainings that are told labels, on CUDA over the software device. */
@OnSoftwareCuda
class CudaConditionTest {
    private static final Dataset TRAIN = ConditionRuns.blobs(80, 1);
    private static final Dataset TEST = ConditionRuns.blobs(20, 2);
    /** Twelve steps, four of them smaller. */
    private static final TrainConfig CONFIG = ConditionRuns.config(4);

    @TempDir
    Path folder;

    private static CudaOptions options(boolean debug, boolean branches) {
        return new CudaOptions(0, Precision.FP32, NoiseSource.CURAND, debug, branches);
    }

    private static float[] trained(CudaOptions options, TrainConfig config) {
        try (Backend cuda = CudaBackend.open(options)) {
            return SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, cuda, null), cuda);
        }
    }

    /** Also with several codes of a sample, each of which is told its label. */
    @ParameterizedTest
    @ValueSource(strings = {"", "--estimator iwae --draws 3", "--estimator dreg --draws 2", "--mmd 20"})
    void recordedStepsAreEagerStepsAndThoseOfTheCpu(String options) {
        TrainConfig config = SmallRuns.with(CONFIG, options);
        float[] want = trained(options(true, false), config);
        assertArrayEquals(want, trained(options(false, false), config), "recorded");
        SoftwareCuda.fault("late");
        assertArrayEquals(want, trained(options(false, true), config), "branches, late");
        try (Backend cpu = new CpuBackend(1)) {
            float[] onCpu = SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, cpu, null), cpu);
            assertArrayEquals(onCpu, want, 5e-4f);
        }
    }

    @Test
    void stoppedAndResumedItEndsWithTheSameBits() throws IOException {
        TrainConfig config = CONFIG.with(Setting.EPOCHS, "2");
        Trainer.Listener silent = new Trainer.Listener() {};
        Path whole = folder.resolve("whole");
        Path run = folder.resolve("run");
        AtomicInteger looked = new AtomicInteger();
        try (Backend cuda = CudaBackend.open(options(false, true))) {
            SmallRuns.train(config, TRAIN, TEST, cuda, whole);
            assertFalse(Trainer.start(config, TRAIN, TEST, cuda, run, silent).run(() -> looked.incrementAndGet() >= 2));
        }
        try (Backend cuda = CudaBackend.open(options(false, true))) {
            assertTrue(Trainer.resume(config, TRAIN, TEST, cuda, run, silent).run(() -> false));
        }
        String model = "model.safetensors";
        assertEquals(-1, Files.mismatch(whole.resolve(model), run.resolve(model)));
    }
}
