package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures by the command line. */
class MeasuresCommandTest {
    @TempDir
    static Path shared;

    private static Path data;
    private static Path model;
    private static Path other;

    /** Bars of two lengths in one of four places of 4 x 4 pixels, ten times each: two factors. */
    @BeforeAll
    static void train() throws IOException {
        int rows = 80;
        ByteBuffer pictures = ByteBuffer.allocate(rows * 16);
        ByteBuffer factors = ByteBuffer.allocate(rows * 2 * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (int n = 0; n < rows; n++) {
            int length = n % 2;
            int place = n / 2 % 4;
            for (int i = 0; i < 16; i++) {
                pictures.put((byte) (i / 4 == place && i % 4 < 2 + 2 * length ? 1 : 0));
            }
            factors.putLong(length).putLong(10L * place);
        }
        data = shared.resolve("bars.npz");
        try (OutputStream file = Files.newOutputStream(data);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            member(zip, "imgs", "|u1", "(80, 4, 4)", pictures.array());
            member(zip, "latents_classes", "<i8", "(80, 2)", factors.array());
        }
        model = train("run");
        other = train("other", "--seed", "1", "--latent", "3");
    }

    private static void member(ZipOutputStream zip, String key, String type, String shape, byte[] values)
            throws IOException {
        String dict = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
        int padded = (10 + dict.length() + 1 + 63) / 64 * 64 - 10;
        String header = dict + " ".repeat(padded - dict.length() - 1) + "\n";
        zip.putNextEntry(new ZipEntry(key + ".npy"));
        zip.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) padded, (byte) (padded >> 8)});
        zip.write(header.getBytes(StandardCharsets.US_ASCII));
        zip.write(values);
        zip.closeEntry();
    }

    private static Path train(String name, Object... more) {
        Path run = shared.resolve(name);
        Object[] words = {
            "train", "--data", data + ":imgs", "--hidden", "16", "--latent", "2", "--epochs", "2", "--out", run
        };
        if (more.length > 0) {
            words = new Object[] {
                "train",
                "--data",
                data + ":imgs",
                "--hidden",
                "16",
                "--epochs",
                "2",
                "--out",
                run,
                more[0],
                more[1],
                more[2],
                more[3]
            };
        }
        Call.done(words);
        return run;
    }

    @Test
    void everyMeasureIsAnObjectOfItsOwn() {
        JsonObject json = Call.done(
                        "evaluate",
                        "--model",
                        model,
                        "--measures",
                        "reconstruction,information,samples,disentanglement",
                        "--features",
                        other,
                        "--json")
                .json();
        JsonObject measures = json.getAsJsonObject("measures");
        assertEquals(
                "[reconstruction, information, samples, disentanglement]",
                measures.keySet().toString());
        JsonObject information = measures.getAsJsonObject("information");
        // The KL term of the same draws, and of the posteriors in closed form: equal up to the noise of 80 draws.
        assertEquals(json.get("kl").getAsDouble(), information.get("kl").getAsDouble(), 0.5);
        double perLatent = 0;
        for (JsonElement latent : json.getAsJsonArray("kl_per_latent")) {
            perLatent += latent.getAsDouble();
        }
        assertEquals(json.get("kl").getAsDouble(), perLatent, 1e-5);
        JsonObject samples = measures.getAsJsonObject("samples");
        assertEquals(3, samples.get("feature_count").getAsInt());
        assertEquals(80, samples.get("generated_samples").getAsInt());
        assertTrue(samples.get("frechet_distance").getAsDouble() > 0);
        JsonObject factors = measures.getAsJsonObject("disentanglement");
        assertEquals("[2,4]", factors.getAsJsonArray("factor_sizes").toString());
        for (Map.Entry<String, JsonElement> figure : factors.entrySet()) {
            if (figure.getValue().isJsonPrimitive() && !figure.getKey().equals("count")) {
                double value = figure.getValue().getAsDouble();
                assertTrue(value >= 0 && value <= 1, figure.toString());
            }
        }
        JsonObject reconstruction = measures.getAsJsonObject("reconstruction");
        assertEquals(
                reconstruction.get("squared_error").getAsDouble() / 16,
                reconstruction.get("mse").getAsDouble(),
                1e-12);
    }

    @Test
    void textSaysTheProtocol() {
        String text =
                Call.done("evaluate", "--model", model, "--measures", "all").out();
        for (String part : new String[] {
            "KL per latent",
            "squared error",
            "information",
            "Frechet",
            "precision",
            "posterior means of the model itself"
        }) {
            assertTrue(text.contains(part), text);
        }
        assertFalse(text.contains("MIG"), text);
        assertFalse(Call.done("evaluate", "--model", model, "--json").json().has("measures"), "only where asked for");
    }

    /** The same network judges both, so that the figures differ by what is generated alone. */
    @Test
    void variantsAreMeasuredOrRefused() {
        Path mixture = train("mixture", "--prior", "gmm", "--latent", "2");
        JsonObject samples = Call.done("evaluate", "--model", mixture, "--measures", "samples,reconstruction", "--json")
                .json()
                .getAsJsonObject("measures")
                .getAsJsonObject("samples");
        assertTrue(samples.get("frechet_distance").getAsDouble() > 0, samples.toString());
        assertTrue(Call.refused("evaluate", "--model", mixture, "--measures", "information")
                .contains("no Gaussian posterior beside a standard normal prior"));
        Path points = train("points", "--posterior", "none", "--latent", "2");
        assertTrue(Call.refused("evaluate", "--model", points, "--measures", "samples")
                .contains("no prior of codes"));
        assertTrue(
                Call.refused("evaluate", "--model", points, "--measures", "all").contains("information"));
        JsonObject codes = Call.done("evaluate", "--model", points, "--measures", "disentanglement", "--json")
                .json();
        assertFalse(codes.has("kl_per_latent"), "points have no divergence");
        assertTrue(codes.getAsJsonObject("measures").has("disentanglement"));
    }

    @Test
    void mistakesAreOneLine() {
        assertTrue(
                Call.refused("evaluate", "--model", model, "--measures", "fid").contains("there are reconstruction"));
        assertTrue(Call.refused("evaluate", "--model", model, "--features", other)
                .contains("belongs to --measures samples"));
        assertTrue(Call.refused("evaluate", "--model", model, "--measures", "information", "--factors", "f.npy")
                .contains("belongs to --measures disentanglement"));
        assertTrue(Call.refused("evaluate", "--model", model, "--data", "moons:30", "--measures", "disentanglement")
                .startsWith("error: moons:30: data has samples"));
        assertTrue(Call.refused("evaluate", "--model", model, "--measures", "disentanglement", "--factors", "moons:30")
                .contains("moons:30 has 36 rows for the 80 samples"));
        assertTrue(Call.refused("evaluate", "--model", model, "--measures", "samples", "--limit", "5")
                .contains("at least 10 samples"));
        assertTrue(Call.refused("evaluate", "--model", model, "--measures", "disentanglement", "--limit", "1")
                .contains("no factor of"));
    }
}
