package io.jcuvae.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.tensor.UserError;
import java.awt.HeadlessException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LossChartTest {
    private static final int TRAINING = 0x1f77b4;
    private static final int HELD_OUT = 0xd9601a;

    @TempDir
    Path folder;

    private static List<JsonObject> epochs(int count, double scale) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(epoch -> {
                    JsonObject line = new JsonObject();
                    line.addProperty("epoch", epoch);
                    for (String part : List.of("train_", "test_")) {
                        double shift = part.equals("test_") ? 1.1 : 1;
                        line.addProperty(part + "loss", scale * shift * (100 + 50.0 / epoch));
                        line.addProperty(part + "reconstruction", scale * shift * (80 + 70.0 / epoch));
                        line.addProperty(part + "kl", scale * shift * (21 - 20.0 / epoch));
                    }
                    return line;
                })
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 500})
    void everyPanelShowsBothCurves(int count) throws IOException {
        Path png = folder.resolve("loss.png");
        LossChart.write(png, epochs(count, 1), "nats");
        BufferedImage image = ImageIO.read(png.toFile());
        assertEquals(1440, image.getWidth());
        for (int panel = 0; panel < 3; panel++) {
            assertTrue(pixels(image, panel, TRAINING) > 5, "panel " + panel);
            assertTrue(pixels(image, panel, HELD_OUT) > 5, "panel " + panel);
        }
    }

    /** Above the legend, which has these colours too. */
    private static long pixels(BufferedImage image, int panel, int color) {
        long count = 0;
        for (int y = 0; y < 330; y++) {
            for (int x = panel * 480; x < (panel + 1) * 480; x++) {
                count += (image.getRGB(x, y) & 0xffffff) == color ? 1 : 0;
            }
        }
        return count;
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 1e-9, 1e12, -3})
    void anyRangeCanBeDrawn(double scale) {
        LossChart.write(folder.resolve("loss.png"), epochs(3, scale), "nats");
    }

    @Test
    void aPictureThatCannotBeDrawnIsAWarningOfOneLine() {
        Path file = folder.resolve("x.png");
        for (Throwable fault : List.of(
                new UnsatisfiedLinkError("libfreetype.so.6: cannot open shared object file\nmore"),
                new NoClassDefFoundError("sun.awt.X11FontManager"),
                new InternalError("fonts"),
                new NullPointerException(),
                new HeadlessException())) {
            String warning = Drawing.attempt(file, path -> fail(fault)).orElseThrow();
            assertTrue(warning.startsWith(file + ": was not drawn ("), warning);
            assertTrue(warning.contains("install"), warning);
            assertEquals(1, warning.lines().count());
        }
        assertTrue(Drawing.attempt(file, path -> {}).isEmpty());
    }

    private static void fail(Throwable fault) {
        if (fault instanceof Error error) {
            throw error;
        }
        throw (RuntimeException) fault;
    }

    @Test
    void aFileThatCannotBeWrittenIsToldAsSuch() throws IOException {
        Path taken = Files.createDirectory(folder.resolve("taken"));
        assertThrows(UserError.class, () -> LossChart.write(taken, epochs(1, 1), "nats"));
        String warning = Drawing.attempt(taken, path -> LossChart.write(path, epochs(1, 1), "nats"))
                .orElseThrow();
        assertTrue(warning.contains("taken") && !warning.contains("install"), warning);
    }
}
