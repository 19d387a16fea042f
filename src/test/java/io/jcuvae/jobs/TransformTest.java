package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.SmallRuns;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Encoding, decoding, reconstructing, interpolating. */
class TransformTest {
    private static final int WIDTH = SmallRuns.SIDE * SmallRuns.SIDE;
    /** More than a batch, and no multiple of one. */
    private static final int ROWS = 1500;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static CountingBackend backend;
    private static Model model;
    private static Dataset data;
    private static DataSource source;

    @BeforeAll
    static void train() {
        backend = new CountingBackend();
        model = SmallModels.trained(backend);
        data = SmallRuns.blobs(ROWS, 3);
        source = SmallModels.save(data, shared.resolve("blobs-ubyte"));
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static float[] row(float[] rows, int row) {
        return Arrays.copyOfRange(rows, row * WIDTH, (row + 1) * WIDTH);
    }

    @ParameterizedTest
    @ValueSource(strings = {"codes.npy", "codes.npz", "codes.csv"})
    void decodingCodesIsReconstructing(String name) {
        Path codes = folder.resolve(name);
        Encoding.run(model, backend, source, Split.ALL, 0, codes, Progress.SILENT);
        Path decoded = folder.resolve("decoded.npy");
        List<Long> progress = new ArrayList<>();
        Decoding.run(model, backend, codes.toString(), null, decoded, (done, total) -> progress.add(done));
        Path reconstructed = folder.resolve("reconstructed.npy");
        Reconstruction.run(model, backend, source, Split.ALL, 0, reconstructed, Progress.SILENT);
        assertArrayEquals(SmallModels.load(reconstructed), SmallModels.load(decoded), 2e-6f);
        assertEquals(List.of(1024L, 1500L), progress);
    }

    /** Bytes become floats on the device, floats of a file come as such: the same numbers, and so the same bits. */
    @Test
    void bytesAndTheirFloatsAreTheSameRows() throws IOException {
        float[] rows = SmallModels.rows(data);
        Dataset floats = Dataset.ofFloats("floats", data.shape(), rows, null);
        DataSource same = SmallModels.save(floats, folder.resolve("floats.npy"));
        Path[] codes = {folder.resolve("of-bytes.npy"), folder.resolve("of-floats.npy")};
        Encoding.run(model, backend, source, Split.ALL, 0, codes[0], Progress.SILENT);
        Encoding.run(model, backend, same, Split.ALL, 0, codes[1], Progress.SILENT);
        assertEquals(-1, Files.mismatch(codes[0], codes[1]));
        float[] first = SmallModels.load(codes[0]);
        float[] posteriors = new float[first.length];
        BoundModel bound = new BoundModel(model, backend, ROWS);
        bound.encode(posteriors, rows);
        assertArrayEquals(posteriors, first, 1e-5f);
    }

    @Test
    void reconstructionsResembleTheirOriginals() {
        float[] rows = SmallModels.rows(data);
        float[] made = Reconstruction.of(model, backend, rows, ROWS);
        double own = 0;
        double other = 0;
        for (int r = 0; r + 1 < ROWS; r++) {
            own += distance(row(rows, r), row(made, r));
            other += distance(row(rows, r + 1), row(made, r));
        }
        assertTrue(own < 0.3 * other, own + " against " + other);
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (a[i] - b[i]) * (a[i] - b[i]);
        }
        return sum;
    }

    @Test
    void reconstructionIsDeterministicAndKeepsTheOrder() {
        Path out = folder.resolve("reconstructed.npy");
        Reconstruction.run(model, backend, source, Split.ALL, 0, out, Progress.SILENT);
        float[] file = SmallModels.load(out);
        float[] rows = SmallModels.rows(data);
        assertArrayEquals(Reconstruction.of(model, backend, rows, ROWS), file);
        for (int r : new int[] {0, 1023, 1024, 1499}) {
            assertArrayEquals(Reconstruction.of(model, backend, row(rows, r), 1), row(file, r), 1e-6f, "row " + r);
        }
    }

    @Test
    void limitAndSplitPickRows() {
        Path limited = folder.resolve("limited.npy");
        Reconstruction.run(model, backend, source, Split.ALL, 10, limited, Progress.SILENT);
        assertEquals(10 * WIDTH, SmallModels.load(limited).length);
        Path held = folder.resolve("held.npy");
        Reconstruction.run(model, backend, source, Split.TEST, 0, held, Progress.SILENT);
        float[] tested;
        try (SampleReader reader = source.open(Split.TEST, 0)) {
            tested = SmallModels.all(reader);
        }
        assertArrayEquals(Reconstruction.of(model, backend, tested, tested.length / WIDTH), SmallModels.load(held));
        // An undivided file is evaluated whole.
        Path all = folder.resolve("all.npy");
        Reconstruction.run(model, backend, source, null, 0, all, Progress.SILENT);
        assertEquals(ROWS * WIDTH, SmallModels.load(all).length);
    }

    @Test
    void rowsOfUnknownNumberStreamToo() throws Exception {
        Path csv = folder.resolve("blobs.csv");
        DataSource text = SmallModels.save(data, csv);
        Path out = folder.resolve("codes.csv");
        List<Long> totals = new ArrayList<>();
        Encoding.run(model, backend, text, null, 0, out, (done, total) -> totals.add(total));
        assertEquals(ROWS + 1, Files.readAllLines(out).size());
        assertEquals(2, totals.size());
        Path expected = folder.resolve("expected.csv");
        Encoding.run(model, backend, source, null, 0, expected, Progress.SILENT);
        assertArrayEquals(SmallModels.load(expected), SmallModels.load(out), 2e-5f);
    }

    @Test
    void codesAreMeansThenLogVariances() {
        Path out = folder.resolve("codes.npy");
        Encoding.run(model, backend, source, null, 0, out, Progress.SILENT);
        float[] codes = SmallModels.load(out);
        assertEquals(ROWS * 6, codes.length);
        BoundModel bound = new BoundModel(model, backend);
        float[] posteriors = bound.posteriors();
        bound.encode(posteriors, Arrays.copyOf(SmallModels.rows(data), bound.rows() * WIDTH));
        assertArrayEquals(posteriors, Arrays.copyOf(codes, posteriors.length));
    }

    @Test
    void lineBetweenTwoSamplesBeginsAndEndsAtTheirReconstructions() {
        float[] rows = SmallModels.rows(data);
        Path out = folder.resolve("line.npy");
        Interpolation.run(model, backend, source, Split.ALL, 1400, 7, 9, out);
        float[] line = SmallModels.load(out);
        assertEquals(9 * WIDTH, line.length);
        assertArrayEquals(Reconstruction.of(model, backend, row(rows, 1400), 1), row(line, 0), 1e-6f);
        assertArrayEquals(Reconstruction.of(model, backend, row(rows, 7), 1), row(line, 8), 1e-6f);
        assertArrayEquals(line, Interpolation.between(model, backend, row(rows, 1400), row(rows, 7), 9));
        // The middle is the middle from either side.
        float[] back = Interpolation.between(model, backend, row(rows, 7), row(rows, 1400), 9);
        for (int step = 0; step < 9; step++) {
            assertArrayEquals(row(line, step), row(back, 8 - step), 1e-5f, "step " + step);
        }
        // More steps than a batch holds.
        float[] fine = Interpolation.between(model, backend, row(rows, 1400), row(rows, 7), 2049);
        for (int step = 0; step < 9; step++) {
            assertArrayEquals(row(line, step), row(fine, 256 * step), 1e-5f, "step " + step);
        }
    }

    @Test
    void rowsThatAreNotThereAreNamedWithTheCount() {
        Path out = folder.resolve("line.npy");
        for (long[] ends : new long[][] {{0, 1500}, {99999, 0}, {-1, 3}}) {
            UserError error = assertThrows(
                    UserError.class, () -> Interpolation.run(model, backend, source, null, ends[0], ends[1], 5, out));
            assertTrue(error.getMessage().matches("--(from|to): -?\\d+ is no row.*"), error.getMessage());
            assertTrue(ends[0] < 0 || error.getMessage().contains("1500 rows, numbered 0 to 1499"), error.getMessage());
        }
        UserError error =
                assertThrows(UserError.class, () -> Interpolation.run(model, backend, source, null, 0, 1, 1, out));
        assertTrue(error.getMessage().startsWith("--steps: "), error.getMessage());
        assertTrue(Files.notExists(out));
    }

    @Test
    void otherWidthsAreRefusedWithBothShapes() {
        DataSource other = SmallModels.save(SmallRuns.constant(5, 32, 0.5f), folder.resolve("other.npy"));
        Path out = folder.resolve("out.npy");
        UserError error =
                assertThrows(UserError.class, () -> Encoding.run(model, backend, other, null, 0, out, Progress.SILENT));
        assertTrue(
                error.getMessage().contains("data has samples of 32 values, the model takes 12x12 = 144"),
                error.getMessage());
        assertTrue(Files.notExists(out));
    }

    @Test
    void valuesOutsideTheUnitRangeAreNamedWhereTheyAre() {
        float[] rows = SmallModels.rows(SmallRuns.blobs(1200, 4));
        rows[1100 * WIDTH + 5] = 1.5f;
        Dataset wide = Dataset.ofFloats("wide", data.shape(), rows, null);
        DataSource file = SmallModels.save(wide, folder.resolve("wide.npy"));
        Path out = folder.resolve("out.npy");
        UserError error = assertThrows(
                UserError.class, () -> Reconstruction.run(model, backend, file, null, 0, out, Progress.SILENT));
        assertTrue(
                error.getMessage().contains("row 1100, column 5")
                        && error.getMessage().contains("1.5"),
                error.getMessage());
        assertTrue(Files.notExists(out), "a broken job leaves no file");
    }

    @Test
    void codesOfAnotherSizeAreRefused() {
        SmallModels.save(SmallRuns.constant(5, 4, 0.5f), folder.resolve("codes.npy"));
        UserError error = assertThrows(
                UserError.class,
                () -> Decoding.run(
                        model,
                        backend,
                        folder.resolve("codes.npy").toString(),
                        null,
                        folder.resolve("out.npy"),
                        Progress.SILENT));
        assertTrue(error.getMessage().contains("3 latents"), error.getMessage());
    }
}
