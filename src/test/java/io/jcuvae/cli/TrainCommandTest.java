package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
    @TempDir
    Path folder;

    private Object[] tiny(Object... more) {
        List<Object> words = new ArrayList<>(List.of(
                "train", "--data", "moons:200", "--hidden", "16", "--latent", "2", "--out", folder.resolve("run")));
        words.addAll(Arrays.asList(more));
        return words.toArray();
    }

    private JsonObject options() throws IOException {
        return JsonParser.parseString(Files.readString(folder.resolve("run/config.json")))
                .getAsJsonObject()
                .getAsJsonObject("options");
    }

    @Test
    void aRunLeavesItsFilesAndSaysWhatToDoNext() throws IOException {
        String out = Call.done(tiny("--epochs", 2)).out();
        try (Stream<Path> files = Files.list(folder.resolve("run"))) {
            assertEquals(
                    List.of(
                            "checkpoint.safetensors",
                            "config.json",
                            "loss.png",
                            "metrics.jsonl",
                            "model.safetensors",
                            "reconstructions.png",
                            "report.html",
                            "samples.png"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
        assertTrue(out.contains("data     moons:200: 200 training and 40 held-out samples of 28x28\n"), out);
        assertTrue(out.contains("model    784-16-(2, 2)-16-784, relu, bernoulli: 26,004 parameters\n"), out);
        assertTrue(out.contains("\n    1/2 ") && out.contains("\n    2/2 "), out);
        assertTrue(out.contains("\nepoch 2           training    held-out\nloss "), out);
        assertTrue(out.contains("\nactive units "), out);
        assertTrue(out.contains("scripts/vae evaluate --model " + folder.resolve("run")), out);
        assertEquals(0, out.chars().filter(c -> c == '\r' || c == 27).count());
    }

    @Test
    void quietShowsTheFiguresOnly() {
        String out = Call.done(tiny("--epochs", 1, "--quiet")).out();
        assertTrue(out.startsWith("epoch 1 "), out);
        assertEquals(5, out.lines().count(), out);
    }

    @Test
    void jsonIsOneObject() throws IOException {
        JsonObject json = Call.done(tiny("--epochs", 2, "--json")).json();
        assertTrue(json.get("completed").getAsBoolean());
        assertEquals(folder.resolve("run").toString(), json.get("folder").getAsString());
        assertEquals(8, json.getAsJsonArray("files").size());
        String last = Files.readAllLines(folder.resolve("run/metrics.jsonl")).get(1);
        assertEquals(JsonParser.parseString(last), json.get("metrics"));
    }

    @Test
    void optionsGoBeforeTheFileAndTheFileBeforeThePreset() throws IOException {
        Path file = Files.writeString(folder.resolve("c.json"), "{\"epochs\": 2, \"batch\": 50, \"hidden\": [9, 8]}");
        Call.done(
                "train",
                "--preset",
                "mlp",
                "--config",
                file,
                "--data",
                "moons:60",
                "--latent",
                2,
                "--epochs",
                1,
                "--seed",
                "-3",
                "--out",
                folder.resolve("run"));
        JsonObject options = options();
        assertEquals(1, options.get("epochs").getAsInt());
        assertEquals(50, options.get("batch").getAsInt());
        assertEquals("9,8", options.get("hidden").getAsString());
        assertEquals(-3, options.get("seed").getAsInt());
        assertEquals("relu", options.get("activation").getAsString());
        // A run can be repeated from its own description.
        Call.done("train", "--config", folder.resolve("run/config.json"), "--out", folder.resolve("again"), "--quiet");
        assertEquals(
                -1, Files.mismatch(folder.resolve("run/model.safetensors"), folder.resolve("again/model.safetensors")));
    }

    @Test
    void aFileWithAnUnknownKeyIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("c.json"), "{\"epoch\": 2}");
        String error = Call.refused(tiny("--config", file));
        assertTrue(error.contains("c.json: unknown key 'epoch'"), error);
        assertFalse(Files.exists(folder.resolve("run")));
    }

    @Test
    void aFinishedRunCanGoOnForLonger() throws IOException {
        Call.done(tiny("--epochs", 1));
        Path run = folder.resolve("run");
        Call finished = Call.of("train", "--resume", run, "--quiet");
        assertEquals(0, finished.code());
        assertTrue(finished.err().startsWith("warning: all 1 epochs were done before"), finished.err());
        // What is given again unchanged does no harm.
        Call.done("train", "--resume", run, "--epochs", 3, "--hidden", 16);
        assertEquals(3, Files.readAllLines(run.resolve("metrics.jsonl")).size());
        assertEquals(3, options().get("epochs").getAsInt());
    }

    @Test
    void aRunCannotChangeItsNature() {
        Call.done(tiny("--epochs", 1, "--quiet"));
        Path run = folder.resolve("run");
        String error = Call.refused("train", "--resume", run, "--hidden", 17);
        assertTrue(error.contains("--hidden: the run began with 16"), error);
        assertTrue(Call.refused(tiny()).contains("holds a run already"));
        String other = Call.refused("train", "--resume", run, "--config", "c.json");
        assertTrue(other.contains("--config: cannot be given with --resume"), other);
    }

    @Test
    void rowsThatAreNoImagesHaveNoPictures() throws IOException {
        Path file = folder.resolve("rows.csv");
        Files.writeString(file, "a,b,c\n" + "0.5,-1.25,3\n1.5,0.25,-2\n".repeat(40));
        String error = Call.refused("train", "--data", file, "--out", folder.resolve("run"));
        assertTrue(error.contains("outside [0, 1]") && error.contains("--likelihood gaussian"), error);
        String out = Call.done(
                        "train",
                        "--data",
                        file,
                        "--likelihood",
                        "mse",
                        "--hidden",
                        "none",
                        "--latent",
                        1,
                        "--epochs",
                        1,
                        "--out",
                        folder.resolve("run"))
                .out();
        assertTrue(out.contains("no pictures of samples: rows of shape 3 are no images"), out);
        assertTrue(out.contains("squared error per sample"), out);
        assertTrue(Files.exists(folder.resolve("run/loss.png")));
        assertFalse(Files.exists(folder.resolve("run/samples.png")));
    }

    @Test
    void aDivergedRunFailsAndSaysHowToGoOn() {
        Call call = Call.of(tiny("--epochs", 9, "--lr", "9.5", "--batch", 10, "--likelihood", "mse"));
        assertEquals(1, call.code(), call.toString());
        assertTrue(call.err().contains("step ") && call.err().contains("--lr"), call.err());
    }

    @Test
    void theFolderIsNamedAfterTheDataAndTheTime() {
        assertTrue(TrainCommand.newFolder("moons:300").toString().matches("runs.moons-300-\\d{8}-\\d{6}"));
        assertTrue(TrainCommand.newFolder("/data/my set.npz:key").toString().matches("runs.my-set-\\d{8}-\\d{6}"));
        assertTrue(TrainCommand.newFolder("..").toString().matches("runs.run-\\d{8}-\\d{6}"));
    }
}
