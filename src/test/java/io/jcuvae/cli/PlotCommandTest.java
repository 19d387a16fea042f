package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlotCommandTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static void train(String name, String... options) {
        Object[] words = new Object[options.length + 14];
        List<Object> common = List.of(
                "train",
                "--data",
                "mnist-sample",
                "--limit",
                200,
                "--hidden",
                "16",
                "--epochs",
                2,
                "--threads",
                1,
                "--quiet",
                "--out",
                shared.resolve(name));
        for (int i = 0; i < words.length; i++) {
            words[i] = i < common.size() ? common.get(i) : options[i - common.size()];
        }
        Call.done(words);
    }

    @BeforeAll
    static void trainSome() throws IOException {
        train("two", "--latent", "2");
        train("five", "--latent", "5");
        train("points", "--latent", "4", "--posterior", "none");
        train("told", "--latent", "2", "--condition", "labels");
        StringBuilder rows = new StringBuilder("a,b,c\n");
        for (int i = 0; i < 60; i++) {
            rows.append(i % 7)
                    .append(',')
                    .append(i % 5)
                    .append(',')
                    .append(i % 3)
                    .append('\n');
        }
        Files.writeString(shared.resolve("rows.csv"), rows);
        Call.done(
                "train",
                "--data",
                shared.resolve("rows.csv"),
                "--likelihood",
                "gaussian",
                "--epochs",
                1,
                "--latent",
                3,
                "--quiet",
                "--out",
                shared.resolve("table"));
    }

    private String svg(Object... words) throws IOException {
        Path out = folder.resolve("figure.svg");
        Object[] whole = new Object[words.length + 3];
        whole[0] = "plot";
        System.arraycopy(words, 0, whole, 1, words.length);
        whole[whole.length - 2] = "--out";
        whole[whole.length - 1] = out;
        Call.done(whole);
        return Files.readString(out);
    }

    @Test
    void latentsAreColouredByTheirLabels() throws IOException {
        String two = svg("latents", "--model", shared.resolve("two"), "--limit", 300);
        assertTrue(two.contains("Codes of 300 samples of mnist-sample, ") || two.contains("Codes of 300 samples"), two);
        assertTrue(two.contains("latent 2 (standard deviations of the prior)"));
        for (int digit = 0; digit < 10; digit++) {
            assertTrue(two.contains(">" + digit + "</text>"));
        }
        String five = svg("latents", "--model", shared.resolve("five"), "--split", "train", "--limit", 200);
        assertTrue(five.contains("mnist-sample (train)") && five.contains("principal component 2 ("), five);
        assertTrue(svg("latents", "--model", shared.resolve("points")).contains(">codes of 4 latents"));
        assertTrue(svg("latents", "--model", shared.resolve("table")).contains("Codes of 60 samples"));
    }

    @Test
    void aManifoldSaysWhatItShows() throws IOException {
        String two = svg("manifold", "--model", shared.resolve("two"), "--side", 4);
        assertTrue(two.contains("Manifold: 4 x 4 decoded quantiles of the prior<"), two);
        String five = svg("manifold", "--model", shared.resolve("five"), "--side", 4);
        assertTrue(five.contains(", 2 of 5 latents<") && five.contains("the others 0"), five);
        String points = svg("manifold", "--model", shared.resolve("points"), "--side", 3);
        assertTrue(points.contains("quantiles of the codes"), points);
        String told = svg("manifold", "--model", shared.resolve("told"), "--side", 3, "--label", 7);
        assertTrue(told.contains(", label 7<"), told);
    }

    @Test
    void aTraversalHasALineForEachLatentByKl() throws IOException {
        String five = svg("traversal", "--model", shared.resolve("five"), "--steps", 5);
        List<Double> kl = five.lines()
                .filter(line -> line.matches(".*>latent \\d, KL .* nats<.*"))
                .map(line -> Double.valueOf(line.replaceAll(".*KL ([\\d.]+) nats<.*", "$1")))
                .toList();
        assertEquals(5, kl.size());
        assertEquals(kl.stream().sorted((a, b) -> Double.compare(b, a)).toList(), kl);
        assertTrue(five.contains(">-3</text>") && five.contains(">1.5</text>"), five);
        assertTrue(
                svg("traversal", "--model", shared.resolve("five"), "--most", 2).contains("2 of 5 latents"));
        assertTrue(svg("traversal", "--model", shared.resolve("points")).contains("deviation"));
    }

    @Test
    void anInterpolationGoesBothWays() throws IOException {
        String five = svg("interpolation", "--model", shared.resolve("five"), "--from", 3, "--to", 8, "--steps", 4);
        assertTrue(five.contains("from row 3 to row 8") && five.contains(">linear<") && five.contains(">spherical<"));
        svg("interpolation", "--model", shared.resolve("told"), "--from", 0, "--to", 1);
        svg("interpolation", "--model", shared.resolve("points"), "--from", 1, "--to", 1);
    }

    @Test
    void curvesCompareRuns() throws IOException {
        String curves = svg("curves", shared.resolve("two"), shared.resolve("five"));
        for (String text : List.of(
                ">Loss<",
                ">Reconstruction<",
                ">KL<",
                ">two, held-out<",
                ">five, training<",
                ">nats per sample<",
                ">epoch<")) {
            assertTrue(curves.contains(text), text);
        }
        String points = svg("curves", shared.resolve("points"));
        assertFalse(points.contains(">KL<") || points.contains(">Loss<"));
        assertTrue(svg("curves", "--skip", 1, shared.resolve("two")).contains("from epoch 2"));
    }

    @Test
    void pixelsComeAsTheJsonSays() throws IOException {
        Path out = folder.resolve("figure.png");
        JsonObject json = Call.done(
                        "plot", "manifold", "--model", shared.resolve("two"), "--side", 5, "--json", "--out", out)
                .json();
        BufferedImage image = ImageIO.read(out.toFile());
        assertEquals(json.get("width").getAsInt(), image.getWidth());
        assertEquals(json.get("height").getAsInt(), image.getHeight());
        assertEquals("manifold", json.get("kind").getAsString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            plot                                        | plot: say what to draw: latents, manifold, traversal,
            plot latent --out x.png                     | there is no plot 'latent'; did you mean latents?
            plot latents --model x                      | --out FILE is missing
            plot latents --model x --out x.pdf          | --out: x.pdf says no format; end it in .png
            plot latents --out x.png                    | --model DIR is missing
            plot latents a --out x.png                  | plot latents: unexpected 'a'; the model follows --model
            plot latents --model x --side 3 --out x.png | --side: plot latents does not use it, but manifold does
            plot curves --model x --out x.png           | --model: plot curves does not use it, but interpolation, latents,
            plot curves --out x.png                     | plot curves: name one run folder or more
            plot curves nowhere --out x.png             | nowhere: no such folder; name the folder of a run
            plot curves src --out x.png                 | src: holds no config.json, so it is not the folder of a run
            plot curves src src --out x.png             | src: is named twice
            plot manifold --model x --side 1 --out x.png | --side: must be a whole number from 2 to 100, got '1'
            plot traversal --model nowhere --out x.png  | nowhere: no such file or folder
            plot latents --modle x                      | did you mean --model?""")
    void isToldInOneLine(String line, String expected) {
        String error = Call.refused((Object[]) line.split(" +"));
        assertTrue(error.contains(expected), error);
        assertFalse(Files.exists(Path.of("x.png")));
    }

    @Test
    void whatDoesNotFitTheModelIsToldInOneLine() {
        Path out = folder.resolve("x.png");
        Path table = shared.resolve("table");
        assertTrue(Call.refused("plot", "traversal", "--model", table, "--out", out)
                .contains("the model's samples have the shape 3"));
        assertTrue(Call.refused("plot", "manifold", "--model", shared.resolve("told"), "--out", out)
                .contains("--label NAME is missing"));
        assertTrue(Call.refused("plot", "manifold", "--model", shared.resolve("two"), "--label", 1, "--out", out)
                .contains("--label"));
        assertTrue(Call.refused("plot", "interpolation", "--model", shared.resolve("two"), "--to", 5000, "--out", out)
                .contains("--to: 5000 is no row of mnist-sample, which has 2000 rows"));
        assertTrue(Call.refused(
                        "plot",
                        "latents",
                        "--model",
                        shared.resolve("two"),
                        "--data",
                        shared.resolve("rows.csv"),
                        "--out",
                        out)
                .contains("model takes"));
        assertTrue(Call.refused("plot", "curves", "--skip", 2, shared.resolve("two"), "--out", out)
                .contains("no run has an epoch after the first 2"));
        assertFalse(Files.exists(out));
    }
}
