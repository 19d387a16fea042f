package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.cuda.OnSoftwareCuda;
import io.jcuvae.cuda.SoftwareCuda;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands on CUDA over the software device, against the same on the CPU. */
@OnSoftwareCuda
class CudaCommandsTest {
    private static final int WIDTH = 784;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;

    @BeforeAll
    static void train() {
        model = shared.resolve("run");
        Call.done(train(model, "--device", "cuda", "--epochs", 3));
    }

    private static Object[] train(Path run, Object... more) {
        Object[] words = {"train", "--data", "moons:200", "--hidden", "16", "--latent", "2", "--quiet", "--out", run};
        Object[] all = new Object[words.length + more.length];
        System.arraycopy(words, 0, all, 0, words.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return all;
    }

    private static float[] rows(Path file, int width) {
        try (SampleReader reader = DataSource.parse(file.toString()).open(Split.ALL, 0)) {
            float[] rows = new float[1000 * width];
            int count = reader.read(rows, 1000);
            return Arrays.copyOf(rows, count * width);
        }
    }

    private static void assertClose(float[] want, float[] got, double within) {
        assertEquals(want.length, got.length);
        for (int i = 0; i < want.length; i++) {
            assertEquals(want[i], got[i], within, "value " + i);
        }
    }

    @Test
    void theCpuTrainsTheSameModel() throws IOException {
        Path run = folder.resolve("run");
        Call.done(train(run, "--device", "cpu", "--epochs", 3));
        JsonObject cuda = Call.done("evaluate", "--model", model, "--data", "moons:100", "--json", "--device", "cpu")
                .json();
        JsonObject cpu = Call.done("evaluate", "--model", run, "--data", "moons:100", "--json", "--device", "cpu")
                .json();
        assertNumbersClose(cpu, cuda, 1e-4);
        JsonObject onCuda = Call.done("evaluate", "--model", model, "--data", "moons:100", "--json", "--device", "cuda")
                .json();
        assertNumbersClose(cuda, onCuda, 1e-5);
    }

    /** Every number of the one is in the other, but for what the clock says. */
    private static void assertNumbersClose(JsonObject want, JsonObject got, double share) {
        int numbers = 0;
        for (Map.Entry<String, JsonElement> entry : want.entrySet()) {
            String key = entry.getKey();
            if (entry.getValue().isJsonPrimitive()
                    && entry.getValue().getAsJsonPrimitive().isNumber()
                    && !key.contains("second")) {
                double value = entry.getValue().getAsDouble();
                assertEquals(value, got.get(key).getAsDouble(), share * (1 + Math.abs(value)), key);
                numbers++;
            }
        }
        assertTrue(numbers >= 3, want.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"reconstruction", "loss", "nll"})
    void scoresAreThoseOfTheCpu(String by) throws IOException {
        float[][] scores = new float[2][];
        for (int i = 0; i < 2; i++) {
            Path out = folder.resolve("s.csv");
            Call.done(
                    "score",
                    "--model",
                    model,
                    "--data",
                    "moons:60",
                    "--by",
                    by,
                    "--out",
                    out,
                    "--device",
                    i == 0 ? "cpu" : "cuda");
            scores[i] = rows(out, 2);
        }
        assertEquals(24, scores[0].length);
        assertClose(scores[0], scores[1], 1e-3);
    }

    @Test
    void variationsAreThoseOfTheCpu() throws IOException {
        float[][] made = new float[2][];
        for (int i = 0; i < 2; i++) {
            Path out = folder.resolve("a.npy");
            Call.done(
                    "augment",
                    "--model",
                    model,
                    "--data",
                    "moons:30",
                    "--limit",
                    4,
                    "--per-sample",
                    3,
                    "--temperature",
                    "0.7",
                    "--out",
                    out,
                    "--device",
                    i == 0 ? "cpu" : "cuda");
            made[i] = rows(out, WIDTH);
        }
        assertClose(made[0], made[1], 1e-4);
    }

    @Test
    void importanceWeightedEvaluationRunsOnIt() {
        JsonObject[] results = new JsonObject[2];
        for (int i = 0; i < 2; i++) {
            results[i] = Call.done(
                            "evaluate",
                            "--model",
                            model,
                            "--data",
                            "moons:30",
                            "--importance",
                            20,
                            "--json",
                            "--device",
                            i == 0 ? "cpu" : "cuda")
                    .json();
        }
        assertNumbersClose(results[0], results[1], 1e-5);
    }

    /** Bytes may differ by one where a value lies between two. */
    @Test
    void generatesBytesAndFloats() {
        for (String ending : new String[] {"-images-ubyte", ".npy"}) {
            float[][] rows = new float[2][];
            for (int i = 0; i < 2; i++) {
                String device = i == 0 ? "cpu" : "cuda";
                Path file = folder.resolve(device + ending);
                Call.done("generate", "--model", model, "--count", 300, "--out", file, "--device", device, "--quiet");
                rows[i] = rows(file, WIDTH);
            }
            assertEquals(300 * WIDTH, rows[0].length);
            assertClose(rows[0], rows[1], 1.01 / 255);
        }
    }

    @Test
    void encodesDecodesReconstructsAndInterpolates() {
        float[][] codes = new float[2][];
        float[][] pictures = new float[2][];
        for (int i = 0; i < 2; i++) {
            String device = i == 0 ? "cpu" : "cuda";
            Path latents = folder.resolve(device + "-latents.npy");
            Path decoded = folder.resolve(device + "-decoded.npy");
            Call.done(
                    "encode", "--model", model, "--data", "moons:90", "--out", latents, "--device", device, "--quiet");
            codes[i] = rows(latents, 2);
            Call.done(
                    "decode",
                    "--model",
                    model,
                    "--latents",
                    folder.resolve("cpu-latents.npy"),
                    "--out",
                    decoded,
                    "--device",
                    device,
                    "--quiet");
            pictures[i] = rows(decoded, WIDTH);
            Call.done(
                    "reconstruct",
                    "--model",
                    model,
                    "--data",
                    "moons:20",
                    "--out",
                    folder.resolve(device + "-r.png"),
                    "--device",
                    device,
                    "--quiet");
        }
        assertClose(codes[0], codes[1], 1e-4);
        assertClose(pictures[0], pictures[1], 1e-5);
        Call.done(
                "interpolate",
                "--from",
                0,
                "--to",
                3,
                "--model",
                model,
                "--data",
                "moons:20",
                "--out",
                folder.resolve("i.png"),
                "--device",
                "cuda");
    }

    @Test
    void checksItselfAgainstPyTorch() {
        assertTrue(Call.done("check", "--device", "cuda").out().contains("3 of 3 cases passed"));
    }

    @Test
    void goesOnWhereItStopped() throws IOException {
        Path run = folder.resolve("run");
        Call.done(train(run, "--device", "cuda", "--epochs", 1));
        Call.done("train", "--resume", run, "--epochs", 3, "--device", "cuda", "--quiet");
        assertSameModel(run);
        // And from one device to the other.
        Path other = folder.resolve("other");
        Call.done(train(other, "--device", "cpu", "--epochs", 1));
        Call.done("train", "--resume", other, "--epochs", 2, "--device", "cuda", "--quiet");
    }

    private static void assertSameModel(Path run) throws IOException {
        String file = "model.safetensors";
        // The header names the configuration; parameters follow it.
        byte[] want = Files.readAllBytes(model.resolve(file));
        byte[] got = Files.readAllBytes(run.resolve(file));
        int tail = 4 * 26_004;
        assertEquals(-1, Arrays.mismatch(want, want.length - tail, want.length, got, got.length - tail, got.length));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--noise philox", "--precision tf32", "--precision bf16"})
    void takesItsOptions(String option) throws IOException {
        String[] words = option.split(" ");
        Path run = folder.resolve("run");
        Call.done(train(run, "--device", "cuda", "--epochs", 1, words[0], words[1]));
        assertTrue(Files.size(run.resolve("model.safetensors")) > 4 * 26_004);
    }

    /** Launch by launch, and the same bits. */
    @Test
    void debugComputesTheSame() throws IOException {
        Path run = folder.resolve("run");
        Call.done(train(run, "--device", "cuda", "--epochs", 3, "--debug"));
        assertSameModel(run);
    }

    @Test
    void autoTakesIt() throws IOException {
        Path run = folder.resolve("run");
        Call.done(train(run, "--epochs", 3));
        assertSameModel(run);
    }

    @Test
    void devicesListsAndTestsIt() {
        SoftwareCuda.fault("devices:2");
        String out = Call.done("devices").out();
        for (String part : new String[] {"Software device 0", "Software device 1", "9.0", "libcublas.so.12"}) {
            assertTrue(out.contains(part), part + " in " + out);
        }
    }
}
