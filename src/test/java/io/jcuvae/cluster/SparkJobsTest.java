package io.jcuvae.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.cli.Commanded;
import io.jcuvae.jobs.JobManifest;
import io.jcuvae.jobs.JobPlan;
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
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
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

    static void requireSpark() {
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
        Object[] job = words("generate --count 480000 --seed 4 --bytes --shards 60 --model", model);
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
            // Found before there is anything to lose: of 60 tasks one is done when it is killed, or few.
            Process victim = null;
            while (submitted.isAlive() && done(manifest) == 0) {
                victim = victim == null ? withExecutor(workers) : victim;
                Thread.sleep(2);
            }
            assertNotNull(victim, "no executor ran before the first file was there");
            StandaloneSpark.kill(victim);
            assertFalse(JobManifest.read(manifest).finished(), "the job was over before the worker was killed");
            assertEquals(0, StandaloneSpark.exit(submitted), spark.log("job.log"));
            String told = spark.log("job.log");
            assertTrue(told.contains("wrote 60 files " + out.resolveSibling("rows-00000-of-00060.npy")), told);
        }
        requireSame(whole.getParent(), out.getParent());
        assertTrue(Commanded.done("verify", manifest).startsWith("right: 60 files, "));
    }

    private static Process withExecutor(List<Process> workers) {
        return workers.stream()
                .filter(worker -> worker.descendants().findAny().isPresent())
                .findFirst()
                .orElse(null);
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

    @Test
    void tasksThatShareAGpuByNameTakeTurnsAndOthersDoNot() throws InterruptedException {
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> tasks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Thread task = new Thread(() -> {
                for (int turn = 0; turn < 50; turn++) {
                    try (TaskDevice device = TaskDevice.of("cuda:0")) {
                        assertEquals("cuda:0", device.name());
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        Thread.yield();
                        inside.decrementAndGet();
                    }
                }
            });
            tasks.add(task);
            task.start();
        }
        for (Thread task : tasks) {
            task.join();
        }
        assertEquals(1, most.get());
        // Spark has shared these out itself, and processors it counts.
        try (TaskDevice given = TaskDevice.of("cuda", "0");
                TaskDevice also = TaskDevice.of("cuda", "0");
                TaskDevice processor = TaskDevice.of("cpu")) {
            assertEquals(given.name(), also.name());
            assertEquals("cpu", processor.name());
        }
    }

    @Test
    void taskWhoseJobIsNotTheDriversIsRefused() {
        JobPlan plan = planned("0123", "data/a.npy", 7, "cuda");
        Order order = new Order(
                List.of(), Map.of(), "data/a.npy", "auto", false, plan.toJson().toString(), "");
        // The data are where the executor sees them, and are called what the driver calls them.
        JobPlan found = SparkTasks.requireLike(order, planned("0123", "/root/data/a.npy", 7, "cuda"), "cuda");
        assertEquals(plan.toJson(), found.toJson());
        Map<String, JobPlan> others = Map.of(
                "model was \"0123\", now it is \"9999\"",
                planned("9999", "/root/data/a.npy", 7, "cuda"),
                "rows was 7, now it is 8",
                planned("0123", "/root/data/a.npy", 8, "cuda"),
                "device was \"cuda\", now it is \"cpu\"",
                planned("0123", "/root/data/a.npy", 7, "cpu"));
        others.forEach((what, other) -> {
            String told = assertThrows(UserError.class, () -> SparkTasks.requireLike(order, other, "cuda"))
                    .getMessage();
            assertTrue(told.contains(what.replace("model was", "model_sha256 was")), told);
        });
    }

    private static JobPlan planned(String model, String data, long rows, String device) {
        JsonObject options = new JsonObject();
        options.addProperty("data", data);
        options.addProperty("device", device);
        return new JobPlan("encode", model, options, rows, new int[] {2}, 1, Path.of("codes.npy"), false, 2, 4);
    }
}
