package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoVariantsTest {
    @TempDir
    Path folder;

    /** Every variant has a line without being named anywhere but in its preset. */
    @Test
    void everyVariantHasALine() throws IOException {
        Call.done("demo-variants", "--data", "moons:150", "--epochs", 1, "--out", folder);
        List<String> lines = Files.readAllLines(folder.resolve("variants-moons-150.md"));
        for (String preset : List.of("mlp", "ae", "beta-vae", "iwae", "wae")) {
            assertEquals(
                    1,
                    lines.stream()
                            .filter(l -> l.startsWith("| " + preset + " |"))
                            .count(),
                    preset);
        }
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("| ae | 20 | - |") && l.contains("mixture")));
        // The moons have a hundred labels, some of which so few training rows do not have.
        assertTrue(lines.stream().anyMatch(l -> l.startsWith("| cvae |") || l.startsWith("Left out: `cvae`")));
        for (String model : List.of("PCA", "AE", "VAE")) {
            assertEquals(
                    1,
                    lines.stream()
                            .filter(l -> l.startsWith("| " + model + " | 20 |"))
                            .count(),
                    model);
        }
        assertTrue(
                lines.contains("![Samples, a line for each preset in the order of the table](variants/moons-150.png)"));
        assertTrue(Files.exists(folder.resolve("variants/moons-150.png")));
        assertTrue(lines.stream().noneMatch(l -> l.contains("NaN")));
    }

    @Test
    void dataThatAreNotThereAreRefused() {
        assertTrue(Call.refused("demo-variants", "--data", folder.resolve("none"), "--out", folder)
                .contains("none"));
    }
}
