package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on a model with a codebook. */
class CodebookCommandsTest {
    @TempDir
    static Path shared;

    private static Path model;
    private static String report;

    @BeforeAll
    static void train() {
        model = shared.resolve("run");
        report = Call.done(
                        "train",
                        "--preset",
                        "vq",
                        "--data",
                        "moons:200",
                        "--hidden",
                        "16",
                        "--latent",
                        "6",
                        "--code-size",
                        "2",
                        "--codes",
                        "9",
                        "--epochs",
                        "2",
                        "--out",
                        model)
                .out();
    }

    private static float[] load(Path file) {
        Dataset data = DataSource.parse(file.toString()).load(Split.ALL, 0);
        float[] rows = new float[data.count() * data.width()];
        for (int r = 0; r < data.count(); r++) {
            data.copyRow(r, rows, r * data.width());
        }
        return rows;
    }

    @Test
    void reportsPerplexityAndWhatCodesCost() {
        String figures = report.substring(report.indexOf("epoch 2 "));
        assertTrue(figures.contains("perplexity") && figures.contains("commitment"), figures);
        JsonObject json = Call.done("evaluate", "--model", model, "--json").json();
        assertEquals(3 * Math.log(9), json.get("kl").getAsDouble(), 1e-12);
        assertEquals(
                json.get("reconstruction").getAsDouble() + 3 * Math.log(9),
                json.get("loss").getAsDouble(),
                1e-9);
        assertTrue(json.get("kl_of").getAsString().contains("uniform prior"));
        assertTrue(json.get("perplexity").getAsDouble() >= 1
                && json.get("codes_used").getAsInt() <= 9);
        String text = Call.done("evaluate", "--model", model).out();
        assertTrue(text.contains("under a uniform prior") && text.contains("of 9 used"), text);
        String info = Call.done("info", "--model", model).out();
        assertTrue(info.contains("codebook") && info.contains("perplexity"), info);
    }

    @Test
    void generatesFromATree() {
        Path few = shared.resolve("few.npy");
        Path many = shared.resolve("many.npy");
        Call.done("generate", "--model", model, "--count", 3, "--out", few);
        Call.done("generate", "--model", model, "--sampler", "tree", "--count", 20, "--out", many);
        assertTrue(Files.exists(model.resolve("codes.safetensors")));
        float[] three = load(few);
        float[] twenty = load(many);
        for (int i = 0; i < three.length; i++) {
            assertEquals(twenty[i], three[i]);
        }
        Path out = shared.resolve("x.npy");
        assertTrue(Call.refused("generate", "--model", model, "--sampler", "gmm", "--out", out)
                .contains("--sampler tree"));
        assertTrue(Call.refused("generate", "--model", model, "--sampler", "normal", "--out", out)
                .contains("--sampler tree"));
        assertTrue(Call.refused("generate", "--model", model, "--components", 3, "--out", out)
                .contains("--components"));
        assertTrue(Call.refused("evaluate", "--model", model, "--importance", 3).contains("--posterior vq"));
    }

    /** Vectors decode to what reconstruct makes; numbers are whole and below K. */
    @Test
    void encodesVectorsAndNumbers() throws IOException {
        Path codes = shared.resolve("codes.npy");
        Path made = shared.resolve("made.npy");
        Path decoded = shared.resolve("decoded.npy");
        Call.done("encode", "--model", model, "--limit", 5, "--out", codes);
        Call.done("decode", "--model", model, "--latents", codes, "--out", decoded);
        Call.done("reconstruct", "--model", model, "--limit", 5, "--out", made);
        assertArrayEquals(load(made), load(decoded));
        Path numbers = shared.resolve("numbers.npy");
        Path table = shared.resolve("numbers.csv");
        JsonObject json = Call.done("encode", "--model", model, "--limit", 5, "--codes", "--out", numbers, "--json")
                .json();
        assertEquals("[3]", json.get("row_shape").toString());
        assertTrue(Files.readString(numbers, StandardCharsets.ISO_8859_1).contains("<i4"));
        Call.done("encode", "--model", model, "--limit", 5, "--codes", "--out", table);
        assertTrue(Files.readString(table).startsWith("code0,code1,code2\n"));
        assertTrue(Files.readAllLines(table).get(1).matches("[0-8],[0-8],[0-8]"), Files.readString(table));
        assertTrue(Call.refused("encode", "--model", model, "--codes", "--out", shared.resolve("x.npz"))
                .contains(".npy, .csv or .parquet"));
        Call.done("interpolate", "--model", model, "--from", 0, "--to", 1, "--steps", 3, "--out", made);
    }

    @Test
    void aModelWithoutCodesSaysSo() {
        Path plain = shared.resolve("plain");
        Call.done("train", "--data", "moons:100", "--hidden", "8", "--latent", "2", "--epochs", "1", "--out", plain);
        assertTrue(Call.refused("generate", "--model", plain, "--sampler", "tree", "--out", shared.resolve("x.npy"))
                .contains("no"));
        assertTrue(Call.refused("encode", "--model", plain, "--codes", "--out", shared.resolve("x.npy"))
                .contains("no codebook"));
        assertTrue(Call.refused("train", "--data", "moons:100", "--codes", 5, "--out", shared.resolve("y"))
                .contains("--posterior vq"));
    }
}
