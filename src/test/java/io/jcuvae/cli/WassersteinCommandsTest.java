package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands say of an autoencoder whose codes are drawn to a prior. */
class WassersteinCommandsTest {
    @TempDir
    static Path shared;

    private static Path model;
    private static String report;

    @BeforeAll
    static void train() {
        model = shared.resolve("run");
        report = train("--preset", "wae", "--out", model);
    }

    private static String train(Object... options) {
        Object[] common = {"train", "--data", "moons:200", "--hidden", "16", "--latent", "2", "--epochs", "2"};
        Object[] all = new Object[common.length + options.length];
        System.arraycopy(common, 0, all, 0, common.length);
        System.arraycopy(options, 0, all, common.length, options.length);
        return Call.done(all).out();
    }

    @Test
    void hasAPriorButNoElbo() throws IOException {
        String figures = report.substring(report.indexOf("epoch 2 "));
        assertTrue(figures.contains("generate") && !figures.contains("KL"), report);
        assertTrue(Files.exists(model.resolve("samples.png")));
        for (String line : Files.readAllLines(model.resolve("metrics.jsonl"))) {
            JsonObject metrics = JsonParser.parseString(line).getAsJsonObject();
            double mmd = metrics.get("train_mmd").getAsDouble();
            assertEquals(
                    metrics.get("train_loss").getAsDouble(),
                    metrics.get("train_reconstruction").getAsDouble() + 100 * mmd,
                    1e-3);
            assertFalse(metrics.has("train_tc"));
        }
        Path samples = shared.resolve("samples.npy");
        Call.done("generate", "--model", model, "--count", 5, "--out", samples);
        Dataset made = DataSource.parse(samples.toString()).load(Split.ALL, 0);
        assertEquals(5, made.count());
        String text = Call.done("evaluate", "--model", model).out();
        assertTrue(text.contains("reconstruction only") && text.contains("MMD "), text);
        JsonObject json = Call.done("evaluate", "--model", model, "--json").json();
        assertTrue(json.get("kl").isJsonNull());
        assertTrue(json.get("mmd").getAsDouble() > -0.5 && json.get("mmd").getAsDouble() < 14, json.toString());
    }

    /** Beside a Gaussian posterior it is one more term: an ELBO and an MMD. */
    @Test
    void goesWithAGaussianPosterior() {
        Path gaussian = shared.resolve("gaussian");
        String told = train("--mmd", 10, "--beta", 0.5, "--out", gaussian);
        assertTrue(told.substring(told.indexOf("epoch 2 ")).contains("KL"), told);
        JsonObject json = Call.done("evaluate", "--model", gaussian, "--json").json();
        assertTrue(json.has("mmd") && !json.get("kl").isJsonNull(), json.toString());
        Call.done("generate", "--model", gaussian, "--count", 2, "--out", shared.resolve("two.npy"));
        Path plain = shared.resolve("plain");
        train("--out", plain);
        assertFalse(Call.done("evaluate", "--model", plain, "--json").json().has("mmd"));
    }

    @Test
    void refusesWhatDoesNotGoWithIt() {
        Path no = shared.resolve("no");
        for (List<String> options : List.of(
                List.of("--mmd", "-1"),
                List.of("--batch", "1"),
                List.of("--tc", "5", "--posterior", "gaussian"),
                List.of("--estimator", "iwae", "--posterior", "gaussian"))) {
            Object[] call = new Object[7 + options.size()];
            System.arraycopy(
                    new Object[] {"train", "--preset", "wae", "--data", "moons:200", "--out", no}, 0, call, 0, 7);
            System.arraycopy(options.toArray(), 0, call, 7, options.size());
            String refused = Call.refused(call);
            assertTrue(refused.contains("--mmd") || refused.startsWith("error: " + options.get(0) + " "), refused);
            assertFalse(Files.exists(no));
        }
    }
}
