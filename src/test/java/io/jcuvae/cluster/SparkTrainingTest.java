package io.jcuvae.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cli.Commanded;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import io.jcuvae.train.LocalWorkers;
import io.jcuvae.train.Setting;
import io.jcuvae.train.Shard;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training on a cluster: real processes of Spark, and the bits that workers of one process give. */
class SparkTrainingTest {
    private static final String DATA = "moons:300";

    @TempDir
    Path folder;

    private static TrainConfig config(int epochs) {
        return TrainConfig.defaults()
                .with(Setting.DATA, DATA)
                .with(Setting.HIDDEN, "16")
                .with(Setting.LATENT, "2")
                .with(Setting.BATCH, "16")
                .with(Setting.EPOCHS, Integer.toString(epochs))
                .with(Setting.WORKERS, "2")
                .with(Setting.ROUND_STEPS, "1");
    }

    private static Object[] words(int epochs, Path out) {
        return ("--data " + DATA + " --hidden 16 --latent 2 --batch 16 --epochs " + epochs
                        + " --workers 2 --round-steps 1 --quiet --out " + out)
                .split(" ");
    }

    /** The same run with workers of this process. */
    private Path expected(int epochs) {
        TrainConfig config = config(epochs);
        DataSource source = DataSource.parse(DATA);
        List<Dataset> rows = IntStream.range(0, 2)
                .mapToObj(w -> new Shard(w, 2).training(source, config))
                .toList();
        Path run = folder.resolve("expected");
        try (CpuBackend backend = new CpuBackend(1);
                LocalWorkers workers = new LocalWorkers(rows, backend)) {
            Trainer trainer = Trainer.start(
                    config,
                    rows.get(0),
                    source.load(Split.TEST, 0),
                    null,
                    workers,
                    backend,
                    run,
                    new Trainer.Listener() {});
            assertTrue(trainer.run(() -> false));
        }
        return run;
    }

    private static void requireSame(Path expected, Path run) throws IOException {
        for (String file : List.of("checkpoint.safetensors", "model.safetensors")) {
            assertEquals(-1, Files.mismatch(expected.resolve(file), run.resolve(file)), file);
        }
        assertEquals(rounds(expected), rounds(run));
    }

    /** What rounds.jsonl says but for the clock. */
    private static List<String> rounds(Path run) throws IOException {
        Path file = run.resolve("rounds.jsonl");
        return !Files.exists(file)
                ? List.of()
                : Files.readAllLines(file).stream()
                        .map(line -> line.replaceAll(",\"seconds\":.*", ""))
                        .toList();
    }

    @Test
    void theBitsAreThoseOfOneProcess() throws IOException, InterruptedException {
        SparkJobsTest.requireSpark();
        Path expected = expected(1);
        Path run = folder.resolve("run");
        try (StandaloneSpark spark = new StandaloneSpark(folder.resolve("spark"))) {
            Process submitted = spark.submit(SparkTraining.class, "train.log", folder, words(1, run));
            assertEquals(0, StandaloneSpark.exit(submitted), spark.log("train.log"));
        }
        requireSame(expected, run);
        String evaluated = Commanded.done("evaluate", "--model", run, "--json");
        assertTrue(evaluated.contains("\"loss\""), evaluated);
    }

    @Test
    @Tag("slow")
    void theDriverIsKilledAndAnExecutorAndTheBitsAreTheSame() throws IOException, InterruptedException {
        SparkJobsTest.requireSpark();
        int epochs = 4;
        Path expected = expected(epochs);
        Path run = folder.resolve("run");
        try (StandaloneSpark spark = new StandaloneSpark(folder.resolve("spark"))) {
            List<Process> workers = spark.cluster(2);
            Process first = spark.submit(SparkTraining.class, "first.log", folder, words(epochs, run));
            await(first, run, 5);
            StandaloneSpark.kill(first);
            int found = rounds(run).size();
            assertTrue(found < rounds(expected).size(), "the run was over before the driver was killed");
            Process second = spark.submit(
                    SparkTraining.class, "second.log", folder, "train", "--resume", run.toString(), "--quiet");
            await(second, run, found + 5);
            // The executors of the first driver end when they see that it is gone; the younger ones are the second's.
            ProcessHandle executor = workers.get(0)
                    .descendants()
                    .max((a, b) -> a.info()
                            .startInstant()
                            .orElseThrow()
                            .compareTo(b.info().startInstant().orElseThrow()))
                    .orElseThrow(() -> new AssertionError("no executor runs"));
            executor.destroyForcibly();
            int seen = rounds(run).size();
            assertTrue(seen < rounds(expected).size(), "the run was over before an executor was killed");
            assertEquals(0, StandaloneSpark.exit(second), spark.log("second.log"));
        }
        requireSame(expected, run);
    }

    private static void await(Process driver, Path run, int rounds) throws IOException, InterruptedException {
        while (driver.isAlive() && rounds(run).size() < rounds) {
            Thread.sleep(5);
        }
    }

    @Test
    void mistakesAreToldBeforeAnythingStarts() {
        assertTrue(refused("--data", DATA, "--wrokers", "2").contains("did you mean --workers?"));
        assertTrue(
                refused("--data", DATA, "--workers", "2", "--budget", "10m").contains("--budget: is measured on one"));
        Path out = folder.resolve("run");
        assertTrue(refused("train", "--data", DATA, "--workers", "2", "--out", out.toString())
                .contains("no cluster is named"));
        assertTrue(Files.notExists(out));
    }

    private static String refused(String... words) {
        PrintStream before = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            assertEquals(2, SparkTraining.run(new ArrayList<>(List.of(words))));
        } finally {
            System.setErr(before);
        }
        String told = err.toString(StandardCharsets.UTF_8);
        assertEquals(1, told.lines().count(), told);
        return told;
    }
}
