package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.ChildJvm;
import io.jcuvae.cli.Main;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command {@code devices} on the software device, whole and broken in every way; each call is a process of its own. */
class CudaProbeTest {
    @TempDir
    Path folder;

    private record Devices(JsonObject json) {
        JsonObject lastStep() {
            JsonArray steps = json.getAsJsonObject("cuda").getAsJsonArray("steps");
            return steps.get(steps.size() - 1).getAsJsonObject();
        }

        void failsAt(String step, String... words) {
            assertEquals(step, lastStep().get("step").getAsString(), json.toString());
            assertFalse(lastStep().get("works").getAsBoolean(), json.toString());
            String failure = lastStep().get("failure").getAsString();
            assertEquals(1, failure.lines().count(), failure);
            for (String word : words) {
                assertTrue(failure.contains(word), failure);
            }
            assertEquals("cpu", json.get("auto").getAsString());
        }
    }

    private static Devices devices(Map<String, String> environment, String... options)
            throws IOException, InterruptedException {
        List<String> command = ChildJvm.command(List.of("-XX:TieredStopAtLevel=1"), Main.class, "devices", "--json");
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().remove("JCUVAE_CUDA_LIBRARIES");
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), output);
        return new Devices(JsonParser.parseString(output).getAsJsonObject());
    }

    private static Devices broken(String faults) throws IOException, InterruptedException {
        return devices(SoftwareCuda.environment(faults));
    }

    @Test
    void aWholeDeviceIsListedWithItsLibraries() throws Exception {
        Devices found = devices(SoftwareCuda.environment("devices:2"), "--device", "cuda:1");
        assertEquals(
                "cuda:1", found.json().get("auto").getAsString(), found.json().toString());
        assertEquals("computes", found.lastStep().get("step").getAsString());
        assertEquals(3, found.json().getAsJsonArray("devices").size());
        JsonObject second = found.json().getAsJsonArray("devices").get(2).getAsJsonObject();
        assertEquals("cuda:1", second.get("name").getAsString());
        assertTrue(second.get("memory_free_bytes").getAsLong() > 0);
        assertTrue(second.get("memory_total_bytes").getAsLong()
                >= second.get("memory_free_bytes").getAsLong());
        assertTrue(second.get("compute_capability").getAsString().matches("\\d+\\.\\d"));
        JsonArray libraries = found.json().getAsJsonObject("cuda").getAsJsonArray("libraries");
        assertEquals(3, libraries.size());
        libraries.forEach(library -> {
            assertTrue(library.getAsJsonObject().get("path").getAsString().startsWith("/"));
            assertEquals(
                    "JCUVAE_CUDA_LIBRARIES",
                    library.getAsJsonObject().get("found_by").getAsString());
            assertTrue(library.getAsJsonObject().get("version").getAsString().matches(".*\\d+\\.\\d+.*"));
        });
    }

    @Test
    void whatFailsFirstIsNamedWithItsRemedy() throws Exception {
        broken("no-device").failsAt("device present", "nvidia-smi");
        broken("old-driver").failsAt("driver version", "too old", "R525");
        broken("capability:70").failsAt("PTX loads", "7.5 or newer", "--device cpu");
        broken("cublas:1").failsAt("computes", "CUBLAS_STATUS");
        broken("kernel:1").failsAt("computes", "CUDA_ERROR");
        devices(SoftwareCuda.environment(""), "--device", "cuda:5").failsAt("device present", "cuda:0 alone");
    }

    @Test
    void eachLibraryThatIsMissingIsNamed() throws Exception {
        for (String[] row : new String[][] {
            {"libcuda.so.1", "driver library"}, {"libcublas.so.12", "cuBLAS"}, {"libcurand.so.10", "cuRAND"}
        }) {
            Path some = Files.createDirectories(folder.resolve(row[1].replace(' ', '-')));
            for (String name : List.of("libcuda.so.1", "libcublas.so.12", "libcurand.so.10")) {
                if (!name.equals(row[0])) {
                    Files.copy(SoftwareCuda.folder().resolve(name), some.resolve(name));
                }
            }
            Devices found = devices(Map.of("JCUVAE_CUDA_LIBRARIES", some.toString()));
            String step = found.lastStep().get("step").getAsString();
            // On a machine with CUDA the missing one is found elsewhere, and fails where it meets the others.
            if (step.equals(row[1])) {
                found.failsAt(row[1], row[0]);
            }
        }
        devices(Map.of("JCUVAE_CUDA_LIBRARIES", "/no/such/folder")).failsAt("driver library", "/no/such/folder");
    }
}
