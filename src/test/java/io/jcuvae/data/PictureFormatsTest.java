package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Point;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The values of every kind of PNG and JPEG, against what their standards say they are. */
final class PictureFormatsTest {
    private static int[] decode(byte[] file, int channels) {
        try {
            PictureHeader header = PictureHeader.of(file);
            int height = header.seenHeight();
            int width = header.seenWidth();
            byte[] out = new byte[height * width * channels + 1];
            new PictureDecoder(height, width, channels, PictureDecoder.room()).decode(header, out, 1);
            int[] values = new int[out.length - 1];
            Arrays.setAll(values, i -> out[i + 1] & 0xFF);
            return values;
        } catch (PictureFault e) {
            throw new AssertionError(e);
        }
    }

    private static String fault(byte[] file) {
        return assertThrows(PictureFault.class, () -> {
                    PictureHeader header = PictureHeader.of(file);
                    byte[] out = new byte[header.seenHeight() * header.seenWidth() * 3];
                    new PictureDecoder(header.seenHeight(), header.seenWidth(), 3, PictureDecoder.room())
                            .decode(header, out, 0);
                })
                .getMessage();
    }

    private static int[] values(int... values) {
        return values;
    }

    @Test
    void greyPngOfEveryDepth() {
        // Two pixels: darkest and second step.
        assertArrayEquals(values(0, 255), decode(TestPictures.pngOf(2, 1, 1, 0, values(0b01000000)), 1));
        assertArrayEquals(values(0, 85), decode(TestPictures.pngOf(2, 1, 2, 0, values(0b00010000)), 1));
        assertArrayEquals(values(17, 238), decode(TestPictures.pngOf(2, 1, 4, 0, values(0x1E)), 1));
        assertArrayEquals(values(1, 200), decode(TestPictures.pngOf(2, 1, 8, 0, values(1, 200)), 1));
        // 16 bits: v / 257 rounded; 0x0180 = 384 is 1.494 and 0x0181 = 385 is 1.498, 386 is 1.502.
        int[] deep = values(0x01, 0x81, 0x01, 0x82, 0xFF, 0x7F);
        assertArrayEquals(values(1, 2, 255), decode(TestPictures.pngOf(3, 1, 16, 0, deep), 1));
        assertArrayEquals(values(9, 9, 9), decode(TestPictures.pngOf(1, 1, 8, 0, values(9)), 3));
    }

    @Test
    void colourPng() {
        assertArrayEquals(values(1, 2, 3), decode(TestPictures.pngOf(1, 1, 8, 2, values(1, 2, 3)), 3));
        int[] deep = values(0x10, 0, 0x20, 0, 0x30, 0);
        assertArrayEquals(values(16, 32, 48), decode(TestPictures.pngOf(1, 1, 16, 2, deep), 3));
        // Luma of BT.601: 0.299 R + 0.587 G + 0.114 B.
        int[] basic = values(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
        assertArrayEquals(values(76, 150, 29, 255), decode(TestPictures.pngOf(4, 1, 8, 2, basic), 1));
        byte[] interlaced = TestPictures.pngOf(
                interlaced(TestPictures.header(1, 1, 8, 2)),
                TestPictures.chunk("IDAT", TestPictures.deflate(new byte[] {0, 7, 8, 9})));
        assertArrayEquals(values(7, 8, 9), decode(interlaced, 3));
    }

    private static byte[] interlaced(byte[] header) {
        byte[] body = Arrays.copyOfRange(header, 8, 21);
        body[12] = 1;
        return TestPictures.chunk("IHDR", body);
    }

    @Test
    void transparentPixelsLieOnWhite() {
        // Over white: v * a + 255 * (1 - a).
        int[] rgba = values(0, 100, 255, 0, 0, 100, 255, 51, 10, 20, 30, 255);
        int[] shown = values(255, 255, 255, 204, 224, 255, 10, 20, 30);
        assertArrayEquals(shown, decode(TestPictures.pngOf(3, 1, 8, 6, rgba), 3));
        assertArrayEquals(
                values(255, 204, 10), decode(TestPictures.pngOf(3, 1, 8, 4, values(0, 0, 0, 51, 10, 255)), 1));
        int[] deep = values(0, 0, 0x33, 0x33);
        assertArrayEquals(values(204), decode(TestPictures.pngOf(1, 1, 16, 4, deep), 1));
        // One colour declared transparent.
        byte[] key = TestPictures.chunk("tRNS", (byte) 0, (byte) 1, (byte) 0, (byte) 2, (byte) 0, (byte) 3);
        byte[] keyed = TestPictures.pngOf(2, 1, 8, 2, values(1, 2, 3, 3, 2, 1), key);
        assertArrayEquals(values(255, 255, 255, 3, 2, 1), decode(keyed, 3));
        byte[] greyKey = TestPictures.chunk("tRNS", (byte) 0, (byte) 7);
        assertArrayEquals(values(255, 8), decode(TestPictures.pngOf(2, 1, 8, 0, values(7, 8), greyKey), 1));
    }

    @Test
    void palettes() {
        byte[] palette = TestPictures.chunk("PLTE", (byte) 255, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 255);
        byte[] cover = TestPictures.chunk("tRNS", (byte) 255, (byte) 51);
        byte[] plain = TestPictures.pngOf(2, 1, 8, 3, values(1, 0), palette);
        assertArrayEquals(values(0, 0, 255, 255, 0, 0), decode(plain, 3));
        assertArrayEquals(values(29, 76), decode(plain, 1));
        byte[] covered = TestPictures.pngOf(2, 1, 4, 3, values(0x10), palette, cover);
        assertArrayEquals(values(204, 204, 255, 255, 0, 0), decode(covered, 3));
        assertTrue(fault(TestPictures.pngOf(2, 1, 8, 3, values(1, 0))).contains("no palette"));
    }

    @Test
    void everyOtherDepthAgreesWithTheEncoder() {
        for (int type : new int[] {
            BufferedImage.TYPE_INT_RGB,
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_USHORT_GRAY,
            BufferedImage.TYPE_BYTE_GRAY
        }) {
            BufferedImage image = new BufferedImage(5, 3, type);
            WritableRaster raster = image.getRaster();
            Random random = new Random(type);
            int most = type == BufferedImage.TYPE_USHORT_GRAY ? 65535 : 255;
            int bands = raster.getNumBands();
            int[] expected = new int[45];
            for (int i = 0; i < 15; i++) {
                for (int b = 0; b < bands; b++) {
                    int value = b == 3 ? most : random.nextInt(most + 1);
                    raster.setSample(i % 5, i / 5, b, value);
                    for (int c = b; c < 3 && b < 3; c++) {
                        expected[3 * i + c] = (int) Math.round(value * 255.0 / most);
                    }
                }
            }
            assertArrayEquals(expected, decode(TestPictures.encode(image, "png"), 3));
        }
    }

    @Test
    void jpegIsCloseToWhatWentIn() {
        byte[] colour = TestPictures.jpeg(16, 16, 0xC86432);
        assertTrue(!header(colour).grey());
        int[] found = decode(colour, 3);
        for (int i = 0; i < found.length; i++) {
            assertEquals(new int[] {0xC8, 0x64, 0x32}[i % 3], found[i], 3);
        }
        BufferedImage image = new BufferedImage(8, 8, BufferedImage.TYPE_BYTE_GRAY);
        Arrays.fill(((DataBufferByte) image.getRaster().getDataBuffer()).getData(), (byte) 77);
        byte[] grey = TestPictures.encode(image, "jpeg");
        assertTrue(header(grey).grey());
        for (int value : decode(grey, 1)) {
            assertEquals(77, value, 1);
        }
    }

    private static PictureHeader header(byte[] file) {
        try {
            return PictureHeader.of(file);
        } catch (PictureFault e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void jpegWithoutAWordOnItsColoursIsLumaAndChroma() {
        byte[] told = TestPictures.jpeg(8, 8, 0xC86432);
        int[] expected = decode(told, 3);
        // Without its JFIF segment, which comes first.
        assertEquals(0xE0, told[3] & 0xFF);
        int length = (told[4] & 0xFF) << 8 | told[5] & 0xFF;
        byte[] silent = Samples.join(Arrays.copyOf(told, 2), Arrays.copyOfRange(told, 4 + length, told.length));
        assertArrayEquals(expected, decode(silent, 3));
        // A profile, a comment and a preview change nothing, whatever they hold.
        byte[] junk = new byte[5000];
        new Random(1).nextBytes(junk);
        byte[] icc = Samples.join("ICC_PROFILE\0\1\1".getBytes(StandardCharsets.ISO_8859_1), junk);
        byte[] dressed = TestPictures.withSegment(TestPictures.withSegment(told, 0xE2, icc), 0xFE, junk);
        assertArrayEquals(expected, decode(dressed, 3));
    }

    @Test
    void progressiveJpeg() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        ImageWriteParam how = writer.getDefaultWriteParam();
        how.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
        try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
            writer.setOutput(stream);
            writer.write(null, new IIOImage(TestPictures.flat(24, 16, 0x408060), null, null), how);
        }
        int[] found = decode(out.toByteArray(), 3);
        assertEquals(24 * 16 * 3, found.length);
        assertEquals(0x80, found[1], 3);
    }

    @Test
    void whatIsNoCommonJpegIsNamed() {
        byte[] four =
                TestPictures.encode(Raster.createInterleavedRaster(DataBuffer.TYPE_BYTE, 8, 8, 4, new Point(0, 0)));
        assertTrue(fault(four).contains("4 channels (CMYK)"), fault(four));
        byte[] arithmetic = TestPictures.jpeg(8, 8, 0);
        for (int i = 0; i + 1 < arithmetic.length; i++) {
            if (arithmetic[i] == (byte) 0xFF && arithmetic[i + 1] == (byte) 0xC0) {
                arithmetic[i + 1] = (byte) 0xC9;
                break;
            }
        }
        assertTrue(fault(arithmetic).contains("rare way"), fault(arithmetic));
        assertTrue(
                fault("GIF89a, not ours".getBytes(StandardCharsets.US_ASCII)).contains("not those of a PNG or JPEG"));
        assertTrue(fault(new byte[0]).contains("breaks off"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
    void picturesStandAsTheCameraWasHeld(int orientation) {
        // Stored 2 high, 3 wide: 10 20 30 / 40 50 60.
        int[][] seen = {
            {10, 20, 30, 40, 50, 60},
            {10, 20, 30, 40, 50, 60},
            {30, 20, 10, 60, 50, 40},
            {60, 50, 40, 30, 20, 10},
            {40, 50, 60, 10, 20, 30},
            {10, 40, 20, 50, 30, 60},
            {40, 10, 50, 20, 60, 30},
            {60, 30, 50, 20, 40, 10},
            {30, 60, 20, 50, 10, 40},
            {10, 20, 30, 40, 50, 60}
        };
        byte[] exif = TestPictures.chunk("eXIf", TestPictures.exif(orientation, orientation % 2 == 0));
        byte[] png = TestPictures.pngOf(3, 2, 8, 0, values(10, 20, 30, 40, 50, 60), exif);
        boolean turned = orientation >= 5 && orientation <= 8;
        assertEquals(turned ? 3 : 2, header(png).seenHeight());
        assertArrayEquals(seen[orientation], decode(png, 1));
        byte[] block =
                Samples.join("Exif\0\0".getBytes(StandardCharsets.ISO_8859_1), TestPictures.exif(orientation, true));
        byte[] jpeg = TestPictures.withSegment(TestPictures.jpeg(16, 8, 0x102030), 0xE1, block);
        assertEquals(turned ? 8 : 16, header(jpeg).seenHeight());
        assertEquals(16 * 8 * 3, decode(jpeg, 3).length);
    }
}
