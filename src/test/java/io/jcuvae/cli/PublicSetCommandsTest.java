package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.data.Liar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands on public sets; the server is on loopback and has the real files, where they are beside the checkout. */
class PublicSetCommandsTest {
    private static final String CACHE = "jcuvae.cache";
    private static final Path REAL = Path.of("").toAbsolutePath().resolveSibling("shared/data/mnist");

    @TempDir
    Path folder;

    private String before;

    @BeforeEach
    void begin() {
        before = System.getProperty(CACHE);
        System.setProperty(CACHE, folder.resolve("cache").toString());
    }

    @AfterEach
    void end() {
        if (before == null) {
            System.clearProperty(CACHE);
        } else {
            System.setProperty(CACHE, before);
        }
    }

    private static Map<String, byte[]> real() throws IOException {
        Path found = Stream.of(REAL, Path.of("/nowhere"))
                .filter(Files::isDirectory)
                .findFirst()
                .orElseGet(() -> Path.of("").toAbsolutePath().getParent().resolveSibling("shared/data/mnist"));
        Assumptions.assumeTrue(Files.isDirectory(found), "shared/data/mnist is not beside this checkout");
        Map<String, byte[]> files = new HashMap<>();
        try (Stream<Path> there = Files.list(found)) {
            for (Path file : there.toList()) {
                files.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    @Test
    void mnistIsDownloadedByTrainAndReadOfflineByWhatComesAfter() throws IOException {
        Path run = folder.resolve("run");
        try (Liar server = new Liar(real(), Liar.HONEST)) {
            Call train = Call.done(
                    "train",
                    "--data",
                    "mnist",
                    "--mirror",
                    server.address(),
                    "--limit",
                    300,
                    "--epochs",
                    1,
                    "--hidden",
                    8,
                    "--latent",
                    2,
                    "--device",
                    "cpu",
                    "--out",
                    run);
            assertTrue(
                    train.out().contains("downloaded mnist: 4 files, 11.6 MB from " + server.address()), train.out());
        }
        Path codes = folder.resolve("codes.npy");
        Call encode = Call.done("encode", "--model", run, "--limit", 50, "--out", codes, "--device", "cpu");
        assertTrue(encode.out().contains("50 rows of 2x2"), encode.out());
        Call.done("evaluate", "--model", run, "--data", "mnist@label=7", "--limit", 20, "--device", "cpu");
    }

    @Test
    void noMirrorIsAFailureOfOneLine() {
        Call call = Call.of("info", "--preset", "mlp", "--data", "fashion-mnist", "--mirror", "http://127.0.0.1:9/x");
        assertEquals(1, call.code(), call.toString());
        assertEquals(1, call.err().lines().count(), call.err());
        assertTrue(call.err().contains("http://127.0.0.1:9/x/: "), call.err());
        assertTrue(call.err().contains("or --data a folder with the set's four files"), call.err());
    }

    @Test
    void mirrorsAreOfUseForPublicSetsAlone() {
        String mirror = "http://127.0.0.1:9/x";
        assertTrue(
                Call.refused("train", "--data", "moons:50", "--mirror", mirror).contains("moons:50 is none"));
        assertTrue(Call.refused("train", "--data", "mnist", "--mirror", "nonsense")
                .startsWith("error: --mirror \"nonsense\""));
        String help = Call.done("encode", "--help").out();
        assertTrue(help.contains("--mirror URL"), help);
        assertTrue(!Call.done("check", "--help").out().contains("--mirror"));
    }
}
