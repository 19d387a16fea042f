package io.jcuvae.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.data.SampleShape;
import io.jcuvae.tensor.UserError;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class FigureTest {
    private static final String HOSTILE = "a<script>alert(1)</script>\"&'\u0007";

    @TempDir
    Path folder;

    private static ScatterChart scatter(String name) {
        return new ScatterChart(
                "title " + name,
                "subtitle",
                "across",
                "up",
                List.of(
                        new ScatterChart.Cloud(name, new double[] {0, 1}, new double[] {0, 1}),
                        new ScatterChart.Cloud("other", new double[] {0.5}, new double[] {0.5})));
    }

    private static Document parsed(Path file) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
    }

    @Test
    void theEndingSaysTheFormat() throws Exception {
        Path png = folder.resolve("x.PNG");
        Path svg = folder.resolve("x.svg");
        Figure.write(png, scatter("a"));
        Figure.write(svg, scatter("a"));
        BufferedImage image = ImageIO.read(png.toFile());
        Element root = parsed(svg).getDocumentElement();
        assertEquals(String.valueOf(image.getWidth()), root.getAttribute("width"));
        assertEquals(String.valueOf(image.getHeight()), root.getAttribute("height"));
        assertTrue(root.getTextContent().contains("title a")
                && root.getTextContent().contains("across"));
        for (String name : new String[] {"x.pdf", "x", "png"}) {
            String told = assertThrows(UserError.class, () -> Figure.write(folder.resolve(name), scatter("a")))
                    .getMessage();
            assertTrue(told.contains(".png") && told.contains(".svg"), told);
            assertFalse(Files.exists(folder.resolve(name)));
        }
    }

    /** Names of data go into SVG as text, whatever they hold. */
    @Test
    void namesAreText() throws Exception {
        Path svg = folder.resolve("x.svg");
        Figure.write(svg, scatter(HOSTILE));
        Document document = parsed(svg);
        assertEquals(0, document.getElementsByTagName("script").getLength());
        assertTrue(document.getDocumentElement().getTextContent().contains("a<script>alert(1)</script>\"&' "));
        assertFalse(SvgCanvas.element(scatter(HOSTILE)).contains("<script"));
    }

    /** A pixel is a square of the picture's own value, grey or of colour, wherever its channels lie. */
    @Test
    void picturesKeepTheirPixels() throws IOException {
        float[] grey = {0, 0.2f, 1, 2, -1, 0.6f};
        BufferedImage sheet = Pictures.sheet(grey, 2, new SampleShape(1, 3), 1, 1);
        assertEquals(3, sheet.getHeight());
        assertArrayEquals(new int[] {0, 51, 255}, greys(sheet, 0));
        assertArrayEquals(new int[] {255, 0, 153}, greys(sheet, 2));
        float[] last = {1, 0, 0, 0, 0, 1};
        float[] first = {1, 0, 0, 0, 0, 1};
        assertEquals(
                0xff0000,
                Pictures.sheet(last, 1, new SampleShape(1, 2, 3), 1, 0).getRGB(0, 0) & 0xffffff);
        assertEquals(
                0x0000ff,
                Pictures.sheet(last, 1, new SampleShape(1, 2, 3), 1, 0).getRGB(1, 0) & 0xffffff);
        assertEquals(
                0xff0000,
                Pictures.sheet(first, 1, new SampleShape(3, 1, 2), 1, 0).getRGB(0, 0) & 0xffffff);
        BufferedImage drawn = ImageIO.read(new ByteArrayInputStream(PngCanvas.png(sheet)));
        assertEquals(sheet.getRGB(1, 0), drawn.getRGB(1, 0));
        float[] broken = {0, Float.NaN, 1};
        assertThrows(UserError.class, () -> Pictures.sheet(broken, 1, new SampleShape(1, 3), 1, 0));
    }

    private static int[] greys(BufferedImage sheet, int line) {
        int[] greys = new int[sheet.getWidth()];
        for (int x = 0; x < greys.length; x++) {
            int rgb = sheet.getRGB(x, line) & 0xffffff;
            greys[x] = rgb & 0xff;
            assertEquals(greys[x] * 0x010101, rgb);
        }
        return greys;
    }

    @Test
    void ticksAreRoundAndHoldTheData() {
        for (double[] ends :
                new double[][] {{0, 1}, {-3.2, 17}, {155.87, 241.2}, {1e-7, 3e-7}, {5, 5}, {0, 0}, {-2e9, 1e9}}) {
            Axis axis = Axis.around(ends[0], ends[1], 5);
            assertTrue(axis.least() <= ends[0] && axis.most() >= ends[1], axis.toString());
            double[] ticks = axis.ticks();
            assertTrue(ticks.length >= 3 && ticks.length <= 9, axis + " " + ticks.length);
            Set<String> labels = new HashSet<>();
            for (double tick : ticks) {
                assertTrue(labels.add(axis.label(tick)), axis.label(tick));
            }
        }
        assertEquals("0.2", Axis.around(0, 1, 5).label(0.2));
        assertEquals("1", Axis.ofEpochs(1, 1, 5).label(1));
    }

    /** With the eyes of a person without red cones, without green ones, or without blue ones. */
    @Test
    void coloursStayApartForEveryEye() {
        double[][][] eyes = {
            {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
            {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
            {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}
        };
        for (int count : new int[] {2, 4, 7}) {
            List<Ink> inks = Palette.of(count);
            for (double[][] eye : eyes) {
                for (int i = 0; i < count; i++) {
                    for (int j = 0; j < i; j++) {
                        double apart = distance(
                                seen(inks.get(i).rgb(), eye), seen(inks.get(j).rgb(), eye));
                        assertTrue(
                                apart > 0.08,
                                inks.get(i).hex() + " and " + inks.get(j).hex() + ": " + apart);
                    }
                }
            }
        }
        assertEquals(0x440154, Palette.viridis(0));
        assertEquals(0xfde725, Palette.viridis(1));
        assertEquals(40, new HashSet<>(Palette.of(40)).size());
    }

    /** Machado, Oliveira, Fernandes (2009), severity 1, on linear light. */
    private static double[] seen(int rgb, double[][] eye) {
        double[] light = new double[3];
        for (int c = 0; c < 3; c++) {
            double value = (rgb >> 16 - 8 * c & 0xff) / 255.0;
            light[c] = value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
        }
        double[] seen = new double[3];
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++) {
                seen[r] += eye[r][c] * light[c];
            }
            double part = Math.max(0, Math.min(1, seen[r]));
            seen[r] = part <= 0.0031308 ? 12.92 * part : 1.055 * Math.pow(part, 1 / 2.4) - 0.055;
        }
        return seen;
    }

    private static double distance(double[] a, double[] b) {
        return Math.sqrt(Math.pow(a[0] - b[0], 2) + Math.pow(a[1] - b[1], 2) + Math.pow(a[2] - b[2], 2));
    }

    @Test
    void longNamesLoseTheirMiddle() {
        String fitted = Canvas.fitted("runs/experiments/digits-with-a-very-long-name-7", 12, false, 120);
        assertTrue(fitted.startsWith("runs/") && fitted.endsWith("-7") && fitted.contains("\u2026"), fitted);
        assertEquals("short", Canvas.fitted("short", 12, false, 120));
    }
}
