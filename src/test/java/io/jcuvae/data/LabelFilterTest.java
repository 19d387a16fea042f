package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows chosen by their labels: which they are, in every split and by every way of reading. */
class LabelFilterTest {
    private static final int ROWS = 400;

    @TempDir
    Path folder;

    /** Row r is (r, -r) with the label r mod 3. */
    private Path table() throws IOException {
        String text = IntStream.range(0, ROWS)
                .mapToObj(r -> r + "," + -r + "," + r % 3 + "\n")
                .collect(Collectors.joining("", "a,b,y\n", ""));
        return Files.writeString(folder.resolve("t.csv"), text);
    }

    private static int[] firsts(DataSource source, Split split, int limit) {
        try (SampleReader reader = source.open(split, limit)) {
            float[] rows = new float[2 * ROWS + 14];
            int done = 0;
            float[] block = new float[14];
            int got;
            while ((got = reader.read(block, 7)) > 0) {
                System.arraycopy(block, 0, rows, 2 * done, 2 * got);
                done += got;
            }
            int count = done;
            assertTrue(reader.count() == count || reader.count() < 0);
            return IntStream.range(0, count).map(r -> (int) rows[2 * r]).toArray();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Split.class,
            names = {"TRAIN", "TEST", "ALL"})
    void rowsStayInTheirSplit(Split split) throws IOException {
        Path file = table();
        int[] all = firsts(DataSource.parse(file.toString()), split, 0);
        for (String choice : new String[] {"=0", "=0,2", "!=1", "!=0,1"}) {
            DataSource some = DataSource.parse(file + "@label" + choice);
            int[] want = Arrays.stream(all)
                    .filter(r -> choice.startsWith("!=")
                            ? !choice.contains(String.valueOf(r % 3))
                            : choice.contains(String.valueOf(r % 3)))
                    .toArray();
            assertTrue(want.length > 0);
            assertArrayEquals(want, firsts(some, split, 0), choice);
            assertArrayEquals(Arrays.copyOf(want, 5), firsts(some, split, 5), choice);
            assertArrayEquals(Arrays.stream(want).map(r -> r % 3).toArray(), some.labels(split, 0));
            assertEquals(5, some.labels(split, 5).length);
            Dataset loaded = some.load(split, 9);
            assertEquals(9, loaded.count());
            for (int r = 0; r < 9; r++) {
                assertEquals(want[r], loaded.floats()[2 * r]);
                assertEquals(want[r] % 3, loaded.labels()[r]);
            }
        }
    }

    @Test
    void unseenIsWhatTrainingLeftOutAndTheTestRows() throws IOException {
        Path file = table();
        DataSource whole = DataSource.parse(file.toString());
        String trainedOn = file + "@label=0";
        int[] trained = firsts(DataSource.parse(trainedOn), Split.TRAIN, 0);
        int[] unseen = firsts(whole.unseen(trainedOn), Split.ALL, 0);
        int[] together = IntStream.concat(Arrays.stream(trained), Arrays.stream(unseen))
                .sorted()
                .toArray();
        assertArrayEquals(IntStream.range(0, ROWS).toArray(), together);
        assertArrayEquals(
                Arrays.stream(unseen).map(r -> r % 3).toArray(),
                whole.unseen(trainedOn).labels(Split.ALL, 0));
        for (String other : new String[] {file.toString(), "other.csv@label=0"}) {
            UserError error = assertThrows(UserError.class, () -> whole.unseen(other));
            assertTrue(
                    error.getMessage().contains("--split unseen: the model was trained on " + other),
                    error.getMessage());
        }
    }

    @Test
    void bytesOfASetWithTestRowsOfItsOwn() {
        DataSource digits = DataSource.parse("mnist-sample@label=3");
        assertTrue(digits.hasTestSplit());
        Dataset test = digits.load(Split.TEST, 0);
        assertTrue(test.isBytes() && Arrays.stream(test.labels()).allMatch(label -> label == 3));
        int[] all = DataSource.parse("mnist-sample").labels(Split.TEST, 0);
        assertEquals(Arrays.stream(all).filter(label -> label == 3).count(), test.count());
        try (SampleReader reader = digits.open(Split.TEST, 0)) {
            byte[] rows = new byte[784 * test.count()];
            assertEquals(test.count(), reader.readBytes(rows, test.count()));
            assertArrayEquals(test.bytes(), rows);
        }
        DataSource whole = DataSource.parse("mnist-sample");
        int unseen = whole.unseen("mnist-sample@label=3").labels(Split.ALL, 0).length;
        assertEquals(12_000 - digits.labels(Split.TRAIN, 0).length, unseen);
    }

    @ParameterizedTest
    @ValueSource(strings = {"@label=", "@label!=", "@label", "@label=0,,1", "@labels=1"})
    void nothingChosenIsRefused(String choice) throws IOException {
        Path file = table();
        UserError error = assertThrows(UserError.class, () -> DataSource.parse(file + choice));
        assertTrue(error.getMessage().contains("SRC@label=0"), error.getMessage());
    }

    @Test
    void labelsThatAreNotThereAreNamed() throws IOException {
        DataSource none = DataSource.parse(table() + "@label=7");
        UserError error = assertThrows(UserError.class, () -> none.load(Split.ALL, 0));
        assertTrue(error.getMessage().contains("has no label \"7\" (there are 0, 1, 2)"), error.getMessage());
        Path bare = Files.writeString(folder.resolve("bare.csv"), "1,2\n3,4\n");
        DataSource unlabelled = DataSource.parse(bare + "@label=0");
        error = assertThrows(UserError.class, () -> unlabelled.open(Split.ALL, 0));
        assertTrue(error.getMessage().contains("has no labels to choose rows by"), error.getMessage());
    }

    @Test
    void aFileOfThatNameIsItself() throws IOException {
        Path odd = Files.writeString(folder.resolve("odd@label=1.csv"), "1,2\n3,4\n");
        assertNull(LabelFilter.of(odd.toString()));
        assertEquals(2, DataSource.parse(odd.toString()).load(Split.ALL, 0).count());
        assertFalse(DataSource.parse(odd.toString()).hasTestSplit());
    }
}
