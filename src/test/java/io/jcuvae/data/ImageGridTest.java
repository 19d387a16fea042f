package io.jcuvae.data;

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
        SampleShape shape = new SampleShape(2, 2);
        assertThrows(UserError.class, () -> ImageGrid.write(file, new float[0], 0, shape, 0));
        assertThrows(UserError.class, () -> ImageGrid.write(file, new float[] {0, 0, 0, Float.NaN}, 1, shape, 0));
    }
}
