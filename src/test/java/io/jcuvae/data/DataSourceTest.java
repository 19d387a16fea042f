package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What --data names, and which rows a split gives. */
final class DataSourceTest {
    @TempDir
    private Path folder;

    private static String refused(String src) {
        UserError error = assertThrows(UserError.class, () -> DataSource.parse(src));
        Samples.assertOneLine(error, "");
        return error.getMessage();
    }

    @Test
    void unknownNamesListTheForms() {
        String message = refused("no-such-thing-at-all");
        assertTrue(message.contains("mnist-sample, moons[:N]") && message.contains(".npz[:key]"), message);
        assertTrue(refused("mnist-smaple").contains("did you mean mnist-sample?"));
        assertTrue(refused("mons").contains("did you mean moons?"));
        refused("");
        refused(" ");
        refused("a\nb\u001b[2J");
        refused("\0");
        refused("x".repeat(5000));
    }

    @Test
    void aMissingFileNamesItsNearestSibling() throws Exception {
        Files.createFile(folder.resolve("digits-train.npy"));
        Files.createFile(folder.resolve("rows.csv.gz"));
        assertTrue(refused(folder.resolve("digit-train.npy").toString()).contains("digits-train.npy?"));
        assertTrue(refused(folder.resolve("Digits-Train.npy").toString()).contains("digits-train.npy?"));
        assertTrue(refused(folder.resolve("rows.csv").toString()).contains("rows.csv.gz?"));
        assertFalse(refused(folder.resolve("elsewhere").toString()).contains("did you mean"));
        assertFalse(refused(folder.resolve("no/folder/x.npy").toString()).contains("did you mean"));
    }

    @Test
    void aFileOfNoKnownKindIsRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("notes.txt"), "hello");
        assertTrue(refused(file.toString()).contains("accepted are"));
        assertTrue(refused(folder.toString()).contains("train-images-idx3-ubyte"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"moons:0", "moons:-1", "moons:1000001", "moons:many", "moons:", "moons:1e3", "moons:1:2"})
    void badNumbersOfMoons(String src) {
        assertTrue(refused(src).contains("1 to 1000000"), src);
    }

    @Test
    void splitsByName() {
        assertEquals(Split.TEST, Split.parse("test"));
        assertThrows(UserError.class, () -> Split.parse("TEST"));
        assertThrows(UserError.class, () -> DataSource.parse("moons").load(Split.ALL, -1));
    }

    @Test
    void aSingleFileIsDividedByRowIndexAlone() {
        int count = 20_000;
        float[] rows = new float[count];
        for (int i = 0; i < count; i++) {
            rows[i] = i;
        }
        for (String name : List.of("rows.npy", "rows.csv")) {
            Path file = folder.resolve(name);
            try (RowWriter writer = RowWriters.samples(file, new SampleShape(1), count)) {
                writer.write(rows, count);
                writer.commit();
            }
            DataSource source = DataSource.parse(file.toString());
            assertFalse(source.hasTestSplit());
            assertEquals(Split.ALL, source.evaluationSplit());
            BitSet seen = new BitSet();
            for (Split split : new Split[] {Split.TRAIN, Split.TEST}) {
                Dataset data = source.load(split, 0);
                assertArrayEquals(data.floats(), Samples.drain(source.open(split, 0)));
                try (SampleReader reader = source.open(split, 0)) {
                    assertEquals(name.endsWith("csv") ? -1 : data.count(), reader.count());
                }
                assertArrayEquals(
                        Arrays.copyOf(data.floats(), 100),
                        source.load(split, 100).floats());
                assertArrayEquals(Arrays.copyOf(data.floats(), 100), Samples.drain(source.open(split, 100)));
                for (float value : data.floats()) {
                    assertFalse(seen.get((int) value));
                    seen.set((int) value);
                }
                double share = data.count() / (double) count;
                assertEquals(split == Split.TEST ? 0.1 : 0.9, share, 0.01);
            }
            assertEquals(count, seen.cardinality());
        }
    }

    @Test
    void tinyFilesHaveBothParts() {
        for (int count = 1; count <= 12; count++) {
            Path file = folder.resolve("tiny.npy");
            try (RowWriter writer = RowWriters.samples(file, new SampleShape(2), count)) {
                writer.write(Samples.random(2 * count, count), count);
                writer.commit();
            }
            DataSource source = DataSource.parse(file.toString());
            int train = source.load(Split.TRAIN, 0).count();
            if (count == 1) {
                Samples.assertRefused(file, () -> source.load(Split.TEST, 0));
                Samples.assertRefused(file, () -> source.open(Split.TEST, 0));
            } else {
                int test = source.load(Split.TEST, 0).count();
                assertTrue(train >= 1 && test >= 1 && train + test == count);
            }
        }
    }

    @Test
    void folders() {
        for (String[] names : new String[][] {
            {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
            {
                "train-images.idx3-ubyte.gz",
                "train-labels.idx1-ubyte.gz",
                "t10k-images.idx3-ubyte.gz",
                "t10k-labels.idx1-ubyte.gz"
            },
            {
                "my_set_train-images-idx3-ubyte",
                "my_set_train-labels-idx1-ubyte",
                "my_set_test-images-idx3-ubyte",
                "my_set_test-labels-idx1-ubyte"
            }
        }) {
            Path set = folder.resolve(names[0].substring(0, 3) + names[0].length());
            assertTrue(set.toFile().mkdir());
            byte[] train = {1, 2, 3, 4, 5, 6};
            byte[] test = {7, 8};
            byte[][] contents = {
                Samples.join(Samples.idx(8, 3, 1, 2), train),
                Samples.join(Samples.idx(8, 3), new byte[] {0, 1, 2}),
                Samples.join(Samples.idx(8, 1, 1, 2), test),
                Samples.join(Samples.idx(8, 1), new byte[] {9})
            };
            for (int i = 0; i < 4; i++) {
                boolean gzip = names[i].endsWith(".gz");
                Samples.write(set.resolve(names[i]), gzip ? Samples.gzip(contents[i]) : contents[i]);
            }
            DataSource source = DataSource.parse(set.toString());
            assertTrue(source.hasTestSplit());
            assertEquals(Split.TEST, source.evaluationSplit());
            assertArrayEquals(train, source.load(Split.TRAIN, 0).bytes());
            assertArrayEquals(test, source.load(Split.TEST, 0).bytes());
            Dataset all = source.load(Split.ALL, 0);
            assertArrayEquals(Samples.join(train, test), all.bytes());
            assertArrayEquals(new int[] {0, 1, 2, 9}, all.labels());
            assertEquals(4 * 2, Samples.drain(source.open(Split.ALL, 0)).length);
            assertEquals(3, source.load(Split.ALL, 3).count());
        }
    }

    @Test
    void validationImagesOfAFolderAreAPartOfTheirOwn() {
        String[] parts = {"digits_train", "digits_valid", "digits_test"};
        for (int i = 0; i < 3; i++) {
            byte[] rows = {(byte) i, (byte) (10 + i)};
            Samples.write(folder.resolve(parts[i] + "-images-idx3-ubyte"), Samples.join(Samples.idx(8, 1, 1, 2), rows));
        }
        DataSource source = DataSource.parse(folder.toString());
        assertTrue(source.hasValidationSplit());
        assertArrayEquals(new byte[] {0, 10}, source.load(Split.TRAIN, 0).bytes());
        assertArrayEquals(
                new byte[] {1, 11}, source.load(Split.parse("validation"), 0).bytes());
        assertArrayEquals(new byte[] {2, 12}, source.load(Split.TEST, 0).bytes());
        assertArrayEquals(
                new byte[] {0, 10, 1, 11, 2, 12}, source.load(Split.ALL, 0).bytes());
        DataSource moons = DataSource.parse("moons:20");
        assertFalse(moons.hasValidationSplit());
        UserError error = assertThrows(UserError.class, () -> moons.load(Split.VALIDATION, 0));
        Samples.assertOneLine(error, "");
        assertTrue(error.getMessage().contains("no validation rows"));
    }

    @Test
    void aFolderWithoutTestImagesIsDivided() {
        Samples.write(
                folder.resolve("train-images-idx3-ubyte"),
                Samples.join(Samples.idx(8, 3, 1, 2), new byte[] {1, 2, 3, 4, 5, 6}));
        DataSource source = DataSource.parse(folder.toString());
        assertFalse(source.hasTestSplit());
        assertArrayEquals(new byte[] {3, 4}, source.load(Split.TEST, 0).bytes());
        assertNull(source.load(Split.ALL, 0).labels());
    }

    @Test
    void partsThatDoNotFitTogether() {
        Samples.write(folder.resolve("train-images-idx3-ubyte"), Samples.join(Samples.idx(8, 1, 1, 2), new byte[2]));
        Samples.write(folder.resolve("t10k-images-idx3-ubyte"), Samples.join(Samples.idx(8, 1, 2, 2), new byte[4]));
        DataSource source = DataSource.parse(folder.toString());
        assertEquals(4, source.load(Split.TEST, 0).width());
        Samples.assertRefused(folder, () -> source.load(Split.ALL, 0));
        Samples.write(folder.resolve("other_train-images-idx3-ubyte"), new byte[0]);
        assertTrue(refused(folder.toString()).contains("has both"));
    }

    @Test
    void digits() {
        DataSource source = DataSource.parse("mnist-sample");
        Dataset train = source.load(Split.TRAIN, 0);
        Dataset test = source.load(Split.TEST, 0);
        assertEquals(10_000, train.count());
        assertEquals(2_000, test.count());
        assertEquals(new SampleShape(28, 28), test.shape());
        assertArrayEquals(new int[] {5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, Arrays.copyOf(train.labels(), 10));
        assertArrayEquals(new int[] {7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, Arrays.copyOf(test.labels(), 10));
        assertEquals(ValueKind.UNIT, train.values());
        assertEquals("mnist-sample", train.name());
        assertEquals(Split.TEST, source.evaluationSplit());
        assertEquals(12_000, source.load(Split.ALL, 0).count());
        // Computed from the original file's first 10,000 images.
        assertEquals("sha256:4051b0ab94777247340e9eac089e09f13c8927c6bb6546d6258a59d05adc04ed", train.fingerprint());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7})
    void rowsAreDealtOutInTurn(int of) throws Exception {
        StringBuilder csv = new StringBuilder("a,b,label\n");
        for (int r = 0; r < 100; r++) {
            csv.append(r).append(',').append(-r).append(',').append(r % 3).append('\n');
        }
        Path text = Files.writeString(folder.resolve("rows.csv"), csv);
        for (String src : List.of("moons:50", "mnist-sample", text.toString(), text + "@label=1")) {
            for (int limit : new int[] {0, 20}) {
                DataSource source = DataSource.parse(src);
                Dataset all = source.load(Split.TRAIN, limit);
                int seen = 0;
                for (int number = 0; number < of; number++) {
                    Dataset part = source.load(Split.TRAIN, limit, number, of);
                    float[] expected = new float[all.width()];
                    float[] found = new float[all.width()];
                    for (int r = 0; r < part.count(); r++) {
                        int row = number + r * of;
                        all.copyRow(row, expected, 0);
                        part.copyRow(r, found, 0);
                        assertArrayEquals(expected, found);
                        assertEquals(all.labels() == null, part.labels() == null);
                        if (all.labels() != null) {
                            assertEquals(all.labels()[row], part.labels()[r]);
                        }
                        seen++;
                    }
                    assertEquals(all.isBytes(), part.isBytes());
                    assertEquals(all.name(), part.name());
                }
                assertEquals(all.count(), seen);
            }
        }
    }

    @Test
    void aPartWithoutRowsIsRefused() {
        DataSource source = DataSource.parse("moons:2");
        assertEquals(1, source.load(Split.TRAIN, 0, 1, 3).count());
        UserError error = assertThrows(UserError.class, () -> source.load(Split.TRAIN, 0, 2, 3));
        assertEquals("moons:2: has no rows for part 2 of 3; fewer workers or more rows are needed", error.getMessage());
    }
}
