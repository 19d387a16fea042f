package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelCommandsTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;

    @BeforeAll
    static void train() {
        model = shared.resolve("run");
        Call.done("train", "--data", "moons:200", "--hidden", "16", "--latent", "2", "--epochs", "1", "--out", model);
    }

    private static Dataset load(Path file) {
        return DataSource.parse(file.toString()).load(Split.ALL, 0);
    }

    @Test
    void evaluatePrintsTheProtocolBesideTheFigures() {
        String text = Call.done("evaluate", "--model", model, "--importance", 3).out();
        for (String part :
                List.of("loss ", "KL ", "NLL ", "importance-weighted, 3 draws", "moons:200 (test)", "protocol ")) {
            assertTrue(text.contains(part), text);
        }
        JsonObject json = Call.done("evaluate", "--model", model, "--json", "--split", "train", "--limit", 7)
                .json();
        for (String key : List.of(
                "loss",
                "reconstruction",
                "kl",
                "active_units",
                "count",
                "binarization",
                "nll",
                "importance_samples",
                "nll_standard_error")) {
            assertTrue(json.has(key), key);
        }
        assertEquals(7, json.get("count").getAsInt());
        assertTrue(json.get("nll").isJsonNull());
    }

    @Test
    void evaluateRefusesOtherValuesUnlessTold() throws IOException {
        Path bits = Files.writeString(folder.resolve("bits.csv"), row(784) + row(784));
        assertTrue(Call.refused("evaluate", "--model", model, "--data", bits).contains("--accept-protocol"));
        Call.done("evaluate", "--model", model, "--data", bits, "--accept-protocol");
    }

    private static String row(int width) {
        return IntStream.range(0, width)
                .mapToObj(i -> i % 3 == 0 ? "1" : "0")
                .collect(Collectors.joining(",", "", "\n"));
    }

    @Test
    void generateWritesEveryFormat() {
        for (String name : List.of("s.npy", "s.npz", "s.csv", "s-idx3-ubyte", "s-idx3-ubyte.gz")) {
            Path out = folder.resolve(name);
            assertEquals(
                    "wrote " + out + ": 5 rows of 28x28\n",
                    Call.done("generate", "--model", model, "--count", 5, "--out", out)
                            .out());
            assertEquals(5, load(out).count());
        }
        JsonObject json = Call.done("generate", "--model", model, "--out", folder.resolve("s.png"), "--json")
                .json();
        assertEquals(64, json.get("count").getAsInt());
        assertEquals("[28,28]", json.get("row_shape").toString());
        assertTrue(Files.exists(Path.of(json.get("file").getAsString())));
    }

    @Test
    void generateDependsOnSeedAndTemperature() {
        List<float[]> drawn = List.of("0 1", "0 1", "1 1", "0 0").stream()
                .map(pair -> {
                    Path out = folder.resolve("s.npy");
                    String[] parts = pair.split(" ");
                    Call.done(
                            "generate",
                            "--model",
                            model,
                            "--count",
                            2,
                            "--seed",
                            parts[0],
                            "--temperature",
                            parts[1],
                            "--out",
                            out);
                    return load(out).floats();
                })
                .toList();
        assertTrue(Arrays.equals(drawn.get(0), drawn.get(1)));
        assertTrue(!Arrays.equals(drawn.get(0), drawn.get(2)));
        float[] cold = drawn.get(3);
        assertTrue(Arrays.equals(cold, 0, 784, cold, 784, 2 * 784));
    }

    @Test
    void generateFitsAMixtureOnce() {
        Path out = folder.resolve("s.npy");
        String first = Call.done("generate", "--model", model, "--sampler", "gmm", "--components", 2, "--out", out)
                .out();
        assertTrue(first.contains("fitted " + model.resolve("mixture.safetensors") + ": 2 normals for"), first);
        float[] drawn = load(out).floats();
        String second = Call.done("generate", "--model", model, "--sampler", "gmm", "--out", out)
                .out();
        assertTrue(second.contains("drawing from ") && second.contains("200 samples of moons:200"), second);
        assertTrue(Arrays.equals(drawn, load(out).floats()));
        String error =
                Call.refused("generate", "--model", model, "--sampler", "gmm", "--components", 300, "--out", out);
        assertTrue(error.contains("300 normals cannot be fitted to the 200 training samples of moons:200"), error);
    }

    @Test
    void baselineMeasuresPcaBesideModels() {
        Path out = folder.resolve("pca.png");
        String text = Call.done("baseline", "--data", "moons:200", "--latent", "1,2", "--models", model, "--out", out)
                .out();
        assertTrue(text.contains("squared error") && text.contains("over 40 held-out samples of moons:200"), text);
        assertTrue(Files.exists(out));
        JsonObject json = Call.done("baseline", "--data", "moons:200", "--latent", "2", "--json")
                .json();
        assertEquals(1, json.getAsJsonArray("lines").size());
        assertTrue(Call.refused("baseline", "--latent", "2,,3").contains("--latent: must be whole numbers"));
    }

    @Test
    void demoOfTheMoonsLeavesPicturesAndATable() throws IOException {
        Path out = folder.resolve("moons");
        Call.done("demo-moons", "--out", out, "--epochs", 1, "--device", "cpu");
        for (String name : List.of("random-ae.png", "random-ae-gmm.png", "random-vae.png", "walk.png")) {
            assertTrue(Files.size(out.resolve(name)) > 0, name);
        }
        assertEquals(5, Files.readAllLines(out.resolve("table.md")).size());
    }

    @Test
    void codesGoOutAndComeBack() {
        Path codes = folder.resolve("codes.npz");
        Path again = folder.resolve("again.npy");
        Path direct = folder.resolve("direct.npy");
        JsonObject json =
                Call.done("encode", "--model", model, "--out", codes, "--json").json();
        assertEquals("[2,2]", json.get("row_shape").toString());
        assertEquals(40, json.get("count").getAsInt());
        Call.done("decode", "--model", model, "--latents", codes, "--out", again, "--threads", 1);
        Call.done("reconstruct", "--model", model, "--data", "moons:200", "--split", "test", "--out", direct);
        assertTrue(Arrays.equals(load(again).floats(), load(direct).floats()));
    }

    @Test
    void interpolateWritesTheWay() {
        Path out = folder.resolve("line.npy");
        Call.done("interpolate", "--model", model, "--from", 0, "--to", 9, "--steps", 4, "--out", out);
        assertEquals(4, load(out).count());
        String error = Call.refused("interpolate", "--model", model, "--from", 0, "--to", 40, "--out", out);
        assertTrue(error.contains("--to: 40 is no row of moons:200 (test), which has 40 rows"), error);
    }

    @Test
    void aFailedJobLeavesNoFile() {
        Path out = folder.resolve("x.png");
        String error = Call.refused("encode", "--model", model, "--out", out);
        assertTrue(error.contains("use") || error.contains("ending"), error);
        Call.refused("reconstruct", "--model", model, "--data", "nowhere.npy", "--out", out);
        assertTrue(Files.notExists(out));
        assertEquals(0, folder.toFile().list().length);
    }

    @Test
    void infoDescribesTheModel() {
        String text = Call.done("info", "--model", model).out();
        for (String part : List.of(
                "784-16-(2, 2)-16-784, relu, bernoulli",
                "26,004",
                "Dense(16, relu)",
                "after epoch 1 of 1",
                "moons:200: 200 training and 40 held-out samples of 28x28",
                "binarization none")) {
            assertTrue(text.contains(part), text);
        }
        JsonObject json = Call.done("info", "--json", "--model", model.resolve("model.safetensors"))
                .json();
        long sum = json.getAsJsonArray("layers").asList().stream()
                .mapToLong(layer -> layer.getAsJsonObject().get("parameters").getAsLong())
                .sum();
        assertEquals(26_004, sum);
        assertEquals(1, json.getAsJsonObject("metrics").get("epoch").getAsInt());
    }

    @Test
    void infoCanDoWithoutMetrics() throws IOException {
        Path alone = Files.copy(model.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        assertTrue(Call.done("info", "--model", alone).out().contains("no metrics.jsonl"));
        assertTrue(Call.done("info", "--model", alone, "--json")
                .json()
                .get("metrics")
                .isJsonNull());
    }

    @Test
    void devicesSaysWhatIsUsedAndWhyCudaIsNot() {
        String text = Call.done("devices").out();
        assertTrue(text.contains("cpu "), text);
        JsonObject json = Call.done("devices", "--json", "--threads", 1).json();
        assertTrue(json.getAsJsonArray("devices").size() >= 2);
        if (json.get("auto").getAsString().equals("cpu")) {
            assertTrue(text.contains("not used: ") && text.contains("auto   uses cpu"), text);
            JsonArray steps = json.getAsJsonObject("cuda").getAsJsonArray("steps");
            JsonObject last = steps.get(steps.size() - 1).getAsJsonObject();
            assertFalse(last.get("works").getAsBoolean());
            assertTrue(text.contains(last.get("failure").getAsString()), text);
        }
    }

    @Test
    void checkPassesHere() {
        assertTrue(Call.done("check", "--device", "cpu").out().contains("passed"));
        assertTrue(Call.done("check", "--json").json().size() > 0);
    }
}
