package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands say of a model that has neither a posterior nor a prior. */
class AutoencoderCommandsTest {
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
                        "ae",
                        "--data",
                        "moons:200",
                        "--hidden",
                        "16",
                        "--latent",
                        "2",
                        "--epochs",
                        "1",
                        "--out",
                        model)
                .out();
    }

    @Test
    void reportsTheReconstructionAndNoElbo() {
        String figures = report.substring(report.indexOf("epoch 1 "));
        assertTrue(figures.contains("reconstruction") && !figures.contains("KL"), figures);
        assertFalse(report.contains("generate") || report.contains("--importance"), report);
        String text = Call.done("evaluate", "--model", model).out();
        assertTrue(text.contains("reconstruction only") && !text.contains("KL") && !text.contains("loss "), text);
        JsonObject json = Call.done("evaluate", "--model", model, "--json").json();
        assertTrue(json.get("kl").isJsonNull());
        assertEquals(json.get("reconstruction"), json.get("loss"));
        assertFalse(Call.done("info", "--model", model).out().contains("KL"));
    }

    @Test
    void refusesWhatNeedsAPosteriorOrAPrior() {
        assertTrue(Call.refused("generate", "--model", model, "--out", shared.resolve("x.npy"))
                .contains("plain autoencoder"));
        assertTrue(Call.refused("evaluate", "--model", model, "--importance", 3).contains("no posterior"));
        for (String[] option : new String[][] {
            {"--beta", "4"}, {"--free-bits", "0.1"}, {"--capacity", "3"}, {"--anneal", "linear"}, {"--metric", "elbo"}
        }) {
            String refused = Call.refused(
                    "train",
                    "--preset",
                    "ae",
                    "--data",
                    "moons:200",
                    option[0],
                    option[1],
                    "--out",
                    shared.resolve("no"));
            assertTrue(
                    refused.contains(": there is no KL term") && refused.startsWith("error: " + option[0] + " "),
                    refused);
        }
    }

    /** Codes are rows of Z numbers, which decode to what reconstruct makes. */
    @Test
    void codesComeBack() {
        Path codes = shared.resolve("codes.npy");
        Path decoded = shared.resolve("decoded.npy");
        Path made = shared.resolve("made.npy");
        Call.done("encode", "--model", model, "--limit", 5, "--out", codes);
        Call.done("encode", "--model", model, "--limit", 5, "--out", shared.resolve("codes.csv"));
        Call.done("decode", "--model", model, "--latents", codes, "--out", decoded);
        Call.done("reconstruct", "--model", model, "--limit", 5, "--out", made);
        assertArrayEquals(new int[] {2}, load(codes).shape().sizes());
        assertArrayEquals(load(made).floats(), load(decoded).floats());
        Call.done(
                "interpolate",
                "--model",
                model,
                "--from",
                0,
                "--to",
                1,
                "--steps",
                3,
                "--out",
                shared.resolve("l.npy"));
        assertArrayEquals(row(load(made), 1), row(load(shared.resolve("l.npy")), 2));
    }

    private static Dataset load(Path file) {
        return DataSource.parse(file.toString()).load(Split.ALL, 0);
    }

    private static float[] row(Dataset data, int row) {
        float[] values = new float[data.width()];
        data.copyRow(row, values, 0);
        return values;
    }
}
