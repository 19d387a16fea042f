package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands with a model that has two stochastic layers. */
class UpperCommandsTest {
    @TempDir
    static Path shared;

    private static Path model;

    @BeforeAll
    static void train() {
        model = shared.resolve("run");
        Call.done(
                "train",
                "--preset",
                "two-layers",
                "--data",
                "moons:200",
                "--hidden",
                "16",
                "--latent",
                "3",
                "--upper-latent",
                "2",
                "--upper-hidden",
                "8",
                "--epochs",
                "1",
                "--out",
                model);
    }

    @Test
    void everyCommandTakesIt() {
        String info = Call.done("info", "--model", model).out();
        assertTrue(info.contains("second stochastic layer 8-(2, 2)") && info.contains("upper.prior.mu"), info);
        JsonObject json = Call.done("info", "--model", model, "--json").json();
        assertEquals(2, json.get("upper_latents").getAsInt());
        JsonObject figures = Call.done("evaluate", "--model", model, "--importance", 20, "--json")
                .json();
        assertTrue(figures.get("nll").getAsDouble() < figures.get("loss").getAsDouble());
        Path file = shared.resolve("out.npy");
        Call.done("generate", "--model", model, "--count", 3, "--out", file);
        Call.done("generate", "--model", model, "--sampler", "gmm", "--components", 2, "--count", 3, "--out", file);
        Call.done("reconstruct", "--model", model, "--limit", 3, "--out", file);
        Call.done("encode", "--model", model, "--limit", 3, "--out", file);
        Call.done("interpolate", "--model", model, "--from", 0, "--to", 1, "--steps", 3, "--out", file);
        assertTrue(Files.exists(file));
    }

    @Test
    void refusesWhatDoesNotGoTogether() {
        Object[][] mistakes = {
            {"--upper-hidden", "8"},
            {"--upper-latent", "2", "--free-bits", "0.1"},
            {"--upper-latent", "2", "--tc", "1"},
            {"--upper-latent", "2", "--mmd", "10"},
            {"--upper-latent", "2", "--estimator", "dreg"},
            {"--upper-latent", "2", "--posterior", "none"},
        };
        for (Object[] mistake : mistakes) {
            Object[] words = new Object[mistake.length + 5];
            System.arraycopy(mistake, 0, words, 1, mistake.length);
            words[0] = "train";
            System.arraycopy(
                    new Object[] {"--data", "moons:50", "--out", shared.resolve("no")},
                    0,
                    words,
                    mistake.length + 1,
                    4);
            String refused = Call.refused(words);
            assertTrue(refused.contains("--upper-latent"), refused);
        }
    }
}
