package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleShape;
import io.jcuvae.jobs.Reconstruction;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Shape;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every preset trains a little and comes back from its file as it was. */
class PresetTrainingTest {
    private static final int ROWS = 6;

    @TempDir
    Path folder;

    static Stream<String> presets() {
        return TrainConfig.PRESETS.stream();
    }

    private static Dataset noise(Shape sample, int count, long seed) {
        byte[] bytes = new byte[count * (int) sample.count()];
        new SplittableRandom(seed).nextBytes(bytes);
        int[] labels = IntStream.range(0, count).map(i -> i % 2).toArray();
        return Dataset.ofBytes("noise", new SampleShape(sample.extents()), bytes, labels);
    }

    @ParameterizedTest
    @MethodSource("presets")
    void trainsSavesAndLoads(String name) {
        Shape sample = Preset.find(name).orElseThrow().example().orElse(Shape.of(28, 28));
        TrainConfig config = TrainConfig.preset(name)
                .with(Setting.DATA, "noise")
                .with(Setting.EPOCHS, "1")
                .with(Setting.BATCH, "3")
                .with(Setting.VALIDATION, "0")
                .with(Setting.THREADS, "1");
        Dataset train = noise(sample, ROWS, 1);
        Dataset test = noise(sample, 2, 2);
        float[] rows = new float[2 * test.width()];
        test.copyRow(0, rows, 0);
        test.copyRow(1, rows, test.width());
        try (Backend backend = new CpuBackend(1)) {
            Trainer trainer =
                    Trainer.start(config, train, test, backend, folder.resolve("run"), new Trainer.Listener() {});
            float[] before = SmallRuns.state(trainer, backend);
            assertTrue(trainer.run(() -> false));
            float[] after = SmallRuns.state(trainer, backend);
            int parameters = (int) trainer.model().spec().layout().count();
            assertFalse(Arrays.equals(before, 0, parameters, after, 0, parameters), "nothing was learned");
            for (float value : after) {
                assertTrue(Float.isFinite(value));
            }
            Model loaded = Model.load(folder.resolve("run"), backend);
            assertEquals(trainer.model().spec(), loaded.spec());
            assertEquals(config, loaded.config());
            RowLabels labels = RowLabels.of(trainer.model().data().classes(), test);
            float[] made = Reconstruction.of(trainer.model(), backend, rows, labels, 2);
            assertArrayEquals(made, Reconstruction.of(loaded, backend, rows, labels, 2));
            assertFalse(Arrays.equals(made, 0, test.width(), made, test.width(), 2 * test.width()), "all look alike");
        }
    }
}
