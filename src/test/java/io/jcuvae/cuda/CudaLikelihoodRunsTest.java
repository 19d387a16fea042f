package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ten steps with each likelihood beside Bernoulli and Gaussian on CUDA over the software device. */
@OnSoftwareCuda
class CudaLikelihoodRunsTest {
    private static final Dataset TRAIN = SmallRuns.blobs(20, 1);
    private static final Dataset TEST = SmallRuns.blobs(4, 2);

    private static float[] trained(Backend backend, TrainConfig config) {
        return SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, backend, null), backend);
    }

    private static float[] onCuda(boolean debug, TrainConfig config) {
        try (Backend cuda = CudaBackend.open(new CudaOptions(0, Precision.FP32, NoiseSource.CURAND, debug, !debug))) {
            return trained(cuda, config);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"continuous-bernoulli", "gaussian-per-value", "laplace", "discretized-logistic", "categorical"})
    void recordedOrNotItIsWhatTheCpuComputes(String likelihood) {
        TrainConfig config = SmallRuns.config(5)
                .with(Setting.BATCH, "10")
                .with(Setting.HIDDEN, "8")
                .with(Setting.LEVELS, "4")
                .with(Setting.LIKELIHOOD, likelihood);
        compare(config);
    }

    /** A decoder that ends with a picture has the parameters of a value in its channels. */
    @ParameterizedTest
    @ValueSource(strings = {"gaussian-per-value", "discretized-logistic", "categorical"})
    void convolutionsGiveSeveralParametersOfAValue(String likelihood) {
        compare(SmallRuns.config(3)
                .with(Setting.BATCH, "10")
                .with(Setting.LEVELS, "3")
                .with(Setting.LIKELIHOOD, likelihood)
                .with(Setting.ENCODER, """
                        [{"layer": "conv2d", "channels": 2, "kernel": 4, "stride": 4, "activation": "relu"},
                         {"layer": "flatten"}]""")
                .with(Setting.DECODER, """
                        [{"layer": "dense", "outputs": 18, "activation": "relu"},
                         {"layer": "reshape", "shape": "2x3x3"},
                         {"layer": "conv_transpose2d", "channels": "data", "kernel": 4, "stride": 4}]"""));
    }

    private static void compare(TrainConfig config) {
        float[] recorded = onCuda(false, config);
        assertArrayEquals(onCuda(true, config), recorded, "recorded, launch by launch");
        try (Backend cpu = new CpuBackend(1)) {
            float[] want = trained(cpu, config);
            int parameters = want.length / 3;
            // Ten steps of Adam move a parameter by at most 0.01; its direction where a gradient is all rounding is
            // free.
            assertArrayEquals(
                    Arrays.copyOf(want, parameters), Arrays.copyOf(recorded, parameters), 1e-4f, "CUDA and CPU");
        }
    }
}
