package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jcuvae.tensor.UserError;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures side by side. */
final class ImageGridTest {
    @TempDir
    private Path folder;

    private static int grey(BufferedImage image, int x, int y) {
        return image.getRaster().getSample(x, y, 0);
    }

    @Test
    void picturesStandWhereTheyBelong() throws Exception {
        SampleShape shape = new SampleShape(28, 20);
        float[] rows = new float[5 * 560];
        for (int i = 0; i < 5; i++) {
            Arrays.fill(rows, i * 560, i * 560 + 560, i / 5f);
            rows[i * 560] = 1;
        }
        Path file = folder.resolve("grid.png");
        ImageGrid.write(file, rows, 5, shape, 0);
        BufferedImage image = ImageIO.read(file.toFile());
        // Three columns, two lines, enlarged twice, with gaps of 2.
        assertEquals(2 + 3 * 42, image.getWidth());
        assertEquals(2 + 2 * 58, image.getHeight());
        for (int i = 0; i < 5; i++) {
            int left = 2 + i % 3 * 42;
            int top = 2 + i / 3 * 58;
            assertEquals(255, grey(image, left + 1, top + 1));
            assertEquals(Math.round(i / 5f * 255), grey(image, left + 2, top));
            assertEquals(Math.round(i / 5f * 255), grey(image, left + 39, top + 55));
            assertEquals(0x60, grey(image, left + 40, top));
            assertEquals(0x60, grey(image, left, top + 56));
        }
        assertEquals(0x60, grey(image, 2 + 2 * 42 + 5, 2 + 58 + 5));
        assertEquals(1, image.getRaster().getNumBands());
    }

    @Test
    void pairsStandOneAboveTheOther() throws Exception {
        SampleShape shape = new SampleShape(64, 64);
        float[] black = new float[3 * 4096];
        float[] white = new float[3 * 4096];
        Arrays.fill(white, 9);
        Path file = folder.resolve("pairs.png");
        ImageGrid.writePairs(file, white, black, 3, shape, 2);
        BufferedImage image = ImageIO.read(file.toFile());
        assertEquals(2 + 2 * 66, image.getWidth());
        assertEquals(4 + 2 * (64 + 2 + 64) + 10, image.getHeight());
        assertEquals(255, grey(image, 2, 2));
        assertEquals(0, grey(image, 2, 2 + 66));
        assertEquals(255, grey(image, 2, 2 + 130 + 10));
        assertEquals(0, grey(image, 2, 2 + 130 + 10 + 66));
        assertEquals(0x60, grey(image, 2 + 66, 2 + 130 + 10));
    }

    @Test
    void theWriterOfSamplesDrawsTheSameGrid() throws Exception {
        SampleShape shape = new SampleShape(8, 8);
        float[] rows = Samples.random(10 * 64, 1);
        Path direct = folder.resolve("direct.png");
        Path written = folder.resolve("written.png");
        ImageGrid.write(direct, rows, 10, shape, 0);
        try (RowWriter writer = RowWriters.samples(written, shape, -1)) {
            for (int i = 0; i < 10; i++) {
                writer.write(Arrays.copyOfRange(rows, i * 64, i * 64 + 64), 1);
            }
            writer.commit();
        }
        assertEquals(Arrays.hashCode(Files.readAllBytes(direct)), Arrays.hashCode(Files.readAllBytes(written)));
        assertEquals(List.of("direct.png", "written.png"), Samples.names(folder));
    }

    private static final int GROUND = 0x606060;

    private static int colour(BufferedImage image, int x, int y) {
        return image.getRGB(x, y) & 0xFFFFFF;
    }

    /** Two pictures, 2 high and 4 wide: pixel p of picture i has red 40 i + p, green 100 + p, blue 200 - p. */
    private static float[] colours(boolean channelsLast) {
        byte[] bytes = new byte[48];
        for (int i = 0; i < 2; i++) {
            for (int p = 0; p < 8; p++) {
                int[] rgb = {40 * i + p, 100 + p, 200 - p};
                for (int c = 0; c < 3; c++) {
                    bytes[24 * i + (channelsLast ? 3 * p + c : 8 * c + p)] = (byte) rgb[c];
                }
            }
        }
        float[] rows = new float[48];
        Values.scale(bytes, 0, rows, 0, 48);
        return rows;
    }

    @Test
    void coloursStandWhereTheyBelongInBothOrders() throws Exception {
        for (boolean last : new boolean[] {true, false}) {
            SampleShape shape = last ? new SampleShape(2, 4, 3) : new SampleShape(3, 2, 4);
            Path direct = folder.resolve("direct.png");
            Path written = folder.resolve("written.png");
            Path pairs = folder.resolve("pairs.png");
            ImageGrid.write(direct, colours(last), 2, shape, 0);
            ImageGrid.writePairs(pairs, colours(last), new float[48], 2, shape, 0);
            try (RowWriter writer = RowWriters.samples(written, shape, 2)) {
                writer.write(colours(last), 2);
                writer.commit();
            }
            int across = 2 + 2 * (4 * 8 + 2);
            BufferedImage image = requireColours(written, across, 4 + 2 * 8);
            assertEquals(GROUND, colour(image, 1, 1));
            requireColours(direct, across, 4 + 2 * 8);
            BufferedImage below = requireColours(pairs, across, 4 + 2 * (2 * 8) + 2);
            assertEquals(0, colour(below, 2, 2 + 2 * 8 + 2));
            assertEquals(GROUND, colour(below, 2, 2 + 2 * 8 + 1));
        }
    }

    /** Both pictures in the first line, each pixel eight times as large. */
    private static BufferedImage requireColours(Path file, int width, int height) throws Exception {
        BufferedImage image = ImageIO.read(file.toFile());
        assertEquals(width, image.getWidth());
        assertEquals(height, image.getHeight());
        for (int i = 0; i < 2; i++) {
            int left = 2 + i * (4 * 8 + 2);
            for (int y = 0; y < 2 * 8; y++) {
                for (int x = 0; x < 4 * 8; x++) {
                    int p = y / 8 * 4 + x / 8;
                    int expected = 40 * i + p << 16 | 100 + p << 8 | 200 - p;
                    assertEquals(expected, colour(image, left + x, 2 + y));
                }
            }
        }
        return image;
    }

    @Test
    void coloursComeBackFromEveryFormat() {
        for (SampleShape shape : List.of(new SampleShape(2, 4, 3), new SampleShape(3, 2, 4))) {
            float[] rows = colours(true);
            for (String name : List.of("c.npy", "c.npz", "c.csv", "c-ubyte", "c-ubyte.gz")) {
                Path file = folder.resolve(name);
                try (RowWriter writer = RowWriters.samples(file, shape, 2)) {
                    writer.write(rows, 2);
                    writer.commit();
                }
                Dataset back = DataSource.parse(file.toString()).load(Split.ALL, 0);
                assertEquals(name.endsWith("csv") ? new SampleShape(24) : shape, back.shape());
                assertArrayEquals(rows, Samples.drain(back.open()));
            }
        }
    }

    @Test
    void tooManyAreRefusedWhenTheyCome() {
        Path file = folder.resolve("many.png");
        SampleShape shape = new SampleShape(2, 2);
        float[] rows = new float[4 * 10_000];
        Samples.assertRefused(file, () -> {
            try (RowWriter writer = RowWriters.samples(file, shape, -1)) {
                writer.write(rows, 10_000);
                writer.write(rows, 1);
            }
        });
        assertEquals(List.of(), Samples.names(folder));
        try (RowWriter writer = RowWriters.samples(file, shape, 10_000)) {
            writer.write(rows, 10_000);
            writer.commit();
        }
        assertEquals(List.of("many.png"), Samples.names(folder));
    }

    @Test
    void whatCannotBeDrawn() {
        Path file = folder.resolve("x.png");
        SampleShape row = new SampleShape(4);
        assertThrows(UserError.class, () -> ImageGrid.write(file, new float[4], 1, row, 0));
        SampleShape two = new SampleShape(2, 4, 2);
        assertThrows(UserError.class, () -> ImageGrid.write(file, new float[16], 1, two, 0));
        SampleShape shape = new SampleShape(2, 2);
        assertThrows(UserError.class, () -> ImageGrid.write(file, new float[0], 0, shape, 0));
        assertThrows(UserError.class, () -> ImageGrid.write(file, new float[] {0, 0, 0, Float.NaN}, 1, shape, 0));
    }
}
