package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Backend;
import org.junit.jupiter.api.Test;

/** A learned variance begins at that of the data about their means. */
class LearnedVarianceTest {
    private static Dataset rows(float... values) {
        return Dataset.ofFloats("rows", new SampleShape(2), values, null);
    }

    @Test
    void theVarianceIsTheMeanOfTheFeatures() {
        assertEquals(0.5, DataVariance.of(rows(1, 7, 3, 7)));
        assertEquals((2 / 3.0 + 8 / 3.0) / 2, DataVariance.of(rows(-1, 0, 0, 2, 1, 4)), 1e-15);
        assertEquals(1, DataVariance.of(rows(1e6f - 1, -1e6f, 1e6f + 1, -1e6f + 2)), "a large mean costs no digits");
        Dataset bytes = Dataset.ofBytes("bytes", new SampleShape(1), new byte[] {0, (byte) 255}, null);
        assertEquals(0.25, DataVariance.of(bytes));
    }

    private static double start(Dataset data, String likelihood) {
        TrainConfig config = SmallRuns.config(1).with(Setting.LIKELIHOOD, likelihood);
        try (Backend backend = new CpuBackend(1)) {
            Trainer trainer = Trainer.start(config, data, data, backend, null, new Trainer.Listener() {});
            ParameterLayout layout = trainer.model().spec().layout();
            float[] values = new float[(int) layout.count()];
            backend.download(values, 0, trainer.model().values().block());
            return values[values.length - 1];
        }
    }

    @Test
    void aRunBeginsThere() {
        assertEquals(Math.log(0.5), start(rows(1, 7, 3, 7), "gaussian-learned"), 1e-6);
        assertEquals(Math.log(1.5e-7), start(rows(4, 4), "gaussian-learned"), 1e-5);
        // Without one the last parameter is the bias of the decoder's last layer, as by its initialisation.
        assertEquals(0, start(rows(1, 7, 3, 7), "gaussian"), 1 / Math.sqrt(32));
    }
}
