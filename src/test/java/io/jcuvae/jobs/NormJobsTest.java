package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.train.Model;
import io.jcuvae.train.NormRuns;
import io.jcuvae.train.SmallRuns;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs with a model that has norms and dropout: statistics frozen, nothing dropped, a row the same whatever is beside it. */
class NormJobsTest {
    private static final int WIDTH = SmallRuns.SIDE * SmallRuns.SIDE;

    @TempDir
    Path folder;

    @Test
    void generatesAndEncodesFromItsFile() {
        try (CpuBackend backend = new CpuBackend(1)) {
            Dataset train = SmallRuns.blobs(150, 1);
            Model trained = SmallRuns.train(NormRuns.config(3), train, SmallRuns.blobs(40, 2), backend, folder)
                    .model();
            Model loaded = Model.load(folder, backend);
            float[] samples = Generation.sample(loaded, backend, 1300, 3, 1);
            assertArrayEquals(Generation.sample(trained, backend, 1300, 3, 1), samples);
            assertArrayEquals(
                    Arrays.copyOf(samples, 5 * WIDTH), Generation.sample(loaded, backend, 5, 3, 1), "fewer samples");

            BoundModel bound = new BoundModel(loaded, backend);
            float[] rows = bound.samples();
            for (int r = 0; r < bound.rows(); r++) {
                train.copyRow(r % train.count(), rows, r * WIDTH);
            }
            float[] among = new float[bound.rows() * 6];
            bound.encode(among, rows);
            Arrays.fill(rows, 4 * WIDTH, rows.length, 0.5f);
            float[] amongOthers = new float[bound.rows() * 6];
            bound.encode(amongOthers, rows);
            assertArrayEquals(Arrays.copyOf(among, 24), Arrays.copyOf(amongOthers, 24));
            assertFalse(Arrays.equals(among, amongOthers));
            assertArrayEquals(
                    trained.buffers().download(backend), loaded.buffers().download(backend), "looking moves nothing");
            assertEquals(3, loaded.spec().latents());
        }
    }
}
