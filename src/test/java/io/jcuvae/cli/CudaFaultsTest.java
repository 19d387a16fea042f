package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.ChildJvm;
import io.jcuvae.cuda.OnSoftwareCuda;
import io.jcuvae.cuda.SoftwareCuda;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user is told when the device fails, and that no file suffers from it. */
@OnSoftwareCuda
class CudaFaultsTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    @BeforeAll
    static void trainUndisturbed() {
        Call.done(train(shared.resolve("undisturbed")));
    }

    /** A training that takes no second; what is given comes in the place of its own options. */
    private static Object[] train(Path run, Object... more) {
        Map<String, Object> options = new LinkedHashMap<>();
        Object[] own = {
            "--data", "moons:60", "--hidden", 8, "--latent", 2, "--batch", 20, "--epochs", 3, "--device", "cuda"
        };
        for (Object[] words : new Object[][] {own, more}) {
            for (int i = 0; i + 1 < words.length; i += 2) {
                options.put((String) words[i], words[i + 1]);
            }
        }
        List<Object> words = new ArrayList<>(List.of("train", "--quiet", "--out", run));
        options.forEach((option, value) -> words.addAll(List.of(option, value)));
        if (more.length % 2 == 1) {
            words.add(more[more.length - 1]);
        }
        return words.toArray();
    }

    /** One line on standard error, and nothing of the device left allocated. */
    private static String told(int code, Call call) {
        assertEquals(code, call.code(), call.toString());
        assertEquals(1, call.err().lines().count(), call.err());
        assertTrue(call.err().startsWith("error: "), call.err());
        assertEquals(0, SoftwareCuda.liveAllocations());
        return call.err();
    }

    /** The run that failed goes on, where it had begun, and ends as if nothing had happened. */
    private void goesOn(Path run) throws IOException {
        SoftwareCuda.reset();
        if (Files.exists(run.resolve("checkpoint.safetensors"))) {
            Call.done("train", "--resume", run, "--device", "cuda", "--quiet");
            for (String file : new String[] {"model.safetensors", "checkpoint.safetensors"}) {
                assertEquals(-1, Files.mismatch(shared.resolve("undisturbed").resolve(file), run.resolve(file)), file);
            }
        } else {
            assertFalse(Files.exists(run.resolve("metrics.jsonl")));
        }
        assertEquals(0, SoftwareCuda.liveAllocations());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40, 80, 120, 150})
    void aKernelDies(int n) throws IOException {
        Path run = folder.resolve("run");
        SoftwareCuda.fault("kernel:" + n);
        String told = told(1, Call.of(train(run)));
        assertTrue(told.contains("CUDA_ERROR_LAUNCH_FAILED: a kernel failed; run again with --debug"), told);
        goesOn(run);
    }

    @ParameterizedTest
    @ValueSource(ints = {30, 150})
    void debugNamesTheOperation(int n) {
        SoftwareCuda.fault("kernel:" + n);
        Call call = Call.of(train(folder.resolve("run"), "--debug"));
        assertEquals(1, call.code());
        String first = call.err().lines().findFirst().orElse("");
        assertTrue(first.matches("error: .*could not finish [a-z0-9_]+ for [a-zA-Z]+( \\[.*\\])+: CUDA_.*"), first);
    }

    @ParameterizedTest
    @ValueSource(ints = {5, 30, 33})
    void aLaunchIsRefused(int n) throws IOException {
        Path run = folder.resolve("run");
        SoftwareCuda.fault("launch:" + n);
        String told = told(1, Call.of(train(run)));
        assertTrue(told.contains("CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"), told);
        assertTrue(told.contains("could not launch ") || told.contains("could not run a recorded step"), told);
        goesOn(run);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 10, 60, 100, 150})
    void theDeviceVanishes(int n) throws IOException {
        Path run = folder.resolve("run");
        SoftwareCuda.fault("vanish:" + n);
        Call call = Call.of(train(run));
        // While it is opened, the option is told along with it.
        String told = told(call.code() == 2 ? 2 : 1, call);
        assertTrue(told.contains("CUDA_ERROR_DEVICE_UNAVAILABLE: the device is gone or broken"), told);
        goesOn(run);
    }

    @ParameterizedTest
    @CsvSource({"cublas:1, cuBLAS", "cublas:9, cuBLAS", "curand:1, cuRAND"})
    void aLibraryFails(String fault, String library) throws IOException {
        Path run = folder.resolve("run");
        SoftwareCuda.fault(fault);
        String told = told(1, Call.of(train(run)));
        assertTrue(told.contains(library), told);
        goesOn(run);
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 12, 40})
    void aCopyFails(int n) throws IOException {
        Path run = folder.resolve("run");
        SoftwareCuda.fault("copy:" + n);
        Call call = Call.of(train(run));
        told(call.code() == 2 ? 2 : 1, call);
        goesOn(run);
    }

    /** At each allocation in turn, until there is none left to fail. */
    @Test
    void memoryRunsOut() throws IOException {
        int failed = 0;
        for (int n = 1; ; n++) {
            Path run = folder.resolve("run" + n);
            SoftwareCuda.fault("alloc:" + n);
            Call call = Call.of(train(run, "--epochs", "1"));
            if (call.code() == 0) {
                break;
            }
            String told = told(2, call);
            assertTrue(told.contains("out of device memory: ") && told.contains(" MiB are free on cuda:0"), told);
            assertEquals(List.of(), SoftwareCuda.complaints(), "allocation " + n);
            SoftwareCuda.reset();
            failed++;
        }
        assertTrue(failed > 10, failed + " allocations");
        SoftwareCuda.reset();
        for (int n = 1; n <= 3; n++) {
            SoftwareCuda.fault("host-alloc:" + n);
            assertTrue(told(2, Call.of(train(folder.resolve("pinned" + n), "--epochs", "1")))
                    .contains("memory"));
        }
    }

    @Test
    void tooLargeAModelNamesTheOptionsThatShrinkIt() {
        SoftwareCuda.fault("memory:64M");
        String told = told(2, Call.of(train(folder.resolve("run"), "--hidden", "5000")));
        assertTrue(
                told.matches("(?s)error: .*out of device memory: [0-9.,]+ MiB were asked for, [0-9.,]+ of 64.0 MiB are"
                        + " free on cuda:0; use a smaller --batch, --hidden or --limit, or --device cpu\n"),
                told);
    }

    @Test
    void withoutADeviceTheCpuTakesOver() {
        SoftwareCuda.fault("no-device");
        String told = told(2, Call.of(train(folder.resolve("run"))));
        assertTrue(told.startsWith("error: --device cuda: "), told);
        Call call = Call.of(train(folder.resolve("auto"), "--device", "auto"));
        assertEquals(0, call.code(), call.toString());
    }

    @Test
    void onlyDevicesThatAreThere() throws IOException {
        String told = told(2, Call.of(train(folder.resolve("run"), "--device", "cuda:1")));
        assertTrue(told.contains("cuda:1"), told);
        SoftwareCuda.fault("devices:2");
        Path run = folder.resolve("second");
        Call.done(train(run, "--device", "cuda:1"));
        assertSameValues(run);
    }

    /** The header names the device; the parameters follow it. */
    private static void assertSameValues(Path run) throws IOException {
        byte[] want = Files.readAllBytes(shared.resolve("undisturbed/model.safetensors"));
        byte[] got = Files.readAllBytes(run.resolve("model.safetensors"));
        int tail = 4 * (784 * 8 + 8);
        assertArrayEquals(
                Arrays.copyOfRange(want, want.length - tail, want.length),
                Arrays.copyOfRange(got, got.length - tail, got.length));
    }

    // ---- what a process finds only once

    private static Call child(String fault, String... words) throws IOException, InterruptedException {
        List<String> command = ChildJvm.command(List.of("-XX:TieredStopAtLevel=1"), Main.class, words);
        Path err = Files.createTempFile("child", ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(err.toFile());
        builder.environment().putAll(SoftwareCuda.environment(fault));
        Process process = builder.start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        String text = Files.readString(err);
        Files.delete(err);
        return new Call(process.exitValue(), out, text);
    }

    private static String[] words(Object... words) {
        return Arrays.stream(words).map(Object::toString).toArray(String[]::new);
    }

    @Test
    void aDriverThatIsTooOldIsTold() throws IOException, InterruptedException {
        Call call = child("old-driver", words(train(folder.resolve("run"))));
        assertEquals(2, call.code(), call.toString());
        assertTrue(
                call.err().contains("the NVIDIA driver is too old: it runs CUDA up to 11.4 and 12.0 is needed"),
                call.err());
        assertEquals(1, call.err().lines().count(), call.err());
    }

    @Test
    void aProcessOfItsOwnFailsAsWell() throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        Call call = child("kernel:150", words(train(run)));
        assertEquals(1, call.code(), call.toString());
        assertTrue(call.err().contains("CUDA_ERROR_LAUNCH_FAILED"), call.err());
        goesOn(run);
    }
}
