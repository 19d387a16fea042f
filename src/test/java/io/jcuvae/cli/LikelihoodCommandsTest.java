package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Likelihoods of several parameters for each value, by commands. */
class LikelihoodCommandsTest {
    /** Of a moon. */
    private static final int VALUES = 28 * 28;

    @TempDir
    Path folder;

    private Path trained(String likelihood, Object... options) {
        Path model = folder.resolve(likelihood);
        Object[] common = {
            "train", "--data", "moons:60", "--likelihood", likelihood, "--epochs", 1, "--latent", 2, "--out", model
        };
        Object[] all = new Object[common.length + options.length];
        System.arraycopy(common, 0, all, 0, common.length);
        System.arraycopy(options, 0, all, common.length, options.length);
        Call.done(all);
        return model;
    }

    private static void assertBits(JsonObject json, String figure) {
        double nats = json.get(figure).getAsDouble();
        assertEquals(
                nats / (VALUES * Math.log(2)), json.get("bits_per_dimension").getAsDouble(), 1e-9);
    }

    /** Nats over D log 2: of the loss, or of the log-likelihood where that was asked for; of densities there are none. */
    @Test
    void bitsPerDimensionAreThoseOfTheBestFigure() {
        Path model = trained("discretized-logistic", "--hidden", "8");
        assertBits(Call.done("evaluate", "--model", model, "--json").json(), "loss");
        assertBits(
                Call.done("evaluate", "--model", model, "--importance", 8, "--json")
                        .json(),
                "nll");
        String text = Call.done("evaluate", "--model", model, "--importance", 8).out();
        assertTrue(text.lines().anyMatch(line -> line.startsWith("bits/dim") && line.contains("of the NLL")), text);
        Path density = trained("gaussian-per-value", "--hidden", "8");
        assertFalse(Call.done("evaluate", "--model", density, "--json").json().has("bits_per_dimension"));
    }

    /** A decoder that ends with a picture gives the parameters of a value as channels. */
    @Test
    void aConvolutionalDecoderGivesSeveralParameters() {
        for (String likelihood : new String[] {"gaussian-per-value", "categorical"}) {
            Path model = trained(likelihood, "--preset", "conv-28", "--batch", 20, "--levels", 3);
            JsonObject json = Call.done("evaluate", "--model", model, "--json").json();
            assertTrue(Double.isFinite(json.get("loss").getAsDouble()), json.toString());
            Path out = folder.resolve(likelihood + ".npy");
            Call.done("reconstruct", "--model", model, "--limit", 3, "--out", out);
            Call.done("generate", "--model", model, "--count", 3, "--out", folder.resolve(likelihood + ".png"));
            Dataset made = DataSource.parse(out.toString()).load(Split.ALL, 0);
            assertEquals(VALUES, made.width());
            for (float value : made.floats()) {
                assertTrue(Float.isFinite(value) && (!likelihood.equals("categorical") || value >= 0 && value <= 1));
            }
        }
    }

    /** How many levels there are is said twice where the decoder is one's own. */
    @Test
    void levelsThatTheDecoderDoesNotHaveAreRefused() {
        String refused = Call.refused(
                "train",
                "--data",
                "moons:60",
                "--likelihood",
                "categorical",
                "--levels",
                4,
                "--decoder",
                "[{\"layer\": \"dense\", \"outputs\": " + 2 * VALUES + "}]",
                "--out",
                folder.resolve("no"));
        assertTrue(refused.contains("--levels is 4") && refused.contains(" 2 for each"), refused);
        assertFalse(Files.exists(folder.resolve("no")));
    }
}
