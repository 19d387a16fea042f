package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The CPU backend against PyTorch, and that the comparison sees what is wrong. */
class GoldenCheckTest {
    private static final String CASE = "mlp_small";
    /** Bytes of a .npy header of version 1.0 as NumPy writes it for these arrays. */
    private static final int HEADER = 128;

    @TempDir
    Path folder;

    private static CpuBackend backend;

    @BeforeAll
    static void open() {
        backend = new CpuBackend(2);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    @BeforeEach
    void unpack() throws IOException {
        for (String ending : new String[] {".json", ".npz"}) {
            try (InputStream in = GoldenCheck.class.getResourceAsStream("golden/" + CASE + ending)) {
                Files.copy(in, folder.resolve(CASE + ending));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"blas", "java"})
    void theCpuComputesWhatPyTorchComputes(String products) {
        try (Backend cpu = products.equals("blas") ? new CpuBackend(1) : CpuBackend.withoutBlas(2)) {
            GoldenCheck.Report report = GoldenCheck.run(null, cpu);
            assertTrue(report.passed(), report.toText());
            assertEquals(
                    List.of("conv_small", "mlp_mnist", "mlp_small"),
                    report.cases().stream().map(GoldenCheck.Case::name).toList());
            for (GoldenCheck.Case golden : report.cases()) {
                // Six losses, activations, gradients and their norms, unmoved entries, and three for each of steps 1,
                // 2, 10.
                assertEquals(6 + 3 + 1 + 9, golden.checks().size(), report.toText());
                assertTrue(golden.checks().stream().allMatch(check -> check.compared() > 0));
            }
        }
    }

    @Test
    void everyActivationAndLikelihoodIsRight() throws URISyntaxException {
        Path cases = Path.of(GoldenCheckTest.class
                        .getResource("/golden/relu_mse.json")
                        .toURI())
                .getParent();
        GoldenCheck.Report report = GoldenCheck.run(cases, backend);
        assertTrue(report.passed(), report.toText());
        assertEquals(9, report.cases().size());
    }

    @Test
    void reportsForPeopleAndPrograms() {
        GoldenCheck.Report report = GoldenCheck.run(folder, backend);
        assertTrue(report.toText().contains("mlp_small: passed"), report.toText());
        assertTrue(report.toText().contains("1 of 1 cases passed, 0 skipped, on CPU, 2 threads"), report.toText());
        JsonObject json = JsonParser.parseString(report.toJson().toString()).getAsJsonObject();
        assertTrue(json.get("passed").getAsBoolean());
        JsonArray checks = json.getAsJsonArray("cases").get(0).getAsJsonObject().getAsJsonArray("checks");
        assertEquals(19, checks.size());
        assertTrue(checks.get(0).getAsJsonObject().get("share_of_tolerance").getAsDouble() < 1);
    }

    @ParameterizedTest
    @CsvSource({
        "fwd/z, 3, 1e-5, forward",
        "fwd/xhat, 0, 1e-5, forward",
        "fwd/enc0.out, 20, NaN, forward",
        "grad/mu.weight, 5, 1e-4, gradient",
        "grad/dec2.bias, 11, -1e-4, gradient",
        "step1/enc1.weight, 0, 3e-6, 'step1, 99.9 % of entries'",
        "step2/logvar.bias, 1, 3e-6, 'step2, 99.9 % of entries'",
        "step10/dec0.weight, 2, 0.03, 'step10, every entry'",
        "eps, 4, 1e-3, forward",
        "x, 80, 1e-2, 'loss, each step'",
        "init/dec2.bias, 3, 1e-4, 'norm of step10'",
    })
    void changedNumbersAreFound(String array, int element, float change, String quantity) throws IOException {
        rewrite(array, values -> values.put(element, values.get(element) + change));
        assertFound(quantity);
    }

    @Test
    void movedWeightsOfBlackPixelsAreFound() throws IOException {
        // Row 4 of enc0.weight belongs to a unit that is off in the whole batch; claim the same of one that is not.
        rewrite("grad/enc0.weight", values -> values.put(0, 0f));
        assertFound("step1, unmoved");
    }

    @ParameterizedTest
    @CsvSource({
        "43.05613623735278, 43.0563, 'loss, step 1'",
        "42.445206848828605, 42.4454, 'loss, each step'",
        "0.8611527878041307, 0.86118, 'kl, step 1'",
        "1.0018437209220938, 1.0019, 'norm of grad'",
        "1.6229321398577243, 1.6230, 'norm of step2'",
    })
    void changedScalarsAreFound(String from, String to, String quantity) throws IOException {
        Path file = folder.resolve(CASE + ".json");
        String text = Files.readString(file);
        assertTrue(text.contains(from.substring(0, 12)));
        Files.writeString(file, text.replaceAll(from.substring(0, 12).replace(".", "\\.") + "\\d*", to));
        assertFound(quantity);
    }

    private void assertFound(String quantity) {
        GoldenCheck.Report report = GoldenCheck.run(folder, backend);
        assertFalse(report.passed(), report.toText());
        List<String> failed = report.cases().get(0).checks().stream()
                .filter(check -> !check.passed())
                .map(GoldenCheck.Check::quantity)
                .toList();
        assertTrue(failed.contains(quantity), failed + "\n" + report.toText());
        assertTrue(report.toText().contains("FAIL " + quantity), report.toText());
        assertFalse(report.toJson().get("passed").getAsBoolean());
        assertTrue(JsonParser.parseString(report.toJson().toString()).isJsonObject());
    }

    /** Writes the .npz anew with the float values of one member changed. */
    private void rewrite(String array, Consumer<FloatBuffer> change) throws IOException {
        Path file = folder.resolve(CASE + ".npz");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean found = false;
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(file));
                ZipOutputStream zip = new ZipOutputStream(out)) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                byte[] bytes = in.readAllBytes();
                boolean here = entry.getName().equals(array + ".npy");
                found |= here;
                if (here && change == null) {
                    continue;
                }
                if (here) {
                    change.accept(ByteBuffer.wrap(bytes, HEADER, bytes.length - HEADER)
                            .slice()
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .asFloatBuffer());
                }
                zip.putNextEntry(new ZipEntry(entry.getName()));
                zip.write(bytes);
                zip.closeEntry();
            }
        }
        assertTrue(found, array);
        Files.write(file, out.toByteArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "eps", "init/mu.bias", "grad/dec1.weight", "step2/dec1.weight"})
    void missingArraysAreNamed(String array) throws IOException {
        rewrite(array, null);
        assertRefused(array);
    }

    @ParameterizedTest
    @CsvSource({
        "'\"relu\"', '\"rely\"', must be one of",
        "'\"bernoulli\"', '\"bernouli\"', must be one of",
        "'\"latent\": 3', '\"latent\": 4', 'eps are'",
        "'\"batch\": 5', '\"batch\": 6', 'x and eps'",
        "'\"d\": 12', '\"d\": 11', 'x and eps'",
        "'\"lr\": 0.001', '\"lr\": \"fast\"', must be a number",
        "'\"hidden\":', '\"widths\":', config.hidden",
        "'\"arch\":', '\"shape\":', config.arch",
        "'\"kl_sum\":', '\"kl\":', step1.kl_sum",
        "'\"step2\":', '\"step3\":', l2_norm_float64.step2",
        "'{', '[', no readable JSON",
    })
    void faultsOfTheDescriptionAreNamed(String from, String to, String told) throws IOException {
        Path file = folder.resolve(CASE + ".json");
        String text = Files.readString(file);
        assertTrue(text.contains(from), from);
        Files.writeString(file, text.replace(from, to));
        assertRefused(told);
    }

    @Test
    void damagedFoldersAreRefused() throws IOException {
        Path npz = folder.resolve(CASE + ".npz");
        byte[] whole = Files.readAllBytes(npz);
        Files.write(npz, Arrays.copyOf(whole, whole.length / 2));
        assertRefused(CASE + ".npz");
        byte[] flipped = whole.clone();
        // Within the deflated values of the first member.
        flipped[300] ^= 0x10;
        Files.write(npz, flipped);
        assertRefused(CASE + ".npz");
        Files.delete(npz);
        assertRefused(CASE + ".npz");
        Files.delete(folder.resolve(CASE + ".json"));
        assertRefused("holds no .json file");
        assertThrows(UserError.class, () -> GoldenCheck.run(folder.resolve("nowhere"), backend));
    }

    private void assertRefused(String told) {
        UserError error = assertThrows(UserError.class, () -> GoldenCheck.run(folder, backend));
        assertTrue(error.getMessage().contains(told), error.getMessage());
        assertFalse(error.getMessage().contains("\n"), error.getMessage());
    }

    @Test
    void otherNetworksAreSkippedWithTheReason() throws IOException {
        Files.writeString(folder.resolve("recurrent.json"), "{\"config\": {\"arch\": \"gru\"}}");
        GoldenCheck.Report both = GoldenCheck.run(folder, backend);
        assertTrue(both.passed(), both.toText());
        assertTrue(both.toText().contains("recurrent: skipped, arch 'gru'"), both.toText());
        Files.delete(folder.resolve(CASE + ".json"));
        assertFalse(GoldenCheck.run(folder, backend).passed(), "nothing was compared");
    }
}
