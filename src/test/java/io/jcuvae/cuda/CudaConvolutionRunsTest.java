package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Precision;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Trainings with every kind of layer on pictures over the software device: recorded, on branches, rounded, and as the CPU. */
@OnSoftwareCuda
class CudaConvolutionRunsTest {
    private static final Dataset TRAIN = SmallRuns.blobs(40, 1);
    private static final Dataset TEST = SmallRuns.blobs(16, 2);

    /** Five steps an epoch, of which the last one has other shapes. */
    private static final TrainConfig CONFIG = SmallRuns.config(2)
            .with(Setting.BATCH, "9")
            .with(Setting.ENCODER, """
                    [{"layer": "upsample", "factor": 2},
                     {"layer": "conv2d", "channels": 3, "kernel": 4, "stride": 3, "padding": 1, "activation": "relu"},
                     {"layer": "residual", "activation": "relu",
                      "block": [{"layer": "conv2d", "channels": 4, "kernel": 3, "padding": 1, "activation": "silu"}],
                      "shortcut": [{"layer": "conv2d", "channels": 4, "kernel": 1}]},
                     {"layer": "flatten"},
                     {"layer": "dense", "outputs": 6, "activation": "relu"}]""")
            .with(Setting.DECODER, """
                    [{"layer": "dense", "outputs": 108, "activation": "relu"},
                     {"layer": "reshape", "shape": "3x6x6"},
                     {"layer": "conv_transpose2d", "channels": 5, "kernel": 3, "stride": 2, "padding": 1,
                      "output_padding": 1, "activation": "relu"},
                     {"layer": "conv2d", "channels": "data", "kernel": 3, "padding": 1}]""");

    private static float[] trained(Backend backend) {
        return SmallRuns.state(SmallRuns.train(CONFIG, TRAIN, TEST, backend, null), backend);
    }

    private static float[] onCuda(Precision precision, boolean debug, boolean branches) {
        try (Backend cuda = CudaBackend.open(new CudaOptions(0, precision, NoiseSource.PHILOX, debug, branches))) {
            return trained(cuda);
        }
    }

    private static double distance(float[] want, float[] got) {
        double squares = 0;
        double size = 0;
        // Parameters; the moments follow them.
        for (int i = 0; i < want.length / 3; i++) {
            squares += Math.pow(want[i] - got[i], 2);
            size += Math.pow(want[i], 2);
        }
        return Math.sqrt(squares / size);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void recordedOrBranchedTheBitsAreTheSame(Precision precision) {
        float[] want = onCuda(precision, true, false);
        assertArrayEquals(want, onCuda(precision, false, false));
        SoftwareCuda.fault("late");
        assertArrayEquals(want, onCuda(precision, false, true));
    }

    @Test
    void theCpuTrainsTheSame() {
        float[] want;
        try (Backend cpu = new CpuBackend(2)) {
            want = trained(cpu);
        }
        double exact = distance(want, onCuda(Precision.FP32, false, false));
        assertTrue(exact < 1e-4, "fp32: " + exact);
        double rounded = distance(want, onCuda(Precision.BF16, false, false));
        assertTrue(rounded > exact && rounded < 0.05, "bf16: " + rounded);
    }

    @Test
    void noAccessIsAmiss() {
        SoftwareCuda.fault("checked");
        onCuda(Precision.BF16, false, true);
    }
}
