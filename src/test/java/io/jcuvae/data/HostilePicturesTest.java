package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders and zips of pictures that break off, lie, or were made to do harm: one line each, soon, and nothing left over. */
final class HostilePicturesTest {
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;

    @TempDir
    private Path folder;

    private String refused(Path source, boolean skipBad) {
        Path cache = folder.resolve("cache");
        PictureOptions options =
                PictureOptions.asTheyAre().withCache(cache).withSkipBad(skipBad).withThreads(2);
        String message = Samples.assertRefused(
                source, () -> DataSource.parse(source.toString(), options).load(Split.ALL, 0));
        if (Files.exists(cache)) {
            assertEquals(List.of(), Samples.names(cache));
        }
        return message;
    }

    private String refusedPicture(byte[] content) {
        return refused(TestPictures.put(folder, "set/a.png", content).getParent(), true);
    }

    private String refusedZip(byte[] content, boolean skipBad) {
        return refused(TestPictures.put(folder, "set.zip", content), skipBad);
    }

    private static Dataset load(Path source, Path cache) {
        return DataSource.parse(source.toString(), PictureOptions.asTheyAre().withCache(cache))
                .load(Split.ALL, 0);
    }

    private static byte[] smallJpeg() {
        return TestPictures.encode(TestPictures.noise(3, 5, 1), "jpeg");
    }

    @Test
    void picturesTruncatedAtEveryByte() {
        for (byte[] sound : List.of(TestPictures.png(3, 5, 1L), smallJpeg())) {
            load(TestPictures.put(folder, "sound/a.png", sound).getParent(), folder.resolve("other"));
            for (int length = 0; length < sound.length; length++) {
                String message = refusedPicture(Arrays.copyOf(sound, length));
                assertTrue(message.contains("its only picture can be read: \"a.png\" (it"), message);
            }
        }
    }

    @Test
    void picturesWithFlippedBytesAreReadOrRefusedButNeverWorse() {
        Random random = new Random(5);
        int refused = 0;
        for (byte[] sound : List.of(TestPictures.png(3, 5, 1L), smallJpeg())) {
            for (int i = 0; i < sound.length; i += 1 + random.nextInt(4)) {
                byte[] damaged = sound.clone();
                damaged[i] ^= (byte) (1 + random.nextInt(255));
                Path set = TestPictures.put(folder, "flip/a.png", damaged).getParent();
                try {
                    assertEquals(1, load(set, folder.resolve("flipped")).count());
                } catch (UserError e) {
                    Samples.assertOneLine(e, "flip");
                    refused++;
                }
            }
        }
        assertTrue(refused > 50, "" + refused);
    }

    @Test
    void extentsAreBelievedOnlyWithinBounds() {
        byte[] few = TestPictures.chunk("IDAT", TestPictures.deflate(new byte[1]));
        for (int[] size : new int[][] {{100_000, 100_000}, {1 << 26, 2}, {Integer.MAX_VALUE, Integer.MAX_VALUE}}) {
            String message = refusedPicture(TestPictures.pngOf(TestPictures.header(size[0], size[1], 8, 2), few));
            assertTrue(message.contains("it claims " + size[0] + "x" + size[1] + " pixels, more than"), message);
        }
        assertTrue(refusedPicture(TestPictures.pngOf(TestPictures.header(0, 5, 8, 2), few))
                .contains("0x5"));
        assertTrue(refusedPicture(TestPictures.pngOf(TestPictures.header(-1, 5, 8, 2), few))
                .contains("-1x5"));
        byte[] jpeg = smallJpeg();
        int frame = indexOf(jpeg, 0xC0);
        ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 65_000).putShort(frame + 7, (short) 65_000);
        assertTrue(refusedPicture(jpeg).contains("65000x65000"));
        // Within bounds, but more than so few bytes can make.
        ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 8000).putShort(frame + 7, (short) 8000);
        assertTrue(refusedPicture(jpeg).contains("too short for the 8000x8000 pixels"));
        byte[] brief = TestPictures.pngOf(TestPictures.header(8000, 8000, 8, 2), few);
        assertTrue(refusedPicture(brief).contains("too short for the 8000x8000 pixels"));
        // With pixels for a part only.
        assertTrue(refusedPicture(TestPictures.pngOf(TestPictures.header(9, 9, 8, 2), few))
                .contains("cannot be unpacked"));
        // A picture that may be read, but not be a sample as it is.
        byte[] wide = TestPictures.pngOf(
                TestPictures.header(1 << 23, 3, 1, 0),
                TestPictures.chunk("IDAT", TestPictures.deflate(new byte[3 * ((1 << 20) + 1)])));
        assertTrue(refusedPicture(wide).contains("--size"), refusedPicture(wide));
    }

    private static int indexOf(byte[] jpeg, int marker) {
        for (int i = 0; i < jpeg.length; i++) {
            if ((jpeg[i] & 0xFF) == 0xFF && (jpeg[i + 1] & 0xFF) == marker) {
                return i;
            }
        }
        throw new IllegalArgumentException();
    }

    @Test
    void partsOfPngsThatLie() {
        byte[] header = TestPictures.header(1, 1, 8, 2);
        byte[] pixels = TestPictures.chunk("IDAT", TestPictures.deflate(new byte[4]));
        byte[] endless = {0x7f, -1, -1, -1, 't', 'E', 'X', 't'};
        assertTrue(refusedPicture(TestPictures.pngOf(header, endless, pixels)).contains("breaks off"));
        assertTrue(refusedPicture(TestPictures.pngOf(header, header, pixels)).contains("comes twice"));
        assertTrue(refusedPicture(TestPictures.pngOf(pixels, header)).contains("header is missing"));
        assertTrue(refusedPicture(TestPictures.pngOf(header)).contains("no pixels"));
        byte[] unknown = TestPictures.chunk("ABCD");
        assertTrue(refusedPicture(TestPictures.pngOf(header, unknown, pixels)).contains("part that is unknown"));
        byte[] wrong = pixels.clone();
        wrong[wrong.length - 1]++;
        assertTrue(refusedPicture(TestPictures.pngOf(header, wrong)).contains("checksum"));
        for (int[] kind : new int[][] {{3, 0}, {16, 3}, {4, 2}, {8, 1}, {8, 7}, {0, 0}}) {
            byte[] odd = TestPictures.header(1, 1, kind[0], kind[1]);
            assertTrue(refusedPicture(TestPictures.pngOf(odd, pixels)).contains("no kind of PNG"));
        }
    }

    @Test
    void textThatUnpacksToMuchIsNotUnpacked() {
        byte[] bomb =
                Samples.join("t\0\0".getBytes(StandardCharsets.US_ASCII), TestPictures.deflate(new byte[40 << 20]));
        byte[] palette = TestPictures.chunk("PLTE", (byte) 1, (byte) 2, (byte) 3);
        byte[] png = TestPictures.pngOf(
                1, 1, 8, 3, new int[1], TestPictures.chunk("zTXt", bomb), TestPictures.chunk("iCCP", bomb), palette);
        Path set = TestPictures.put(folder, "text/a.png", png).getParent();
        assertArrayEquals(
                new byte[] {1, 2, 3}, load(set, folder.resolve("other")).bytes());
    }

    @Test
    void aJpegOfManyPassesIsRefused() {
        byte[] jpeg = smallJpeg();
        int scan = indexOf(jpeg, 0xDA);
        ByteArrayOutputStream many = new ByteArrayOutputStream();
        many.write(jpeg, 0, scan);
        for (int i = 0; i < 101; i++) {
            many.write(jpeg, scan, jpeg.length - 2 - scan);
        }
        many.write(jpeg, jpeg.length - 2, 2);
        assertTrue(refusedPicture(many.toByteArray()).contains("more than 100 scans"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../a.png",
                "/a.png",
                "x/../../a.png",
                "x/..",
                "..\\a.png",
                "C:\\a.png",
                "c:a.png",
                "\\\\host\\a.png"
            })
    void namesThatClimbOut(String name) {
        byte[] png = TestPictures.png(1, 1, 1);
        String message = refusedZip(Samples.zip(List.of("sound.png", name), List.of(png, png)), true);
        assertTrue(message.contains("outside the zip; nothing was unpacked"), message);
    }

    @Test
    void dotsWithinNamesAreHarmless() {
        byte[] png = TestPictures.png(1, 1, 1);
        byte[] zip = Samples.zip(List.of("a../b...png", "..c/d.png", "e..f.png"), List.of(png, png, png));
        Path file = TestPictures.put(folder, "dots.zip", zip);
        // A leading dot hides.
        assertEquals(2, load(file, folder.resolve("other")).count());
    }

    @Test
    void anEntryThatUnpacksToMuch() {
        byte[] bomb = Arrays.copyOf(TestPictures.png(1, 1, 1), 20 << 20);
        byte[] zip = Samples.zip(List.of("a.png"), List.of(bomb));
        assertTrue(zip.length < 1 << 16);
        assertTrue(refusedZip(zip, true).contains("as a zip bomb does"));
        // The same with a modest claim, or none that makes sense.
        for (int claim : new int[] {1000, 0, -1}) {
            byte[] lying = zip.clone();
            ByteBuffer view = ByteBuffer.wrap(lying).order(ByteOrder.LITTLE_ENDIAN);
            view.putInt(find(view, CENTRAL, 0) + 24, claim);
            refusedZip(lying, true);
        }
        // What is no picture is not unpacked beyond its first bytes, whatever it claims.
        byte[] zeros = Samples.zip(List.of("a.png"), List.of(new byte[60_000]));
        assertTrue(refusedZip(zeros, true).contains("not those of a PNG or JPEG"));
    }

    private static int find(ByteBuffer view, int signature, int from) {
        for (int i = from; i < view.limit() - 4; i++) {
            if (view.getInt(i) == signature) {
                return i;
            }
        }
        throw new IllegalArgumentException();
    }

    @Test
    void entriesThatShareTheirBytes() {
        byte[] sound = Samples.zip(List.of("a.png"), List.of(TestPictures.png(60, 60, 1L)));
        ByteBuffer view = ByteBuffer.wrap(sound).order(ByteOrder.LITTLE_ENDIAN);
        int central = find(view, CENTRAL, 0);
        int end = find(view, END, central);
        byte[] entry = Arrays.copyOfRange(sound, central, end);
        byte[] all = Arrays.copyOf(sound, central);
        for (int i = 0; i < 5; i++) {
            entry[46] = (byte) ('a' + i);
            all = Samples.join(all, entry);
        }
        byte[] tail = Arrays.copyOfRange(sound, end, sound.length);
        ByteBuffer.wrap(tail)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putShort(8, (short) 5)
                .putShort(10, (short) 5)
                .putInt(12, 5 * entry.length);
        assertTrue(refusedZip(Samples.join(all, tail), true).contains("overlap, as in a zip bomb"));
        // The same name twice.
        byte[] png = TestPictures.png(1, 1, 1);
        byte[] twice = new String(
                        Samples.zip(List.of("a.png", "b.png"), List.of(png, png)), StandardCharsets.ISO_8859_1)
                .replace("b.png", "a.png")
                .getBytes(StandardCharsets.ISO_8859_1);
        assertTrue(refusedZip(twice, true).contains("two entries named \"a.png\""));
    }

    @Test
    void zipsTruncatedAndFlippedAtEveryByte() {
        byte[] sound = Samples.zip(
                List.of("a/1.png", "b/2.jpg"), List.of(TestPictures.png(1, 2, 1), TestPictures.png(1, 2, 2)));
        for (int length = 0; length < sound.length; length++) {
            refusedZip(Arrays.copyOf(sound, length), true);
        }
        Random random = new Random(3);
        int refused = 0;
        for (int i = 0; i < sound.length; i++) {
            byte[] damaged = sound.clone();
            damaged[i] ^= (byte) (1 + random.nextInt(255));
            Path zip = TestPictures.put(folder, "flip.zip", damaged);
            try {
                int count = load(zip, folder.resolve("flipped")).count();
                assertTrue(count == 1 || count == 2);
            } catch (UserError e) {
                Samples.assertOneLine(e, "flip.zip");
                refused++;
            }
        }
        assertTrue(refused > 50, "" + refused);
    }

    @Test
    void whatIsNoZip() {
        assertTrue(refusedZip(Samples.gzip(new byte[1 << 20]), true).contains("cannot be opened as a zip"));
        assertTrue(refusedZip(new byte[0], true).contains("cannot be opened as a zip"));
        assertTrue(refusedZip(Samples.zip(List.of(), List.of()), true).contains("without pictures"));
    }

    @Test
    void deepFoldersEnd() {
        Path deep = folder.resolve("deep");
        TestPictures.put(deep, "x/".repeat(40) + "a.png", TestPictures.png(1, 1, 1));
        assertTrue(refused(deep, true).contains("more than 32 folders below"));
        byte[] zip = Samples.zip(List.of("x/".repeat(20_000) + "a.png"), List.of(TestPictures.png(1, 1, 1)));
        assertTrue(refusedZip(zip, true).contains("more than 32 folders below"));
    }

    @Test
    void aPipeIsNoPicture() throws Exception {
        Path set = TestPictures.put(folder, "pipes/a.png", TestPictures.png(1, 1, 1))
                .getParent();
        Process made = new ProcessBuilder("mkfifo", set.resolve("b.png").toString()).start();
        Assumptions.assumeTrue(made.waitFor() == 0, "this system makes no pipes");
        assertEquals(1, load(set, folder.resolve("other")).count());
    }
}
