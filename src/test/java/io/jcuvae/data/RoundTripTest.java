package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the writers write, the readers read. */
final class RoundTripTest {
    private static final SampleShape SHAPE = new SampleShape(5, 7);

    @TempDir
    private Path folder;

    private static void writeAll(RowWriter writer, float[] rows, int width) {
        try (writer) {
            int count = rows.length / width;
            int head = count / 3;
            writer.write(rows, head);
            writer.write(Arrays.copyOfRange(rows, head * width, rows.length), count - head);
            writer.commit();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.npy", "b.npz", "c.csv"})
    void floatsComeBackBitForBit(String name) {
        float[] rows = Samples.random(40 * 35, 1);
        rows[3] = Float.MIN_VALUE;
        rows[4] = -Float.MAX_VALUE;
        rows[5] = 1e7f;
        rows[6] = -0.1f;
        Path file = folder.resolve("deep/er/" + name);
        for (long count : new long[] {40, -1}) {
            writeAll(RowWriters.samples(file, SHAPE, count), rows, 35);
            Dataset back = DataSource.parse(file.toString()).load(Split.ALL, 0);
            assertArrayEquals(rows, back.floats());
            assertEquals(name.endsWith("csv") ? new SampleShape(35) : SHAPE, back.shape());
            assertFalse(back.isBytes());
            assertArrayEquals(
                    rows, Samples.drain(DataSource.parse(file.toString()).open(Split.ALL, 0)));
        }
        assertEquals(List.of(name), Samples.names(file.getParent()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a-ubyte", "b-ubyte.gz", "c.idx3-ubyte"})
    void bytesAreRoundedHalfUpAndClipped(String name) {
        float[] rows = {0, 1, 0.5f, -3, 7, 0.25f, 100 / 255f, 0.5f / 255, 0.49f / 255, 1.5f / 255};
        Path file = folder.resolve(name);
        for (long count : new long[] {2, -1}) {
            writeAll(RowWriters.samples(file, new SampleShape(5), count), rows, 5);
            Dataset back = DataSource.parse(file.toString()).load(Split.ALL, 0);
            byte[] expected = {0, -1, (byte) 128, 0, -1, 64, 100, 1, 0, 2};
            assertArrayEquals(expected, back.bytes());
        }
        assertEquals(List.of(name), Samples.names(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.npy", "b.npz", "c.csv"})
    void latentsComeBackAsMeans(String name) {
        int z = 4;
        float[] rows = Samples.random(11 * 2 * z, 2);
        Path file = folder.resolve(name);
        writeAll(RowWriters.latents(file, z, -1), rows, 2 * z);
        float[] means = Samples.drain(DataSource.openLatents(file.toString(), z));
        for (int row = 0; row < 11; row++) {
            assertArrayEquals(
                    Arrays.copyOfRange(rows, row * 2 * z, row * 2 * z + z),
                    Arrays.copyOfRange(means, row * z, row * z + z));
        }
        UserError error = assertThrows(UserError.class, () -> DataSource.openLatents(file.toString(), 5));
        Samples.assertOneLine(error, name);
        assertTrue(error.getMessage().contains("5 latents"), error.getMessage());
        assertEquals(List.of(name), Samples.names(folder));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.npy", "b.npz", "c.csv"})
    void bareLatentsAreReadToo(String name) {
        float[] rows = Samples.random(9 * 6, 3);
        Path file = folder.resolve(name);
        writeAll(RowWriters.samples(file, new SampleShape(6), 9), rows, 6);
        assertArrayEquals(rows, Samples.drain(DataSource.openLatents(file.toString(), 6)));
    }

    @Test
    void logvarCanBeReadByItsKey() {
        Path file = folder.resolve("latents.npz");
        writeAll(RowWriters.latents(file, 1, 2), new float[] {1, 2, 3, 4}, 2);
        assertArrayEquals(new float[] {2, 4}, Samples.drain(DataSource.openLatents(file + ":logvar", 1)));
        assertArrayEquals(
                new float[] {1, 3},
                DataSource.parse(file + ":mean").load(Split.ALL, 0).floats());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.npy", "b.npz", "c.csv", "d.png", "e-ubyte", "f-ubyte.gz"})
    void nothingIsLeftWithoutCommitAndTheOldFileStays(String name) throws Exception {
        Path file = folder.resolve(name);
        Files.writeString(file, "old");
        try (RowWriter writer = RowWriters.samples(file, SHAPE, -1)) {
            writer.write(Samples.random(35 * 6, 4), 6);
            assertEquals("old", Files.readString(file));
        }
        assertEquals(List.of(name), Samples.names(folder));
        assertEquals("old", Files.readString(file));
        try (RowWriter writer = RowWriters.samples(file, SHAPE, 7)) {
            writer.write(Samples.random(35 * 6, 4), 6);
            assertThrows(IllegalStateException.class, writer::commit);
        }
        assertEquals(List.of(name), Samples.names(folder));
        assertEquals("old", Files.readString(file));
    }

    @Test
    void endingsAreRefusedBeforeTheWork() {
        Path file = folder.resolve("rows.jpg");
        String message = Samples.assertRefused(
                file, () -> RowWriters.samples(file, SHAPE, 3).close());
        assertTrue(message.contains(".npy, .npz, .csv, .parquet, .png, -ubyte or -ubyte.gz"), message);
        Path latents = folder.resolve("z.png");
        Samples.assertRefused(latents, () -> RowWriters.latents(latents, 3, 3).close());
        Path grid = folder.resolve("grid.png");
        message = Samples.assertRefused(
                grid, () -> RowWriters.samples(grid, SHAPE, 10_001).close());
        assertTrue(message.contains(".npy"), message);
        Samples.assertRefused(
                grid, () -> RowWriters.samples(grid, new SampleShape(784), 10).close());
        Path idx = folder.resolve("x-ubyte");
        Samples.assertRefused(
                idx, () -> RowWriters.samples(idx, SHAPE, 1L << 31).close());
        assertEquals(List.of(), Samples.names(folder));
    }

    @Test
    void placesThatCannotBeWrittenAreRefused() throws Exception {
        Files.createDirectory(folder.resolve("dir.npy"));
        Path dir = folder.resolve("dir.npy");
        Samples.assertRefused(dir, () -> RowWriters.samples(dir, SHAPE, 3).close());
        Files.writeString(folder.resolve("file"), "");
        Path below = folder.resolve("file/x.npy");
        Samples.assertRefused(below, () -> RowWriters.samples(below, SHAPE, 3).close());
        if (Files.exists(Path.of("/dev/null"))) {
            assertThrows(UserError.class, () -> AtomicFile.write(Path.of("/dev/null"), out -> out.write(1)));
        }
        assertEquals(List.of("dir.npy", "file"), Samples.names(folder));
    }

    @Test
    void nanIsNoPixel() {
        Path file = folder.resolve("x-ubyte");
        Samples.assertRefused(file, () -> {
            try (RowWriter writer = RowWriters.samples(file, new SampleShape(1), 1)) {
                writer.write(new float[] {Float.NaN}, 1);
            }
        });
        assertEquals(List.of(), Samples.names(folder));
    }
}
