package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.SmallVariants;
import io.jcuvae.train.TrainConfig;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every variant on CUDA over the software device: 12 steps, a third of them with a smaller last batch. */
@OnSoftwareCuda
class CudaVariantsTest {
    private static final Dataset TRAIN = SmallRuns.blobs(75, 1);
    private static final Dataset TEST = SmallRuns.blobs(20, 2);

    static Stream<String> variants() {
        return SmallVariants.names();
    }

    private static float[] trained(Backend backend, TrainConfig config) {
        return SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, backend, null), backend);
    }

    private static float[] onCuda(TrainConfig config, boolean debug, boolean branches) {
        try (Backend cuda = CudaBackend.open(new CudaOptions(0, Precision.FP32, NoiseSource.CURAND, debug, branches))) {
            return trained(cuda, config);
        }
    }

    /** Launch by launch, as graphs with branches on streams as late as they may be, and on the CPU to rounding. */
    @ParameterizedTest
    @MethodSource("variants")
    void recordedStepsAreEagerOnesAndThoseOfTheCpu(String preset) {
        TrainConfig config = SmallVariants.config(preset, 4);
        float[] eager = onCuda(config, true, false);
        SoftwareCuda.fault("late");
        assertArrayEquals(eager, onCuda(config, false, true), "recorded");
        float[] want;
        try (Backend cpu = new CpuBackend(1)) {
            want = trained(cpu, config);
        }
        assertEquals(want.length, eager.length);
        double difference = 0;
        double size = 0;
        for (int i = 0; i < want.length / 3; i++) {
            difference += Math.pow(want[i] - eager[i], 2);
            size += Math.pow(want[i], 2);
        }
        assertEquals(0, Math.sqrt(difference / size), 1e-4, "parameters on the CPU");
    }
}
