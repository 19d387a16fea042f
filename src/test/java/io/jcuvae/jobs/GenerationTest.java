package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samples from the prior. */
class GenerationTest {
    private static final int WIDTH = SmallRuns.SIDE * SmallRuns.SIDE;

    @TempDir
    Path folder;

    private static CountingBackend backend;
    private static Model model;

    @BeforeAll
    static void train() {
        backend = new CountingBackend();
        model = SmallModels.trained(backend);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    @Test
    void sampleIsTheSameHoweverManyAreAskedFor() {
        float[] many = Generation.sample(model, backend, 2500, 3, 1);
        for (int count : new int[] {1, 7, 1023, 1024, 1025, 2049}) {
            float[] few = Generation.sample(model, backend, count, 3, 1);
            assertArrayEquals(Arrays.copyOf(many, count * WIDTH), few, "of " + count);
        }
        assertFalse(Arrays.equals(Arrays.copyOf(many, WIDTH), Generation.sample(model, backend, 1, 4, 1)));
    }

    @Test
    void fileHoldsTheSameSamples() {
        List<String> progress = new ArrayList<>();
        for (String name : new String[] {"samples.npy", "samples.npz", "samples.csv"}) {
            Path out = folder.resolve(name);
            progress.clear();
            Generation.run(model, backend, 1500, 3, 1, out, (done, total) -> progress.add(done + "/" + total));
            assertArrayEquals(Generation.sample(model, backend, 1500, 3, 1), SmallModels.load(out), 1e-6f, name);
            assertEquals(List.of("1024/1500", "1500/1500"), progress);
        }
    }

    @Test
    void codesAreTheScaledNormalsOfTheSeed() {
        int rows = backend.rowsAtOnce(WIDTH);
        float[] normals = new float[rows * 3];
        for (double temperature : new double[] {1, 0.5, 0}) {
            Philox.fillNormal(normals, 0, normals.length, Stream.GENERATION.key(9), (long) rows * 3);
            for (int i = 0; i < normals.length; i++) {
                normals[i] *= (float) temperature;
            }
            BoundModel bound = new BoundModel(model, backend);
            float[] expected = bound.samples();
            bound.decode(expected, normals);
            float[] samples = Generation.sample(model, backend, 2 * rows, 9, temperature);
            float[] second = Arrays.copyOfRange(samples, rows * WIDTH, 2 * rows * WIDTH);
            assertArrayEquals(expected, second, 1e-5f, "temperature " + temperature);
        }
        assertEquals(Stream.GENERATION.key(9) + " from " + rows * 3 + ", " + rows * 3, backend.reserved);
    }

    @Test
    void samplesAreExpectedData() {
        for (float value : Generation.sample(model, backend, 100, 0, 1)) {
            assertTrue(value >= 0 && value <= 1);
        }
    }

    /** What the device rounds is what the writer of floats would have rounded. */
    @Test
    void pixelsAreTheRoundedSamples() throws IOException {
        int count = 1500;
        float[] samples = Generation.sample(model, backend, count, 3, 1);
        byte[] expected = new byte[samples.length];
        for (int i = 0; i < samples.length; i++) {
            expected[i] = (byte) Math.floor(samples[i] * 255.0 + 0.5);
        }
        ByteArrayOutputStream taken = new ByteArrayOutputStream();
        List<Integer> batches = new ArrayList<>();
        Generation.pixels(model, backend, count, 3, 1, (pixels, rows) -> {
            byte[] bytes = new byte[pixels.remaining()];
            pixels.get(bytes);
            taken.writeBytes(bytes);
            batches.add(rows);
        });
        assertArrayEquals(expected, taken.toByteArray());
        assertEquals(List.of(1024, 476), batches);
        Path plain = folder.resolve("samples-ubyte");
        Generation.run(model, backend, count, 3, 1, plain, Progress.SILENT);
        byte[] idx = Files.readAllBytes(plain);
        assertArrayEquals(expected, Arrays.copyOfRange(idx, 16, idx.length));
        Path packed = folder.resolve("samples-ubyte.gz");
        Generation.run(model, backend, count, 3, 1, packed, Progress.SILENT);
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(packed))) {
            assertArrayEquals(idx, in.readAllBytes());
        }
    }

    /** As a pixel it would be black, and nobody would notice. */
    @Test
    void whatIsNoNumberIsNotWrittenAsAPixel() {
        Model broken = SmallModels.untrained(
                SmallRuns.config(1).with(Setting.LIKELIHOOD, "gaussian"), SmallRuns.blobs(4, 1), backend);
        float[] bias = new float[WIDTH];
        bias[WIDTH / 2] = Float.NaN;
        backend.upload(broken.values().get("dec2.bias"), bias, 0);
        Path out = folder.resolve("broken-ubyte");
        UserError error =
                assertThrows(UserError.class, () -> Generation.run(broken, backend, 5, 0, 1, out, Progress.SILENT));
        assertTrue(
                error.getMessage().startsWith(out + ": row 0 has a value that is no finite number"),
                error.getMessage());
        assertFalse(Files.exists(out));
    }

    @Test
    void memoryDoesNotGrowWithTheCount() {
        long before = backend.allocated;
        Generation.run(model, backend, 3, 0, 1, folder.resolve("few.npy"), Progress.SILENT);
        long few = backend.allocated - before;
        Generation.run(model, backend, 30_000, 0, 1, folder.resolve("many.npy"), Progress.SILENT);
        assertEquals(few, backend.allocated - before - few);
    }

    @Test
    void senselessArgumentsAreRefusedBeforeAnythingIsWritten() {
        Path out = folder.resolve("none.npy");
        for (double temperature : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
            UserError error = assertThrows(
                    UserError.class, () -> Generation.run(model, backend, 1, 0, temperature, out, Progress.SILENT));
            assertTrue(error.getMessage().startsWith("--temperature: "), error.getMessage());
        }
        assertThrows(UserError.class, () -> Generation.run(model, backend, 0, 0, 1, out, Progress.SILENT));
        assertFalse(Files.exists(out));
    }

    @Test
    void continuousModelsGiveTheMean() {
        Model gaussian = SmallModels.untrained(
                SmallRuns.config(1).with(Setting.LIKELIHOOD, "gaussian"), SmallRuns.blobs(4, 1), backend);
        boolean below = false;
        for (float value : Generation.sample(gaussian, backend, 10, 0, 1)) {
            below |= value < 0;
        }
        assertTrue(below, "no sigmoid is put on it");
    }
}
