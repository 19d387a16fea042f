package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Variations of samples: where they come from, and what travels with them. */
class AugmentationTest {
    private static final int ROWS = 30;

    @TempDir
    Path folder;

    private static Backend backend;
    private static Model model;
    private static Dataset data;

    @BeforeAll
    static void train() {
        backend = new CpuBackend(1);
        float[] values = new float[5 * ROWS];
        Philox.fillNormal(values, 0, values.length, 3, 0);
        int[] labels = IntStream.range(0, ROWS).map(r -> r % 4).toArray();
        data = Dataset.ofFloats("rows", new SampleShape(5), values, labels);
        TrainConfig config = SmallRuns.config(3).with(Setting.LIKELIHOOD, "gaussian");
        model = SmallRuns.train(config, data, data, backend, null).model();
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    /** The rows in a .csv with their labels. */
    private DataSource source() throws IOException {
        float[] values = data.floats();
        String text = IntStream.range(0, ROWS)
                .mapToObj(r -> IntStream.range(0, 5)
                                .mapToObj(i -> String.valueOf(values[5 * r + i]))
                                .collect(Collectors.joining(","))
                        + "," + data.labels()[r] + "\n")
                .collect(Collectors.joining("", "a,b,c,d,e,label\n", ""));
        return DataSource.parse(
                Files.writeString(folder.resolve("rows.csv"), text).toString());
    }

    private Dataset augment(Model of, int limit, int perSample, double temperature, String name) throws IOException {
        Path out = folder.resolve(name);
        Augmentation.Result result = Augmentation.run(
                of, backend, source(), Split.ALL, limit, perSample, temperature, 8, out, Progress.SILENT);
        Dataset made = DataSource.parse(out.toString()).load(Split.ALL, 0);
        assertEquals(result.rows(), made.count());
        assertEquals((limit == 0 ? ROWS : limit) * perSample, made.count());
        return made;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 1500})
    void variationsAreThePosteriorsOwn(int perSample) throws IOException {
        Dataset made = augment(model, perSample > 100 ? 2 : 0, perSample, 0.5, "more.npz");
        BoundModel bound = new BoundModel(model, backend);
        float[] batch = bound.samples();
        System.arraycopy(data.floats(), 0, batch, 0, data.floats().length);
        float[] posteriors = bound.posteriors();
        bound.encode(posteriors, batch);
        int latents = bound.latents();
        int columns = posteriors.length / bound.rows();
        for (int row : new int[] {0, made.count() / 2, made.count() - 1}) {
            int origin = row / perSample;
            assertEquals(origin % 4, made.labels()[row]);
            float[] noise = new float[latents];
            Philox.fillNormal(noise, 0, latents, Stream.GENERATION.key(8), (long) row * latents);
            float[] codes = bound.codes();
            for (int i = 0; i < latents; i++) {
                codes[i] = (float) (posteriors[origin * columns + i]
                        + 0.5 * Math.exp(0.5 * posteriors[origin * columns + latents + i]) * noise[i]);
            }
            float[] want = bound.samples();
            bound.decode(want, codes);
            assertArrayEquals(
                    Arrays.copyOf(want, 5),
                    Arrays.copyOfRange(made.floats(), 5 * row, 5 * row + 5),
                    1e-5f,
                    "row " + row);
        }
    }

    @Test
    void withoutWarmthTheyAreTheReconstruction() throws IOException {
        float[] made = augment(model, 0, 2, 0, "cold.npy").floats();
        float[] want = Reconstruction.of(model, backend, data.floats(), RowLabels.NONE, ROWS);
        for (int r = 0; r < ROWS; r++) {
            for (int twice = 0; twice < 2; twice++) {
                int at = 5 * (2 * r + twice);
                assertArrayEquals(
                        Arrays.copyOfRange(want, 5 * r, 5 * r + 5), Arrays.copyOfRange(made, at, at + 5), 1e-5f);
            }
        }
    }

    @Test
    void aVariationDependsOnItsRowAndNumberAlone() throws IOException {
        float[] all = augment(model, 0, 4, 1, "all.npy").floats();
        float[] some = augment(model, 7, 4, 1, "some.npy").floats();
        assertArrayEquals(some, Arrays.copyOf(all, some.length));
        assertFalse(Arrays.equals(all, 0, 5, all, 5, 10));
    }

    @Test
    void labelsTravelAlong() throws IOException {
        for (String name : new String[] {"more.npz", "more.csv"}) {
            Dataset made = augment(model, 0, 3, 1, name);
            assertEquals(5, made.width());
            for (int r = 0; r < made.count(); r++) {
                assertEquals(r / 3 % 4, made.labels()[r]);
            }
        }
        assertTrue(Files.readAllLines(folder.resolve("more.csv")).get(0).equals("x0,x1,x2,x3,x4,label"));
        // Whole numbers, read as an array of their own.
        try (ZipFile zip = new ZipFile(folder.resolve("more.npz").toFile())) {
            byte[] bytes = zip.getInputStream(zip.getEntry("origin.npy")).readAllBytes();
            assertTrue(new String(bytes, StandardCharsets.ISO_8859_1).contains("'descr': '<i4'"));
            IntBuffer origins = ByteBuffer.wrap(bytes, bytes.length - 12 * ROWS, 12 * ROWS)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asIntBuffer();
            for (int r = 0; r < 3 * ROWS; r++) {
                assertEquals(r / 3, origins.get(r));
            }
        }
        assertNull(augment(model, 0, 3, 1, "bare.npy").labels());
    }

    @Test
    void columnsComeBackInTheirUnits() throws IOException {
        TrainConfig config = model.config().with(Setting.STANDARDIZE, "true");
        float[] shifted = data.floats().clone();
        for (int i = 0; i < shifted.length; i++) {
            shifted[i] = 1000 + 10 * shifted[i];
        }
        Dataset far = Dataset.ofFloats("far", data.shape(), shifted, null);
        Model of = SmallRuns.train(config, far, far, backend, null).model();
        Path out = folder.resolve("far.npy");
        Augmentation.run(
                of,
                backend,
                SmallModels.save(far, folder.resolve("in.npy")),
                Split.ALL,
                0,
                2,
                1,
                8,
                out,
                Progress.SILENT);
        for (float value : SmallModels.load(out)) {
            assertEquals(1000, value, 100);
        }
    }

    @Test
    void pointsHaveNoVariations() {
        Model points = SmallModels.untrained(
                SmallRuns.config(1).with(Setting.POSTERIOR, "none").with(Setting.LIKELIHOOD, "mse"), data, backend);
        UserError error = assertThrows(UserError.class, () -> augment(points, 0, 2, 1, "x.npz"));
        assertTrue(error.getMessage().contains("no posterior to draw variations from"), error.getMessage());
        assertFalse(Files.exists(folder.resolve("x.npz")));
    }
}
