package io.jcuvae.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cli.Commanded;
import io.jcuvae.jobs.JobManifest;
import io.jcuvae.tensor.UserError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs on a cluster: real processes of Spark, and the bytes that one machine makes. */
class SparkJobsTest {
    private static final int NEWEST = 25;

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    private static Path model;

    @BeforeAll
    static void train() {
        model = shared.resolve("run");
        Commanded.done(
                "train",
                "--data",
                "moons:300",
                "--hidden",
                "16",
                "--latent",
                "2",
                "--epochs",
                "1",
                "--quiet",
                "--out",
                model);
    }

    private static void requireSpark() {
        int version = Runtime.version().feature();
        Assumptions.assumeTrue(
                version <= NEWEST && !System.getProperty("os.name").startsWith("Windows"),
                "Spark 4.2 runs on Java 17 to " + NEWEST + ", not on " + version + ", and not on Windows as it is");
    }

    /** The same files with the same bytes, manifest included, and nothing else, hidden or not. */
    private static void requireSame(Path expected, Path found) throws IOException {
        assertEquals(names(expected), names(found));
        for (String name : names(expected)) {
            assertArrayEquals(
                    Files.readAllBytes(expected.resolve(name)), Files.readAllBytes(found.resolve(name)), name);
        }
    }

    private static Set<String> names(Path place) throws IOException {
        try (Stream<Path> files = Files.list(place)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static Object[] words(String line, Object... more) {
        List<Object> all = new ArrayList<>(Arrays.asList((Object[]) line.split(" ")));
        all.addAll(List.of(more));
        return all.toArray();
    }

    @Test
    void oneOfTwoWorkersIsKilledAndTheBytesAreThoseOfOneMachine() throws IOException, InterruptedException {
        requireSpark();
        Object[] job = words("generate --count 240000 --seed 4 --bytes --shards 12 --model", model);
        Path whole = folder.resolve("one/rows.npy");
        Commanded.done(Stream.of(job, words("--device cpu --out", whole))
                .flatMap(Stream::of)
                .toArray());
        Path out = folder.resolve("cluster/rows.npy");
        Path manifest = folder.resolve("cluster/rows.npy.manifest.json");
        try (StandaloneSpark spark = new StandaloneSpark(folder.resolve("spark"))) {
            List<Process> workers = spark.cluster(2);
            Process submitted = spark.submit(
                    "job.log",
                    folder,
                    Stream.of(job, words("--out", out)).flatMap(Stream::of).toArray());
            while (submitted.isAlive() && done(manifest) == 0) {
                Thread.sleep(5);
            }
            assertTrue(workers.get(1).isAlive() || workers.get(0).isAlive());
            // The one whose executor is at work.
            Process victim = workers.stream()
                    .filter(worker -> worker.descendants().findAny().isPresent())
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no executor runs"));
            StandaloneSpark.kill(victim);
            assertFalse(JobManifest.read(manifest).finished(), "the job was over before the worker was killed");
            assertEquals(0, StandaloneSpark.exit(submitted), spark.log("job.log"));
            String told = spark.log("job.log");
            assertTrue(told.contains("wrote 12 files " + out.resolveSibling("rows-00000-of-00012.npy")), told);
        }
        requireSame(whole.getParent(), out.getParent());
        assertTrue(Commanded.done("verify", manifest).startsWith("right: 12 files, "));
    }

    private static long done(Path manifest) {
        return Files.exists(manifest) ? JobManifest.read(manifest).rowsDone() : 0;
    }

    @Test
    void driverIsKilledAndResumesAndPathsAreThoseOfWhereOneStands() throws IOException, InterruptedException {
        requireSpark();
        Files.createDirectories(folder.resolve("one"));
        Files.createDirectories(folder.resolve("cluster"));
        Commanded.done(
                "generate", "--model", model, "--count", 700, "--device", "cpu", "--out", folder.resolve("rows.npy"));
        String job = "encode --data ../rows.npy --split all --shards 60 --out codes.csv --model " + model;
        Path manifest = folder.resolve("cluster/codes.csv.manifest.json");
        try (StandaloneSpark spark = new StandaloneSpark(folder.resolve("spark"))) {
            Process alone = spark.alone("alone.log", folder.resolve("one"), words(job + " --device cpu"));
            assertEquals(0, StandaloneSpark.exit(alone), spark.log("alone.log"));
            Process first = spark.submit("first.log", folder.resolve("cluster"), words(job));
            while (first.isAlive() && done(manifest) == 0) {
                Thread.sleep(2);
            }
            StandaloneSpark.kill(first);
            long found = done(manifest);
            assertTrue(
                    found > 0 && found < 700,
                    found + " rows of 700 when the driver was killed; " + spark.log("first.log"));
            Process again = spark.submit("again.log", folder.resolve("cluster"), words(job));
            assertEquals(2, StandaloneSpark.exit(again));
            assertTrue(spark.log("again.log").contains("is of a job that is not finished"), spark.log("again.log"));
            Process second = spark.submit("second.log", folder.resolve("cluster"), words(job + " --resume"));
            assertEquals(0, StandaloneSpark.exit(second), spark.log("second.log"));
            assertTrue(spark.log("second.log").contains("resumed: " + found + " of 700 rows"), spark.log("second.log"));
        }
        requireSame(folder.resolve("one"), folder.resolve("cluster"));
    }

    @Test
    void mistakesAreToldBeforeAnythingStarts() {
        assertTrue(refused("train", "--data", "moons:20")
                .contains("train: is no job of rows; spark-submit runs generate"));
        assertTrue(refused("generate", "--modle", "x").contains("did you mean --model?"));
        assertTrue(refused("score", "--model", model.toString(), "--out", "s.csv", "--calibrate", "moons:20")
                .contains("--calibrate: finds a threshold on one machine"));
        String out = folder.resolve("rows.npy").toString();
        assertTrue(
                refused("generate", "--model", model.toString(), "--out", out).contains("no cluster is named"));
        assertFalse(Files.exists(folder.resolve(".rows.npy.job")));
    }

    private static String refused(String... words) {
        PrintStream before = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            assertEquals(2, SparkJobs.run(List.of(words)));
        } finally {
            System.setErr(before);
        }
        String told = err.toString(StandardCharsets.UTF_8);
        assertEquals(1, told.lines().count(), told);
        return told;
    }

    @Test
    void tasksTakeTheGpuThatSparkGivesThem() {
        String[] two = {"3", "1"};
        assertEquals("cuda:3", TaskDevice.name("auto", two));
        assertEquals("cuda:3", TaskDevice.name("cuda", two));
        assertEquals("cuda:3", TaskDevice.name("cuda:0", two));
        assertEquals("cpu", TaskDevice.name("cpu", two));
        assertEquals("cpu", TaskDevice.name("auto", new String[0]));
        assertEquals("cuda:2", TaskDevice.name("cuda:2", new String[0]));
        UserError strange = assertThrows(UserError.class, () -> TaskDevice.name("auto", new String[] {"GPU-8a"}));
        assertTrue(strange.getMessage().contains("GPU-8a"));
    }
}
