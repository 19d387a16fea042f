package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jcuvae.ChildJvm;
import io.jcuvae.train.RunFolder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs({OS.LINUX, OS.MAC})
@Timeout(60)
class InterruptionTest {
    @TempDir
    Path folder;

    @Test
    void sigtermEndsInACheckpoint() throws IOException, InterruptedException {
        stopAndGoOn("TERM", 143);
    }

    @Test
    void ctrlCEndsInACheckpoint() throws IOException, InterruptedException {
        assumeTrue(heeds(2), "whoever started the tests has SIGINT ignored, which children inherit");
        stopAndGoOn("INT", 130);
    }

    /** Whether a signal is not ignored, which a background job of a shell does with SIGINT. */
    private static boolean heeds(int signal) throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return true;
        }
        String ignored = Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("SigIgn:"))
                .findFirst()
                .orElse("SigIgn: 0");
        long mask = Long.parseUnsignedLong(
                ignored.substring(ignored.indexOf(':') + 1).strip(), 16);
        return (mask >> (signal - 1) & 1) == 0;
    }

    private void stopAndGoOn(String signal, int code) throws IOException, InterruptedException {
        Path run = folder.resolve("run");
        Process process = new ProcessBuilder(ChildJvm.command(
                        List.of(),
                        Main.class,
                        "train",
                        "--data",
                        "moons:1000",
                        "--hidden",
                        "16",
                        "--latent",
                        "2",
                        "--epochs",
                        "1000000",
                        "--out",
                        run.toString()))
                .redirectErrorStream(true)
                .start();
        String last;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = out.readLine();
            while (line != null && !line.contains("2/1000000 ")) {
                line = out.readLine();
            }
            assertTrue(line != null, "it ended by itself");
            new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid())
                    .start()
                    .waitFor();
            last = out.lines().collect(Collectors.joining("\n"));
            assertTrue(process.waitFor(30, TimeUnit.SECONDS));
        } finally {
            process.destroyForcibly();
        }
        assertEquals(code, process.exitValue(), last);
        assertTrue(last.endsWith("go on with\n  scripts/vae train --resume " + run), last);

        int done = new RunFolder(run).readMetrics(Integer.MAX_VALUE).size();
        assertTrue(done >= 2);
        Call.of("train", "--resume", run, "--epochs", done + 1, "--quiet");
        assertEquals(done + 1, new RunFolder(run).readMetrics(Integer.MAX_VALUE).size());
    }
}
