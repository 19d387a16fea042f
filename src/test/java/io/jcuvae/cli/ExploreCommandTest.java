package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ExploreCommandTest {
    @TempDir
    static Path shared;

    @BeforeAll
    static void trainSome() {
        Call.done(
                "train",
                "--data",
                "mnist-sample",
                "--limit",
                200,
                "--hidden",
                "16",
                "--latent",
                2,
                "--epochs",
                1,
                "--quiet",
                "--out",
                shared.resolve("digits"));
        Call.done(
                "train",
                "--data",
                "mnist-sample",
                "--limit",
                200,
                "--hidden",
                "16",
                "--posterior",
                "vq",
                "--latent",
                8,
                "--code-size",
                2,
                "--codes",
                16,
                "--epochs",
                1,
                "--quiet",
                "--out",
                shared.resolve("book"));
    }

    @Test
    void mistakesAreToldInALine() throws IOException {
        Path digits = shared.resolve("digits");
        assertTrue(Call.refused("explore").contains("--model"));
        assertTrue(Call.refused("explore", "--model", digits, "--port", 70000).contains("--port"));
        Path table = Files.writeString(shared.resolve("three.csv"), "1,2,3\n4,5,6\n");
        assertTrue(Call.refused("explore", "--model", digits, "--data", table).contains("the model takes 28x28"));
        assertTrue(Call.refused("explore", "--model", shared.resolve("book"))
                .startsWith("error: explore: moves latents by themselves, which codes of --posterior vq do not have"));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String told = Call.refused("explore", "--model", digits, "--port", taken.getLocalPort());
            assertTrue(
                    told.startsWith("error: --port " + taken.getLocalPort() + ": another program listens there ("),
                    told);
            assertTrue(told.endsWith("; choose another port, or 0 for any that is free"), told);
        }
    }

    @Test
    @EnabledOnOs({OS.LINUX, OS.MAC})
    void itServesUntilItIsStopped() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(ChildJvm.command(
                        List.of(),
                        Main.class,
                        "explore",
                        "--model",
                        shared.resolve("digits").toString(),
                        "--limit",
                        "50",
                        "--port",
                        "0"))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = out.readLine();
            assertTrue(line.matches("the explorer is at http://127\\.0\\.0\\.1:\\d+/ \\(Ctrl-C ends it\\)"), line);
            URI page = URI.create(line.split(" ")[4]);
            HttpResponse<String> model = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(page.resolve("/api/sample?row=49"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertEquals(200, model.statusCode(), model.body());
            // SIGTERM, as Ctrl-C is SIGINT: both run the JVM's hooks.
            // Not by destroy(), which closes the stream that is read.
            new ProcessBuilder("kill", "-TERM", String.valueOf(process.pid()))
                    .start()
                    .waitFor();
            assertEquals("the explorer has ended", out.readLine());
            assertEquals(null, out.readLine());
            assertEquals(143, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }
}
