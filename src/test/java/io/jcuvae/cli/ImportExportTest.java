package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.data.NpzTensors;
import io.jcuvae.data.Safetensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights of PyTorch's become models here, and models here open there. */
class ImportExportTest {
    private static final Path GOLDEN = Path.of("src/main/resources/io/jcuvae/jobs/golden");
    private static final String CONV = "{\"latent\": 3, \"encoder\": ["
            + "{\"layer\": \"conv2d\", \"channels\": 4, \"kernel\": 4, \"stride\": 2, \"padding\": 1, \"activation\": \"relu\"},"
            + "{\"layer\": \"conv2d\", \"channels\": 8, \"kernel\": 4, \"stride\": 2, \"padding\": 1, \"activation\": \"relu\"},"
            + "{\"layer\": \"flatten\"}, {\"layer\": \"dense\", \"outputs\": 16, \"activation\": \"relu\"}], \"decoder\": ["
            + "{\"layer\": \"dense\", \"outputs\": 16, \"activation\": \"relu\"},"
            + "{\"layer\": \"dense\", \"outputs\": 32, \"activation\": \"relu\"}, {\"layer\": \"reshape\", \"shape\": \"8x2x2\"},"
            + "{\"layer\": \"conv_transpose2d\", \"channels\": 4, \"kernel\": 4, \"stride\": 2, \"padding\": 1,"
            + " \"activation\": \"relu\"},"
            + "{\"layer\": \"conv_transpose2d\", \"channels\": \"data\", \"kernel\": 4, \"stride\": 2, \"padding\": 1}]}";

    private static final List<String> CONV_NAMES = List.of(
            "conv1=enc0",
            "conv2=enc1",
            "fc1=enc3",
            "gfc1=dec0",
            "gfc2=dec1",
            "convt1=dec3",
            "convt2.weight=dec4.weight",
            "convt2.bias=dec4.bias");

    @TempDir
    Path folder;

    /** Writes the initial parameters of a golden case as a state_dict. */
    private Path weights(Map<String, NpzTensors.Values> arrays, String... without) {
        List<Safetensors.Entry> entries = new ArrayList<>();
        arrays.forEach((name, array) -> {
            String own = name.replaceFirst("^init/", "");
            if (!own.equals(name) && !List.of(without).contains(own)) {
                entries.add(Safetensors.Entry.of(own, array.shape(), array.floats(), 0));
            }
        });
        Path file = folder.resolve("weights.safetensors");
        Safetensors.write(file, Map.of(), entries);
        return file;
    }

    /** The means that the program writes for the first batch, against PyTorch's. */
    private void requireMeans(Map<String, NpzTensors.Values> arrays, Path model, int... sample) {
        float[] mean = arrays.get("fwd/mu").floats();
        int rows = arrays.get("fwd/mu").shape()[0];
        int[] shape = new int[sample.length + 1];
        shape[0] = rows;
        System.arraycopy(sample, 0, shape, 1, sample.length);
        float[] all = arrays.get("x").floats();
        int values = rows * Arrays.stream(sample).reduce(1, (a, b) -> a * b);
        Path data = folder.resolve("x.npz");
        NpzTensors.write(data, List.of(Safetensors.Entry.of("data", shape, Arrays.copyOf(all, values), 0)));
        Path out = folder.resolve("codes.npz");
        Call.done("encode", "--model", model, "--data", data, "--split", "all", "--out", out);
        NpzTensors.Values made = NpzTensors.read(out).get("mean");
        assertArrayEquals(arrays.get("fwd/mu").shape(), made.shape());
        assertArrayEquals(mean, made.floats(), 2e-6f);
        assertArrayEquals(
                arrays.get("fwd/logvar").floats(),
                NpzTensors.read(out).get("logvar").floats(),
                2e-6f);
    }

    @Test
    void weightsOfPyTorchEncodeAsThere() {
        Map<String, NpzTensors.Values> arrays = NpzTensors.read(GOLDEN.resolve("mlp_mnist.npz"));
        Path model = folder.resolve("model");
        String text = Call.done(
                        "import", "--weights", weights(arrays), "--preset", "mlp", "--sample", "28x28", "--out", model)
                .out();
        assertEquals(
                "wrote " + model + ": 784-400-200-(20, 20)-200-400-784, relu, bernoulli, 801,224 parameters of 14"
                        + " tensors\n",
                text);
        requireMeans(arrays, model, 28, 28);
        String error = Call.refused("evaluate", "--model", model);
        assertTrue(error.contains("--data SRC is missing"), error);
        assertTrue(Call.refused("import", "--weights", weights(arrays), "--sample", "28x28", "--out", model)
                .contains("holds a run already"));
    }

    @Test
    void otherNamesAreMapped() throws IOException {
        Map<String, NpzTensors.Values> arrays = NpzTensors.read(GOLDEN.resolve("conv_small.npz"));
        Path config = Files.writeString(folder.resolve("conv.json"), CONV);
        Path model = folder.resolve("model");
        List<Object> words =
                new ArrayList<>(List.of("import", "--weights", weights(arrays), "--config", config, "--sample"));
        words.addAll(List.of("8x8", "--out", model, "--json"));
        String error = Call.refused(words.subList(0, words.size() - 1).toArray());
        assertTrue(error.contains("is it conv1.weight [4x1x4x4]? then --map conv1.weight=enc0.weight"), error);
        CONV_NAMES.forEach(name -> words.addAll(List.of("--map", name)));
        JsonObject json = Call.done(words.toArray()).json();
        assertEquals(18, json.get("tensors").getAsInt());
        assertEquals(
                "convt1.bias", json.getAsJsonObject("mapped").get("dec3.bias").getAsString());
        requireMeans(arrays, model, 8, 8);
        // And out again, to a file whose names are the network's.
        Path npz = folder.resolve("p.npz");
        Path onnx = folder.resolve("onnx");
        assertEquals(
                "wrote " + onnx.resolve("encoder.onnx") + ", opset 17\nwrote " + onnx.resolve("decoder.onnx")
                        + ", opset 17\nwrote " + onnx.resolve("reconstruction.onnx") + ", opset 17\nwrote " + npz
                        + "\n",
                Call.done("export", "--model", model, "--npz", npz, "--onnx", onnx)
                        .out());
        assertArrayEquals(
                arrays.get("init/convt1.weight").floats(),
                NpzTensors.read(npz).get("dec3.weight").floats());
    }

    @Test
    void whatDoesNotFitIsNamed() {
        Map<String, NpzTensors.Values> arrays = NpzTensors.read(GOLDEN.resolve("mlp_small.npz"));
        Path out = folder.resolve("model");
        String[] network = {"--sample", "12", "--hidden", "8,6", "--latent", "3"};
        Path whole = weights(arrays);
        refused(whole, out, "tensor mu.weight is [3x6], the network asks for [4x6]", "--latent", "4");
        refused(whole, out, "--map makes first.weight of enc0.weight [8x12]", "--map", "enc0=first");
        refused(whole, out, "both enc0.weight and enc1.weight of", "--map", "enc1=enc0");
        refused(
                whole,
                out,
                "has no tensor of that name; did you mean enc0.weight?",
                "--map",
                "ecn0.weight=enc0.weight");
        refused(whole, out, "must be OLD=NEW", "--map", "enc0");
        refused(whole, out, "the network has no tensor enc1.weight", "--hidden", "8");
        refused(
                weights(arrays, "dec2.bias"),
                out,
                "has no tensor dec2.bias [12], which the network asks for; take the");
        Path nowhere = folder.resolve("nowhere.safetensors");
        refused(nowhere, out, "no such file");
        assertTrue(Call.refused("import", "--weights", weights(arrays), "--out", out)
                .contains("--sample SIZES or --data"));
        assertTrue(Call.refused("import", "--weights", whole, "--shape", "12", "--out", out)
                .contains("did you mean --sample?"));
        assertTrue(Call.refused("import", "--weights", whole, "--preset", "table", "--sample", "12", "--out", out)
                .contains("--data SRC is missing"));
        assertTrue(Call.refused("import", "--weights", whole, "--preset", "cvae", "--sample", "12", "--out", out)
                .contains("--classes K is missing"));
        assertFalse(Files.exists(out));
        List<Object> words = new ArrayList<>(List.of("import", "--weights", weights(arrays), "--out", out));
        words.addAll(List.of(network));
        assertEquals(0, Call.of(words.toArray()).code());
        assertTrue(Call.refused("export", "--model", out).contains("--onnx DIR or --npz FILE is missing"));
        assertTrue(Call.refused("export", "--model", out, "--npz", folder.resolve("p.zip"))
                .contains("name the file with .npz"));
        assertTrue(Call.refused("export", "--model", out, "--onnx", whole).contains("cannot be made"));
    }

    private static void refused(Path weights, Path out, String part, String... more) {
        List<Object> words = new ArrayList<>(List.of("import", "--weights", weights, "--sample", "12", "--out", out));
        List<String> given = List.of(more);
        if (!given.contains("--hidden")) {
            words.addAll(List.of("--hidden", "8,6"));
        }
        if (!given.contains("--latent")) {
            words.addAll(List.of("--latent", "3"));
        }
        words.addAll(given);
        String error = Call.refused(words.toArray());
        assertTrue(error.contains(part), error);
    }

    @Test
    void onlyTheDataKnowWhatAConditionOrATableNeeds() {
        Path trained = folder.resolve("trained");

        Call.done(
                "train",
                "--data",
                "mnist-sample",
                "--limit",
                200,
                "--hidden",
                "4",
                "--latent",
                "2",
                "--epochs",
                "1",
                "--condition",
                "labels",
                "--out",
                trained);
        Path weights = trained.resolve("model.safetensors");
        Path imported = folder.resolve("imported");
        Call.done(
                "import",
                "--weights",
                weights,
                "--data",
                "mnist-sample",
                "--hidden",
                "4",
                "--latent",
                "2",
                "--condition",
                "labels",
                "--out",
                imported);
        Path a = folder.resolve("a.npz");
        Path b = folder.resolve("b.npz");
        Call.done("encode", "--limit", 20, "--model", trained, "--out", a);
        Call.done("encode", "--limit", 20, "--model", imported, "--out", b);
        assertArrayEquals(
                NpzTensors.read(a).get("mean").values(),
                NpzTensors.read(b).get("mean").values());
        Path told = folder.resolve("told");
        Call.done(
                "import",
                "--weights",
                weights,
                "--sample",
                "28x28",
                "--classes",
                10,
                "--hidden",
                "4",
                "--latent",
                "2",
                "--condition",
                "labels",
                "--out",
                told);
        Call.done("encode", "--limit", 20, "--model", told, "--data", "mnist-sample", "--out", b);
        assertArrayEquals(
                NpzTensors.read(a).get("mean").values(),
                NpzTensors.read(b).get("mean").values());
    }

    /** Runs the loader of docs/files.md on a model of the default network, and takes back what it saves. */
    @Test
    void theLoaderInTheDocsLoads() throws IOException, InterruptedException {
        Path python = Path.of("/usr/bin/python3");
        Assumptions.assumeTrue(
                Files.isExecutable(python) && run(List.of(python.toString(), "-c", "import torch")) == 0,
                "there is no python3 with torch");
        Matcher loader = Pattern.compile("```python\n(import json, struct, torch\n.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("docs/files.md")));
        assertTrue(loader.find(), "docs/files.md has no loader");
        Map<String, NpzTensors.Values> arrays = NpzTensors.read(GOLDEN.resolve("mlp_mnist.npz"));
        Path model = folder.resolve("model");
        Call.done("import", "--weights", weights(arrays), "--sample", "28x28", "--out", model);
        String script = loader.group(1).replace("runs/digits", model.toString()) + """
                import numpy, sys
                z = numpy.load(sys.argv[1])
                mean, logvar = vae.encode(torch.from_numpy(z["x"][0]))
                assert float((mean - torch.from_numpy(z["fwd/mu"])).abs().max()) < 2e-6
                assert float((logvar - torch.from_numpy(z["fwd/logvar"])).abs().max()) < 2e-6
                save(vae.state_dict(), sys.argv[2])
                """;
        Path file = Files.writeString(folder.resolve("loader.py"), script);
        Path saved = folder.resolve("saved.safetensors");
        String golden = GOLDEN.resolve("mlp_mnist.npz").toString();
        assertEquals(0, run(List.of(python.toString(), file.toString(), golden, saved.toString())));
        Path back = folder.resolve("back");
        Call.done("import", "--weights", saved, "--sample", "28x28", "--out", back);
        requireMeans(arrays, back, 28, 28);
    }

    private int run(List<String> command) throws IOException, InterruptedException {
        Path log = folder.resolve("python.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        assertTrue(ended, "python3 takes more than a minute");
        if (process.exitValue() != 0) {
            System.err.write(Files.readString(log).getBytes(StandardCharsets.UTF_8));
        }
        return process.exitValue();
    }
}
