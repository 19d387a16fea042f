package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed PTX is what the committed sources make. */
class PtxFreshnessTest {
    private static final String REMEDY = "run scripts/build-kernels";

    private static JsonObject manifest() throws IOException {
        return JsonParser.parseString(Files.readString(KernelFamilies.COMPILED.resolve("manifest.json")))
                .getAsJsonObject();
    }

    @Test
    void sourcesAreThoseOfTheManifest() throws IOException {
        assertEquals(hashes(KernelFamilies.SOURCES, ".cu", ".cuh"), hashes(manifest(), "sources"), REMEDY);
    }

    @Test
    void compiledKernelsAreThoseOfTheManifest() throws IOException {
        assertEquals(hashes(KernelFamilies.COMPILED, ".ptx"), hashes(manifest(), "ptx"), REMEDY);
    }

    /** Every driver since CUDA 12.0 takes this version, every device since 2018 this target. */
    @Test
    void versionAndTargetArePinned() {
        KernelFamilies.all().keySet().forEach(family -> {
            String ptx = KernelFamilies.ptx(family);
            assertTrue(ptx.contains("\n.version 8.0\n"), family);
            assertTrue(ptx.contains("\n.target sm_75\n"), family);
            assertFalse(ptx.contains(Path.of("").toAbsolutePath().toString()), family);
        });
    }

    @Test
    void rebuildingGivesTheSameBytes(@TempDir Path made) throws IOException, InterruptedException {
        String wanted = manifest().get("nvcc").getAsString();
        assumeTrue(onPath("nvcc"), "there is no nvcc on the PATH: the PTX was compared with the sources' hashes only");
        String found = run("nvcc", "--version");
        assumeTrue(found.contains("V" + wanted), "the PTX was made with nvcc " + wanted + ", here is another");
        run("bash", "scripts/build-kernels", made.toString());
        for (String family : KernelFamilies.all().keySet()) {
            assertArrayEquals(
                    Files.readAllBytes(KernelFamilies.COMPILED.resolve(family + ".ptx")),
                    Files.readAllBytes(made.resolve(family + ".ptx")),
                    family + ".ptx: " + REMEDY);
        }
        assertEquals(
                Files.readString(KernelFamilies.COMPILED.resolve("manifest.json")),
                Files.readString(made.resolve("manifest.json")),
                REMEDY);
    }

    private static boolean onPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(5, TimeUnit.MINUTES), String.join(" ", command));
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    private static Map<String, String> hashes(JsonObject manifest, String of) {
        Map<String, String> hashes = new TreeMap<>();
        for (Map.Entry<String, JsonElement> entry : manifest.getAsJsonObject(of).entrySet()) {
            hashes.put(entry.getKey(), entry.getValue().getAsString());
        }
        return hashes;
    }

    private static Map<String, String> hashes(Path folder, String... endings) throws IOException {
        Map<String, String> hashes = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (Arrays.stream(endings).anyMatch(name::endsWith)) {
                    hashes.put(name, hash(Files.readAllBytes(file)));
                }
            }
        }
        return hashes;
    }

    private static String hash(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
