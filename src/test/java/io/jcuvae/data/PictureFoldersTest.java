package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders and zips of pictures: which rows they are, in which order, with which labels. */
final class PictureFoldersTest {
    @TempDir
    private Path folder;

    private Path set;
    private PictureOptions options;

    @BeforeEach
    void begin() throws Exception {
        set = Files.createDirectory(folder.resolve("set"));
        options = PictureOptions.asTheyAre().withCache(folder.resolve("cache"));
    }

    /** Puts grey pictures of one value each. */
    private void put(Path where, Object... namesAndValues) {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            TestPictures.put(where, (String) namesAndValues[i], dot((Integer) namesAndValues[i + 1]));
        }
    }

    private static byte[] dot(int value) {
        return TestPictures.pngOf(1, 1, 8, 0, new int[] {value});
    }

    private DataSource source() {
        return DataSource.parse(set.toString(), options);
    }

    private static int[] values(Dataset data) {
        int[] values = new int[data.bytes().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = data.bytes()[i] & 0xFF;
        }
        return values;
    }

    @Test
    void picturesWithoutFoldersComeByName() {
        put(set, "b.png", 2, "a.png", 1, "C.PNG", 0, "d.jpg", 3);
        Dataset all = source().load(Split.ALL, 0);
        assertArrayEquals(new int[] {0, 1, 2, 3}, values(all));
        assertEquals(new SampleShape(1, 1), all.shape());
        assertNull(all.labels());
        assertTrue(all.isBytes());
        // Divided like a single file.
        assertFalse(source().hasTestSplit());
        assertTrue(source().isPictures());
        assertEquals(Split.ALL, source().evaluationSplit());
        assertEquals(1, values(source().load(Split.TEST, 0))[0]);
        assertEquals(
                4,
                source().load(Split.TRAIN, 0).count()
                        + source().load(Split.TEST, 0).count());
    }

    @Test
    void subFoldersAreLabelsAndTakeTurns() {
        put(set, "cat/1.png", 11, "cat/2.png", 12, "cat/deep/er.png", 13, "ant/1.png", 21, "dog/x.png", 31);
        Dataset all = source().load(Split.ALL, 0);
        assertArrayEquals(new int[] {21, 11, 31, 12, 13}, values(all));
        assertArrayEquals(new int[] {0, 1, 2, 1, 1}, all.labels());
        assertArrayEquals(new int[] {21, 11}, values(source().load(Split.ALL, 2)));
    }

    @Test
    void foldersNamedByNumbersAreThoseLabels() {
        put(set, "10/a.png", 1, "9/a.png", 2, "0/a.png", 3);
        Dataset all = source().load(Split.ALL, 0);
        assertArrayEquals(new int[] {3, 1, 2}, values(all));
        assertArrayEquals(new int[] {0, 10, 9}, all.labels());
        // Not so with leading zeros.
        put(set, "07/a.png", 4);
        assertArrayEquals(new int[] {0, 1, 2, 3}, source().load(Split.ALL, 0).labels());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"train test", "training testing", "Train TEST", "train val", "train valid", "train validation"})
    void trainAndTestAreTheParts(String names) {
        String[] parts = names.split(" ");
        put(set, parts[0] + "/b/1.png", 1, parts[0] + "/a/2.png", 2, parts[1] + "/b/3.png", 3);
        DataSource source = source();
        assertTrue(source.hasTestSplit());
        assertEquals(Split.TEST, source.evaluationSplit());
        assertArrayEquals(new int[] {2, 1}, values(source.load(Split.TRAIN, 0)));
        Dataset test = source.load(Split.TEST, 0);
        assertArrayEquals(new int[] {3}, values(test));
        assertArrayEquals(new int[] {1}, test.labels());
        assertArrayEquals(new int[] {0, 1, 1}, source.load(Split.ALL, 0).labels());
        assertArrayEquals(new int[] {2, 1, 3}, values(source.load(Split.ALL, 0)));
        assertEquals(3, Samples.drain(source.open(Split.ALL, 0)).length);
    }

    @Test
    void whatLiesBesideThePartsIsLeftOut() {
        put(set, "train/1.png", 1, "test/2.png", 2, "val/3.png", 3, "4.png", 4);
        DataSource source = source();
        assertArrayEquals(new int[] {1, 2}, values(source.load(Split.ALL, 0)));
        assertTrue(
                source.warnings().get(0).contains("2 pictures lie beside"),
                source.warnings().toString());
    }

    @Test
    void aSingleFolderIsLookedThrough() {
        put(set, "download/pets/cat/1.png", 1, "download/pets/dog/1.png", 2);
        assertArrayEquals(new int[] {0, 1}, source().load(Split.ALL, 0).labels());
        // One part alone is no division, and one folder no label.
        Path alone = folder.resolve("alone");
        put(alone, "test/cat/1.png", 1, "test/cat/2.png", 2);
        DataSource source = DataSource.parse(alone.toString(), options);
        assertFalse(source.hasTestSplit());
        assertNull(source.load(Split.ALL, 0).labels());
    }

    @Test
    void someWithoutFolderMeanNoLabels() {
        put(set, "cat/1.png", 1, "dog/1.png", 2, "0.png", 3);
        Dataset all = source().load(Split.ALL, 0);
        assertNull(all.labels());
        assertArrayEquals(new int[] {3, 1, 2}, values(all));
    }

    @Test
    void otherFilesArePassedOverAndCounted() {
        put(set, "a.png", 1, ".hidden.png", 9, ".git/b.png", 9, "__MACOSX/._a.png", 9, "x/.DS_Store", 9);
        TestPictures.put(set, "labels.json", new byte[] {'{', '}'});
        TestPictures.put(set, "README", new byte[1]);
        DataSource source = source();
        assertArrayEquals(new int[] {1}, values(source.load(Split.ALL, 0)));
        assertEquals(List.of(), source.warnings());
        assertTrue(
                source.notes().get(0).endsWith("; 2 other files (.json, no ending) passed over"),
                source.notes()::toString);
    }

    @Test
    void aZipIsLikeItsFolder() {
        List<String> names =
                List.of("train/b/1.png", "train/a/1.png", "test/a/1.png", "notes.txt", "__MACOSX/train/x.png");
        List<byte[]> contents = List.of(dot(1), dot(2), dot(3), new byte[3], dot(9));
        Path zip = TestPictures.put(folder, "set.zip", Samples.zip(names, contents));
        DataSource source = DataSource.parse(zip.toString(), options);
        assertArrayEquals(new int[] {2, 1, 3}, values(source.load(Split.ALL, 0)));
        assertArrayEquals(new int[] {0, 1}, source.load(Split.TRAIN, 0).labels());
        // Whatever it is called, and with the separators of another system.
        byte[] other = new String(Samples.zip(names, contents), StandardCharsets.ISO_8859_1)
                .replace("train/", "train\\")
                .getBytes(StandardCharsets.ISO_8859_1);
        Path unnamed = TestPictures.put(folder, "download", other);
        assertTrue(DataSource.parse(unnamed.toString(), options).hasTestSplit());
    }

    @Test
    void zipsInAFolderCountAsUnpackedThere() {
        TestPictures.put(set, "one.zip", Samples.zip(List.of("train/b/1.png"), List.of(dot(1))));
        TestPictures.put(set, "two.ZIP", Samples.zip(List.of("test/b/1.png", "test/a/1.png"), List.of(dot(2), dot(3))));
        put(set, "train/c/5.png", 5);
        // Arrays are no pictures, and neither is a zip below.
        TestPictures.put(set, "arrays.zip", Samples.zip(List.of("x.npy"), List.of(new byte[1])));
        TestPictures.put(set, "train/c/deep.zip", Samples.zip(List.of("9.png"), List.of(dot(9))));
        DataSource source = source();
        assertArrayEquals(new int[] {1, 5}, values(source.load(Split.TRAIN, 0)));
        assertArrayEquals(new int[] {1, 2}, source.load(Split.TRAIN, 0).labels());
        assertArrayEquals(new int[] {3, 2}, values(source.load(Split.TEST, 0)));
    }

    @Test
    void linksAreFollowedOnce() throws Exception {
        Path far = folder.resolve("far");
        put(far, "cat/1.png", 1, "dog/1.png", 2);
        Files.createSymbolicLink(set.resolve("a"), far.resolve("cat"));
        Files.createSymbolicLink(set.resolve("b"), far.resolve("dog"));
        Files.createSymbolicLink(set.resolve("again"), set);
        Files.createSymbolicLink(far.resolve("cat/up"), set);
        Files.createSymbolicLink(far.resolve("cat/more"), far.resolve("dog"));
        Files.createSymbolicLink(set.resolve("lost.png"), far.resolve("nowhere.png"));
        Files.createSymbolicLink(set.resolve("endless.png"), Path.of("/dev/zero"));
        DataSource source = source();
        assertArrayEquals(new int[] {1, 2}, values(source.load(Split.ALL, 0)));
        assertTrue(source.notes().get(0).contains("2 other files (no plain files)"), source.notes()::toString);
    }

    @Test
    void sizesMustAgreeOrBeGiven() {
        TestPictures.put(set, "a.png", TestPictures.png(4, 6, 0x102030));
        TestPictures.put(set, "b.png", TestPictures.png(4, 5, 0x102030));
        UserError error = assertThrows(UserError.class, () -> source().load(Split.ALL, 0));
        Samples.assertOneLine(error, "set");
        assertTrue(error.getMessage().contains("\"b.png\" is 4x5")
                && error.getMessage().contains("--size 64x64"));
        options = options.withSize("3x2");
        Dataset all = source().load(Split.ALL, 0);
        assertEquals(new SampleShape(3, 2, 3), all.shape());
        assertEquals(0x20, all.bytes()[1]);
        // The size of the first is its size as it is seen.
        byte[] turned = TestPictures.chunk("eXIf", TestPictures.exif(6, true));
        TestPictures.put(set, "a.png", TestPictures.pngOf(4, 5, 8, 0, new int[20], turned));
        options = options.withSize("auto");
        assertEquals(new SampleShape(4, 5, 3), sourceOnly("b.png").shape());
    }

    private Dataset sourceOnly(String... names) {
        Path some = folder.resolve("some");
        for (String name : names) {
            try {
                TestPictures.put(some, name, Files.readAllBytes(set.resolve(name)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return DataSource.parse(some.toString(), options).load(Split.ALL, 0);
    }

    @Test
    void allGreyIsGreyAndOneOfColourMakesColour() {
        put(set, "a.png", 100, "b.png", 200);
        assertEquals(new SampleShape(1, 1), source().load(Split.ALL, 0).shape());
        TestPictures.put(set, "c.png", TestPictures.png(1, 1, 0x010203));
        Dataset colour = source().load(Split.ALL, 0);
        assertEquals(new SampleShape(1, 1, 3), colour.shape());
        assertArrayEquals(new int[] {100, 100, 100, 200, 200, 200, 1, 2, 3}, values(colour));
        options = options.withGrey(true);
        assertArrayEquals(new int[] {100, 200, 2}, values(source().load(Split.ALL, 0)));
        assertEquals(new SampleShape(1, 1), source().load(Split.ALL, 0).shape());
        options = options.like(new SampleShape(2, 1, 3));
        assertEquals(new SampleShape(2, 1, 3), source().load(Split.ALL, 0).shape());
    }

    @Test
    void whatCannotBeReadStopsOrIsLeftOut() {
        put(set, "a/1.png", 1, "b/1.png", 2);
        for (int i = 0; i < 5; i++) {
            TestPictures.put(set, "a/bad" + i + ".png", "no picture".getBytes(StandardCharsets.US_ASCII));
        }
        UserError error = assertThrows(UserError.class, () -> source().load(Split.ALL, 0));
        Samples.assertOneLine(error, "set");
        for (String part : List.of("5 of 7 pictures", "\"a/bad0.png\" (its bytes are", "and 2 more", "--skip-bad")) {
            assertTrue(error.getMessage().contains(part), error.getMessage());
        }
        assertEquals(List.of(), Samples.names(folder.resolve("cache")));
        options = options.withSkipBad(true);
        for (String how : List.of("decoded in", "decoded before")) {
            DataSource source = source();
            Dataset all = source.load(Split.ALL, 0);
            assertArrayEquals(new int[] {1, 2}, values(all));
            assertArrayEquals(new int[] {0, 1}, all.labels());
            assertTrue(source.warnings().get(0).contains("5 of 7"), source.warnings()::toString);
            assertTrue(source.notes().get(0).contains(how), source.notes()::toString);
        }
        // What was decoded without them does not hide them.
        options = options.withSkipBad(false);
        assertThrows(UserError.class, () -> source().load(Split.ALL, 0));
    }

    @Test
    void onlyBadPicturesAreRefusedEvenThen() {
        TestPictures.put(set, "a.png", new byte[20]);
        options = options.withSkipBad(true);
        UserError error = assertThrows(UserError.class, () -> source().load(Split.ALL, 0));
        assertTrue(error.getMessage().contains("its only picture can")
                || error.getMessage().contains("only picture"));
        options = options.withSize("2x2").withGrey(true);
        Samples.assertOneLine(assertThrows(UserError.class, () -> source().load(Split.ALL, 0)), "set");
        put(set, "train/a.png", 3);
        TestPictures.put(set, "test/a.png", new byte[20]);
        error = assertThrows(UserError.class, () -> source().load(Split.ALL, 0));
        assertTrue(error.getMessage().contains("held-out part"), error.getMessage());
    }

    @Test
    void nothingToLookAt() {
        UserError empty = assertThrows(UserError.class, this::source);
        Samples.assertOneLine(empty, "set");
        assertTrue(empty.getMessage().contains("without pictures"), empty.getMessage());
        Path zip = TestPictures.put(folder, "e.zip", Samples.zip(List.of("a.txt"), List.of(new byte[1])));
        assertTrue(assertThrows(UserError.class, () -> DataSource.parse(zip.toString()))
                .getMessage()
                .contains("is a zip without pictures"));
    }

    @Test
    void rowsDoNotDependOnThreads() {
        List<byte[]> found = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            TestPictures.put(set, i % 7 + "/" + i + ".png", TestPictures.png(5 + i % 3, 6, (long) i));
        }
        for (int threads : new int[] {1, 2, 5}) {
            options = options.withCache(folder.resolve("cache" + threads))
                    .withThreads(threads)
                    .withSize("4x4");
            found.add(source().load(Split.ALL, 0).bytes());
        }
        assertArrayEquals(found.get(0), found.get(1));
        assertArrayEquals(found.get(0), found.get(2));
    }

    @Test
    void sizesAreHeightByWidth() {
        assertEquals("64x64", PictureOptions.parseSize("64"));
        assertEquals("3x5", PictureOptions.parseSize("3x5"));
        assertEquals("auto", PictureOptions.parseSize("AUTO"));
        for (String bad : List.of("", "x", "0", "3x0", "3x", "-3", "3x4x5", "2049", "99999x1", "3 x 4", "a")) {
            assertThrows(IllegalArgumentException.class, () -> PictureOptions.parseSize(bad), bad);
        }
    }
}
