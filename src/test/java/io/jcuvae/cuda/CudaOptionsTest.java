package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Trainings with each option on, over the software device: replayed graphs follow what the options change from step to step. */
@OnSoftwareCuda
class CudaOptionsTest {
    private static final int EPOCHS = 3;
    private static final Dataset TRAIN = SmallRuns.blobs(150, 1);
    private static final Dataset TEST = SmallRuns.blobs(40, 2);

    @TempDir
    Path folder;

    static List<String> options() {
        return SmallRuns.OPTIONS;
    }

    private static TrainConfig config(String options) {
        return SmallRuns.with(SmallRuns.config(EPOCHS).with(Setting.BINARIZE, "dynamic"), options);
    }

    private static CudaBackend open(boolean eager, boolean branches) {
        return CudaBackend.open(new CudaOptions(0, Precision.FP32, NoiseSource.CURAND, eager, branches));
    }

    private static float[] trained(Backend backend, TrainConfig config) {
        try (backend) {
            return SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, backend, null), backend);
        }
    }

    /**
     * As graphs, launch by launch, with branches on late streams, and stopped every few steps and gone on with: the same bits.
     * Near the CPU, which has other sums.
     */
    @ParameterizedTest
    @MethodSource("options")
    void recordedEagerAndResumedStepsAreTheSame(String options) throws IOException {
        TrainConfig config = config(options);
        Path whole = folder.resolve("whole");
        float[] recorded;
        try (CudaBackend cuda = open(false, false)) {
            recorded = SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, cuda, whole), cuda);
        }
        assertArrayEquals(trained(open(true, false), config), recorded, options + ": launch by launch");
        assertClose(trained(new CpuBackend(1), config), recorded, options);
        SoftwareCuda.fault("late");
        Path run = folder.resolve("run");
        stoppedAndResumed(config, run);
        for (String file : List.of("checkpoint.safetensors", "model.safetensors")) {
            assertEquals(-1, Files.mismatch(whole.resolve(file), run.resolve(file)), options + ": " + file);
        }
        assertEquals(SmallRuns.metrics(whole), SmallRuns.metrics(run), options);
    }

    private static void stoppedAndResumed(TrainConfig config, Path run) {
        try (CudaBackend cuda = open(false, true)) {
            boolean done = false;
            for (int part = 0; !done; part++) {
                AtomicInteger looks = new AtomicInteger();
                Trainer.Listener silent = new Trainer.Listener() {};
                Trainer trainer = part == 0
                        ? Trainer.start(config, TRAIN, TEST, cuda, run, silent)
                        : Trainer.resume(config, TRAIN, TEST, cuda, run, silent);
                done = trainer.run(() -> looks.incrementAndGet() >= 7);
            }
        }
    }

    private static void assertClose(float[] want, float[] got, String what) {
        int third = want.length / 3;
        for (int part = 0; part < 3; part++) {
            double distance = 0;
            double size = 0;
            for (int i = part * third; i < (part + 1) * third; i++) {
                distance += Math.pow(want[i] - got[i], 2);
                size += Math.pow(want[i], 2);
            }
            assertTrue(distance <= 1e-8 * size, what + ", part " + part + ": " + Math.sqrt(distance / size));
        }
    }
}
