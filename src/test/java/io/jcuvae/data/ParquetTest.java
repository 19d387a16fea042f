package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.parquet.format.CompressionCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Parquet files that pyarrow 25 wrote: 300 rows of every type a table has, in every encoding and codec that is read; and what
 * is made of them by accident or on purpose.
 */
class ParquetTest {
    private static final int ROWS = 300;

    @TempDir
    Path folder;

    private static Path resource(String name) {
        try {
            return Path.of(ParquetTest.class.getResource("parquet/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static void assertCell(String column, int r, TableLines lines, int field) {
        String text = lines.text(field);
        switch (column) {
            case "i" -> assertEquals(String.valueOf(r - 150), text);
            case "l" -> assertEquals(String.valueOf(r * 1_000_000_007L), text);
            case "u" -> assertEquals(String.valueOf(r % 256), text);
            case "f" -> assertEquals(r / 8.0, lines.value(field));
            case "d" -> assertEquals(r / 3.0, lines.value(field));
            case "b" -> {
                assertEquals(r % 3 == 0 ? "true" : "false", text);
                assertEquals(r % 3 == 0 ? 1 : 0, lines.value(field));
            }
            case "s" -> assertEquals("wort\u00e9" + r % 7, text);
            case "o" -> assertEquals(r % 5 == 0 ? "" : String.valueOf(r), text);
            case "dec" -> assertEquals(r + ".25", text);
            case "h" -> assertEquals(r / 4.0, lines.value(field));
            default -> assertEquals(String.valueOf(r), text);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "snappy.parquet",
                "zstd.parquet",
                "gzip.parquet",
                "lz4.parquet",
                "delta.parquet",
                "lengths.parquet"
            })
    void everyTypeEncodingAndCodecIsRead(String name) {
        try (TableLines lines = FileKind.lines(resource(name))) {
            boolean all = lines.fields() == 11;
            assertTrue(
                    all || lines.fields() == (name.startsWith("lz4") ? 3 : 2),
                    lines.names().toString());
            // Lists and records are left out with a word.
            assertEquals(
                    all && !name.startsWith("delta") ? 2 : 0, lines.warnings().size());
            for (int r = 0; r < ROWS; r++) {
                assertTrue(lines.next());
                assertEquals("row " + (r + 1), lines.place());
                for (int f = 0; f < lines.fields(); f++) {
                    // Columns asked for now and then are found at their row all the same.
                    if (f % 2 == 0 || r % 7 == 3) {
                        assertCell(lines.names().get(f), r, lines, f);
                    }
                }
            }
            assertFalse(lines.next());
        }
    }

    @Test
    void whatIsNotReadIsSaid() throws IOException {
        assertTrue(refused(resource("brotli.parquet")).contains("is compressed with BROTLI, which is not read"));
        Path other = folder.resolve("x.parquet");
        Files.writeString(other, "a,b\n1,2\n3,4\n");
        assertTrue(refused(other).contains("does not begin as a Parquet file does"));
        Files.write(other, new byte[0]);
        refused(other);
        byte[] encrypted = Files.readAllBytes(resource("lengths.parquet"));
        encrypted[encrypted.length - 1] = 'E';
        Files.write(other, encrypted);
        assertTrue(refused(other).contains("encrypted"));
    }

    private static String refused(Path file) {
        UserError error = assertThrows(UserError.class, () -> readAll(file));
        assertEquals(1, error.getMessage().lines().count());
        return error.getMessage();
    }

    private static long readAll(Path file) {
        long sum = 0;
        try (TableLines lines = FileKind.lines(file)) {
            // A row count may be a lie that only reading refutes.
            for (int r = 0; r < 2 * ROWS && lines.next(); r++) {
                for (int f = 0; f < lines.fields(); f++) {
                    sum += lines.text(f).length();
                }
            }
        }
        return sum;
    }

    /** Numbers, with a schema and without, and labels, are those of the same table as text. */
    @Test
    void aTableIsTheSameAsItsText() throws IOException {
        Path csv = resource("../patients.csv");
        Path parquet = resource("patients.parquet");
        List<String> notes = new ArrayList<>();
        assertEquals(
                TableSchema.propose(csv, new ArrayList<>()).get("columns"),
                TableSchema.propose(parquet, notes).get("columns"));
        Path schema = folder.resolve("schema.json");
        Files.writeString(schema, TableSchema.propose(csv, notes).toString());
        Dataset one =
                DataSource.parse(csv.toString()).by(TableSchema.read(schema)).load(Split.TEST, 0);
        Dataset other = DataSource.parse(parquet.toString())
                .by(TableSchema.read(schema))
                .load(Split.TEST, 0);
        assertArrayEquals(one.floats(), other.floats());
        assertTrue(one.count() > 10);
        String text = assertThrows(
                        UserError.class,
                        () -> DataSource.parse(parquet.toString()).load(Split.ALL, 0))
                .getMessage();
        assertTrue(text.contains("row 1, column 1 is \"P0000\", which is no number"), text);
        assertTrue(text.contains("train --schema"), text);
    }

    private Path written(List<String> names, float[] rows, int... calls) {
        Path file = folder.resolve("w" + calls.length + ".parquet");
        List<ParquetWriter.Column> columns = names.stream()
                .map(name -> new ParquetWriter.Column(name, ParquetWriter.Kind.FLOAT))
                .toList();
        try (ParquetWriter writer =
                new ParquetWriter(file, columns, rows.length / names.size(), RowTarget.Opener.WHOLE)) {
            int at = 0;
            for (int count : calls) {
                writer.write(Arrays.copyOfRange(rows, at, at + count * names.size()), count);
                at += count * names.size();
            }
            writer.commit();
        }
        return file;
    }

    @Test
    void floatsComeBackAsTheyAreHoweverTheyWereWritten() throws IOException {
        // More rows than a group has, so that there are several.
        int rows = (1 << 20) + 77;
        float[] values = Samples.random(2 * rows, 4);
        Path one = written(List.of("a", "label"), values, rows);
        Path other = written(List.of("a", "label"), values, 1, rows / 2, rows - 1 - rows / 2);
        assertEquals(-1, Files.mismatch(one, other));
        try (TableLines lines = FileKind.lines(one)) {
            for (int r = 0; r < rows; r++) {
                assertTrue(lines.next());
                if (r % 1009 == 0 || r > rows - 3) {
                    assertEquals(values[2 * r], (float) lines.value(0));
                    assertEquals(values[2 * r + 1], (float) lines.value(1));
                }
            }
            assertFalse(lines.next());
        }
    }

    @Test
    void latentsCodesAndTablesAreWrittenAndRead() throws IOException {
        Path latents = folder.resolve("z.parquet");
        try (RowWriter writer = RowWriters.latents(latents, 2, 2, 2)) {
            writer.write(new float[] {1, 2, 3, 4, 5, 6, 7, 8}, 2);
            writer.commit();
        }
        float[] means = new float[4];
        try (SampleReader reader = DataSource.openLatents(latents.toString(), 2)) {
            assertEquals(2, reader.read(means, 2));
        }
        assertArrayEquals(new float[] {1, 2, 5, 6}, means);

        Path schema = folder.resolve("schema.json");
        Files.writeString(
                schema,
                TableSchema.propose(resource("../patients.csv"), new ArrayList<>())
                        .toString());
        DataSource text =
                DataSource.parse(resource("../patients.csv").toString()).by(TableSchema.read(schema));
        Dataset rows = text.load(Split.ALL, 0);
        // Rows without gaps, which no generated row has.
        float[] full = rows.floats().clone();
        for (int i = 0; i < full.length; i++) {
            full[i] = Float.isNaN(full[i]) ? 1 : full[i];
        }
        Path table = folder.resolve("t.parquet");
        try (RowWriter writer = RowWriters.samples(table, rows.shape(), rows.count(), 0, rows.table())) {
            writer.write(full, rows.count());
            writer.commit();
        }
        Dataset back =
                DataSource.parse(table.toString()).by(TableSchema.read(schema)).load(Split.ALL, 0);
        assertArrayEquals(full, back.floats());
        Path codes = folder.resolve("c.parquet");
        try (RowWriter writer = RowWriters.codes(codes, 2, 1)) {
            writer.write(new float[] {3, 511}, 1);
            writer.commit();
        }
        try (TableLines lines = FileKind.lines(codes)) {
            assertTrue(lines.next());
            assertEquals(List.of("code0", "code1"), lines.names());
            assertEquals("511", lines.text(1));
        }
        assertThrows(IllegalStateException.class, () -> {
            try (RowWriter writer = RowWriters.codes(codes, 2, 2)) {
                writer.write(new float[] {3, 511}, 1);
                writer.commit();
            }
        });
        assertEquals(2, folderCount(codes));
    }

    private static int folderCount(Path codes) {
        try (TableLines lines = FileKind.lines(codes)) {
            return lines.fields();
        }
    }

    /**
     * Files with a byte changed, or cut off, are read as they stand or refused in one line; and none makes us hold more than a
     * few times what an honest file of that length can.
     */
    @ParameterizedTest
    @ValueSource(strings = {"delta.parquet", "patients.parquet", "lengths.parquet"})
    void damageCostsALineAndNoMemory(String name) throws IOException, Refused {
        byte[] whole = Files.readAllBytes(resource(name));
        Path file = folder.resolve("damaged.parquet");
        ThreadMXBean beans = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Random random = new Random(9);
        int refused = 0;
        readAll(resource(name));
        long usual = allocated(beans, resource(name));
        int trials = 300;
        for (int trial = 0; trial < trials; trial++) {
            byte[] bytes = whole.clone();
            // Headers and footer are where the claims are.
            int at = trial % 3 == 0 ? bytes.length - 1 - random.nextInt(1500) : random.nextInt(bytes.length);
            switch (trial % 4) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) 0xFF;
                case 2 -> {
                    for (int i = at; i < Math.min(bytes.length, at + 4); i++) {
                        bytes[i] = (byte) 0xFF;
                    }
                }
                default -> bytes = Arrays.copyOf(bytes, at);
            }
            Files.write(file, bytes);
            long spent;
            try {
                spent = allocated(beans, file);
            } catch (Refused e) {
                refused++;
                spent = e.spent;
            }
            assertTrue(spent < 8 * usual + (4 << 20), name + ", trial " + trial + ": " + spent + " of " + usual);
        }
        assertTrue(refused > trials / 4, refused + " refused");
    }

    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final long spent;

        Refused(long spent) {
            this.spent = spent;
        }
    }

    private static long allocated(ThreadMXBean beans, Path file) throws Refused {
        long before = beans.getCurrentThreadAllocatedBytes();
        try {
            readAll(file);
        } catch (UserError e) {
            assertEquals(1, e.getMessage().lines().count());
            throw new Refused(beans.getCurrentThreadAllocatedBytes() - before);
        }
        return beans.getCurrentThreadAllocatedBytes() - before;
    }

    @Test
    void claimsAreComparedWithTheFile() throws IOException {
        byte[] bytes = Files.readAllBytes(resource("lengths.parquet"));
        Path file = folder.resolve("x.parquet");
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length - 8, Integer.MAX_VALUE);
        Files.write(file, bytes);
        assertTrue(refused(file).contains("its footer is to have 2147483647 bytes"));
        // A run of 2^31 numbers costs nothing before they are asked for, and a group breaks off where the bytes do.
        ParquetRuns run = new ParquetRuns(new byte[] {-2, -1, -1, -1, 15, 1}, 0, 6, 1);
        assertEquals(1, run.next());
        ParquetRuns packed = new ParquetRuns(new byte[] {-1, -1, -1, -1, 15, 5}, 0, 6, 3);
        assertEquals(5, packed.next());
        assertEquals(0, packed.next());
        assertThrows(IndexOutOfBoundsException.class, packed::next);
        assertThrows(
                IOException.class,
                () -> ParquetCodec.unpack("x", CompressionCodec.SNAPPY, new byte[20], 0, 20, 1 << 27));
        assertThrows(
                IOException.class,
                () -> ParquetCodec.unpack("x", CompressionCodec.UNCOMPRESSED, new byte[20], 0, 20, 21));
    }
}
