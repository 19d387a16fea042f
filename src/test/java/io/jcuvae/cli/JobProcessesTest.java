package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs as processes: killed by the system, in little memory, on a disk that is full. */
@Tag("slow")
class JobProcessesTest {
    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;

    @BeforeAll
    static void train() {
        model = shared.resolve("run");
        Call.of("train", "--data", "moons:200", "--hidden", "16", "--latent", "2", "--epochs", "1", "--out", model);
    }

    private static Process start(List<String> options, Object... words) throws IOException {
        List<String> all = new ArrayList<>(List.of("generate", "--model", model.toString(), "--device", "cpu"));
        all.add("--quiet");
        for (Object word : words) {
            all.add(word.toString());
        }
        return new ProcessBuilder(ChildJvm.command(options, Main.class, all.toArray(String[]::new)))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    @Test
    void processKilledAgainAndAgainEndsWithTheSameBytes() throws IOException, InterruptedException {
        Object[] words = {"--count", 60_000, "--bytes", "--shards", 2, "--block", 700, "--resume"};
        Path whole = folder.resolve("whole/s.npy");
        Call.done(join(new Object[] {"generate", "--model", model, "--device", "cpu", "--out", whole}, words));
        Path out = folder.resolve("killed/s.npy");
        Random random = new Random(3);
        int kills = 0;
        for (int attempt = 0; attempt < 400 && kills < 50; attempt++) {
            Process process = start(List.of(), join(new Object[] {"--out", out}, words));
            if (process.waitFor(300 + random.nextInt(900), TimeUnit.MILLISECONDS)) {
                Files.delete(folder.resolve("killed/s.npy.manifest.json"));
            } else {
                process.destroyForcibly().waitFor();
                kills++;
            }
        }
        assertEquals(50, kills);
        Call.done(join(new Object[] {"generate", "--model", model, "--device", "cpu", "--out", out}, words));
        for (String name : List.of("s-00000-of-00002.npy", "s-00001-of-00002.npy", "s.npy.manifest.json")) {
            assertArrayEquals(
                    Files.readAllBytes(whole.resolveSibling(name)), Files.readAllBytes(out.resolveSibling(name)), name);
        }
    }

    private static Object[] join(Object[] first, Object[] second) {
        List<Object> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(second));
        return all.toArray();
    }

    @Test
    void memoryDoesNotGrowWithTheRows() throws IOException, InterruptedException {
        // 1.6 GB of samples through a heap of 96 MB.
        Path out = folder.resolve("s.npy");
        Process process =
                start(List.of("-Xmx96m"), "--out", out, "--count", 2_000_000, "--bytes", "--manifest", "--threads", 1);
        assertEquals(0, process.waitFor());
        assertEquals(128 + 2_000_000L * 784, Files.size(out));
    }

    @Test
    void fullFileSystemIsToldAndTheJobGoesOn() throws IOException, InterruptedException {
        Path small = Files.createDirectory(folder.resolve("small"));
        Assumptions.assumeTrue(
                shell("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", small.toString()) == 0,
                "mounting a small file system needs root");
        try {
            Path out = small.resolve("s.npy");
            Object[] words = {
                "generate", "--model", model, "--out", out, "--count", 5000, "--bytes", "--block", 300, "--resume"
            };
            String told = Call.refused(words);
            assertTrue(told.contains("--resume goes on"), told);
            assertEquals(1, Call.of("verify", out + ".manifest.json").code());
            assertEquals(0, shell("mount", "-o", "remount,size=9m", small.toString()));
            Call.done(words);
            assertTrue(Call.done("verify", out + ".manifest.json").out().startsWith("right: "));
        } finally {
            shell("umount", small.toString());
        }
    }

    private static int shell(String... words) throws IOException, InterruptedException {
        return new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
