package io.jcuvae.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.tensor.Failure;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * The same network trained, encoded and decoded by this engine and by a peer's script, alternately, each in a process of its
 * own with the same number of threads. Medians over the rounds; a machine that drifts slows both.
 */
public final class CpuBench {
    /** Samples whose likelihood is estimated with 500 draws each. */
    private static final String IMPORTANCE = "iwae";

    private static final String CONVOLUTIONAL = "conv-28";
    /** A tenth of a second per step on a slow machine: as many rows as give a minute a round. */
    private static final String CONVOLUTIONAL_ROWS = "10000";

    private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");

    /**
     * What to run.
     *
     * @param ours command line of this engine's {@code bench step}, without its options
     * @param peer the peer's script, or null to run ours alone
     * @param data folder of IDX files that both read
     * @param rounds alternations
     * @param epochs measured epochs per round
     * @param threads numbers of threads to compare at
     */
    public record Plan(List<String> ours, Path peer, Path data, int rounds, int epochs, List<Integer> threads) {}

    private final Plan plan;
    private final Consumer<String> log;

    /**
     * Prepares a comparison.
     *
     * @param log told what is under way
     */
    public CpuBench(Plan plan, Consumer<String> log) {
        this.plan = plan;
        this.log = log;
    }

    /** Runs everything; the report has a row per number of threads, the profile, the scaling and the variants. */
    public JsonObject run() {
        String python = plan.peer() == null ? null : pythonWithTorch();
        if (plan.peer() != null && python == null) {
            log.accept(
                    "no python3 with torch on this machine (Debian: python3-torch, libopenblas0-openmp): ours alone");
        }
        JsonObject report = new JsonObject();
        JsonArray rows = new JsonArray();
        for (int threads : plan.threads()) {
            rows.add(compare(threads, python));
        }
        report.add("comparison", rows);
        int most = plan.threads().stream().max(Integer::compare).orElse(1);
        log.accept("profile of a step");
        report.add("profile", ours(most, List.of("--profile")).getAsJsonObject("profile"));
        report.add("scaling", scaling(most));
        report.add("jobs", jobs(most));
        log.accept("variants");
        report.add("variants", ours(most, List.of("--variants")).getAsJsonArray("variants"));
        return report;
    }

    /** Files beside computing alone, and the memory that few and many samples take. */
    private JsonObject jobs(int threads) {
        log.accept("jobs: a million samples, and codes");
        JsonObject jobs = new JsonObject();
        jobs.add("rows", ours(threads, List.of("--jobs")).getAsJsonArray("jobs"));
        for (String samples : List.of("100000", "10000000")) {
            log.accept("jobs: the memory of " + samples + " samples");
            JsonObject run = ours(threads, List.of("--samples", samples));
            jobs.addProperty("peak_mib_of_" + samples, run.get("peak_rss_mib").getAsDouble());
        }
        return jobs;
    }

    private JsonObject compare(int threads, String python) {
        List<JsonObject> ours = new ArrayList<>();
        List<JsonObject> peers = new ArrayList<>();
        List<JsonObject> convolutional = new ArrayList<>();
        List<JsonObject> convolutionalPeers = new ArrayList<>();
        String epochs = Integer.toString(plan.epochs());
        for (int round = 1; round <= plan.rounds(); round++) {
            String where = String.format(Locale.ROOT, "round %d of %d, %d threads: ", round, plan.rounds(), threads);
            log.accept(where + "ours");
            ours.add(ours(threads, List.of("--inference", "--epochs", epochs)));
            if (python != null) {
                log.accept(where + "peer");
                peers.add(peer(python, threads, List.of("--bench-gen", "--iwae")));
            }
            log.accept(where + CONVOLUTIONAL + ", ours");
            convolutional.add(ours(
                    threads, List.of("--preset", CONVOLUTIONAL, "--epochs", epochs, "--limit", CONVOLUTIONAL_ROWS)));
            if (python != null) {
                log.accept(where + CONVOLUTIONAL + ", peer");
                convolutionalPeers.add(
                        peer(python, threads, List.of("--arch", "conv", "--train-n", CONVOLUTIONAL_ROWS)));
            }
        }
        JsonObject row = new JsonObject();
        row.addProperty("threads", threads);
        row.addProperty("rounds", plan.rounds());
        measure(row, "train", ours, peers, "training");
        measure(row, "encode", ours, peers, "encode");
        measure(row, "decode", ours, peers, "decode");
        measure(row, IMPORTANCE, ours, peers, IMPORTANCE);
        measure(row, CONVOLUTIONAL, convolutional, convolutionalPeers, "training");
        if (ours.get(0).has("frame")) {
            row.addProperty(
                    "frame_milliseconds",
                    1000
                            / Median.of(ours.stream()
                                    .mapToDouble(o -> rate(o, "frame"))
                                    .toArray()));
        }
        row.addProperty("ours_peak_mib", median(ours, "peak_rss_mib"));
        if (!peers.isEmpty()) {
            row.addProperty("peer_peak_mib", median(peers, "peak_rss_mib"));
            row.addProperty("peer", "torch " + peers.get(0).get("torch").getAsString());
        }
        return row;
    }

    private static void measure(
            JsonObject row, String name, List<JsonObject> ours, List<JsonObject> peers, String ourKey) {
        double our = Median.of(ours.stream().mapToDouble(o -> rate(o, ourKey)).toArray());
        row.addProperty(name + "_ours_samples_per_second", our);
        if (!peers.isEmpty()) {
            double peer = Median.of(peers.stream()
                    .mapToDouble(p -> ourKey.equals("training")
                            ? p.get("samples_per_s_median").getAsDouble()
                            : peerRate(p, name))
                    .toArray());
            row.addProperty(name + "_peer_samples_per_second", peer);
            row.addProperty(name + "_ratio", our / peer);
        }
    }

    private static double rate(JsonObject json, String key) {
        return json.getAsJsonObject(key).get("samples_per_second").getAsDouble();
    }

    private static double peerRate(JsonObject json, String key) {
        JsonObject part = json.getAsJsonObject(key);
        return key.equals(IMPORTANCE)
                ? part.get("images").getAsDouble() / part.get("seconds").getAsDouble()
                : part.get("samples_per_s").getAsDouble();
    }

    private static double median(List<JsonObject> results, String key) {
        return Median.of(
                results.stream().mapToDouble(r -> r.get(key).getAsDouble()).toArray());
    }

    /** Training rate by threads, batch and width, one factor at a time. */
    private JsonArray scaling(int most) {
        JsonArray rows = new JsonArray();
        for (int threads = 1; threads <= most; threads++) {
            rows.add(scaled("threads " + threads, threads, List.of()));
        }
        for (String batch : List.of("32", "128", "512", "2048")) {
            rows.add(scaled("batch " + batch, most, List.of("--batch", batch)));
        }
        for (String hidden : List.of("200,100", "400,200", "1024,512", "2048,1024")) {
            rows.add(scaled("hidden " + hidden, most, List.of("--hidden", hidden)));
        }
        return rows;
    }

    private JsonObject scaled(String what, int threads, List<String> options) {
        log.accept("scaling: " + what);
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of("--epochs", "2", "--limit", "10000"));
        JsonObject row = new JsonObject();
        row.addProperty("what", what);
        row.addProperty("samples_per_second", rate(ours(threads, all), "training"));
        return row;
    }

    private JsonObject ours(int threads, List<String> options) {
        List<String> command = new ArrayList<>(plan.ours());
        command.addAll(List.of("--data", plan.data().toString(), "--threads", Integer.toString(threads)));
        command.addAll(options);
        return JsonParser.parseString(output(command, 1)).getAsJsonObject();
    }

    private JsonObject peer(String python, int threads, List<String> options) {
        try {
            Path out = Files.createTempFile("peer", ".json");
            try {
                List<String> command =
                        new ArrayList<>(List.of(python, plan.peer().toString()));
                command.addAll(List.of("--data", plan.data().toString(), "--out", out.toString(), "--no-eval"));
                command.addAll(List.of("--epochs", Integer.toString(plan.epochs() + 1)));
                command.addAll(List.of("--threads", Integer.toString(threads)));
                command.addAll(options);
                output(command, threads);
                return JsonParser.parseString(Files.readString(out)).getAsJsonObject();
            } finally {
                Files.deleteIfExists(out);
            }
        } catch (IOException e) {
            throw new Failure("the peer's script gave no result: " + e.getMessage(), e);
        }
    }

    private static String pythonWithTorch() {
        for (String python : PYTHONS) {
            try {
                output(List.of(python, "-c", "import torch, numpy"), 1);
                return python;
            } catch (Failure e) {
                // The next one may have it.
            }
        }
        return null;
    }

    /**
     * Standard output of a command. OpenMP is told to sleep while it waits: spinning makes the peer three times slower where
     * threads are few.
     */
    private static String output(List<String> command, int openMpThreads) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().put("OMP_NUM_THREADS", Integer.toString(openMpThreads));
            builder.environment().put("OMP_WAIT_POLICY", "passive");
            Path errors = Files.createTempFile("bench", ".err");
            try {
                Process process = builder.redirectInput(new File("/dev/null"))
                        .redirectError(errors.toFile())
                        .start();
                String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                int code = process.waitFor();
                if (code != 0) {
                    throw new Failure(String.join(" ", command) + ": ended with " + code + ": "
                            + Files.readString(errors)
                                    .lines()
                                    .reduce((a, b) -> b)
                                    .orElse("no message"));
                }
                return text;
            } finally {
                Files.deleteIfExists(errors);
            }
        } catch (IOException e) {
            throw new Failure(command.get(0) + ": cannot be run (" + e.getMessage() + ")", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("interrupted", e);
        }
    }

    /** The report as a table. */
    public static String table(JsonObject report) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT, "%-8s %-8s %14s %14s %7s%n", "threads", "what", "ours /s", "peer /s", "ratio"));
        report.getAsJsonArray("comparison").forEach(element -> {
            JsonObject row = element.getAsJsonObject();
            for (String what : List.of("train", "encode", "decode", IMPORTANCE, CONVOLUTIONAL)) {
                text.append(String.format(
                        Locale.ROOT,
                        "%-8d %-8s %14.0f %14s %7s%n",
                        row.get("threads").getAsInt(),
                        what,
                        row.get(what + "_ours_samples_per_second").getAsDouble(),
                        number(row, what + "_peer_samples_per_second", "%.0f"),
                        number(row, what + "_ratio", "%.2f")));
            }
            if (row.has("frame_milliseconds")) {
                text.append(String.format(
                        Locale.ROOT,
                        "%-8d %-8s %11.2f ms%n",
                        row.get("threads").getAsInt(),
                        "frame",
                        row.get("frame_milliseconds").getAsDouble()));
            }
            text.append(String.format(
                    Locale.ROOT,
                    "%-8d %-8s %10.0f MiB %14s%n",
                    row.get("threads").getAsInt(),
                    "memory",
                    row.get("ours_peak_mib").getAsDouble(),
                    number(row, "peer_peak_mib", "%.0f MiB")));
        });
        JsonObject profile = report.getAsJsonObject("profile");
        double step = profile.get("step_us").getAsDouble();
        text.append(String.format(Locale.ROOT, "%na step of %.0f us:", step));
        for (String part : List.of("gemm", "noise", "loss", "optimizer", "other")) {
            text.append(String.format(
                    Locale.ROOT,
                    " %s %.0f %%",
                    part,
                    100 * profile.get(part + "_us").getAsDouble() / step));
        }
        text.append(String.format(
                Locale.ROOT,
                "%nmatrix products: %.0f GFLOP/s in the step's shapes, %.0f at the library's best%n%n",
                profile.get("gemm_gflops").getAsDouble(),
                profile.get("blas_peak_gflops").getAsDouble()));
        report.getAsJsonArray("scaling").forEach(element -> {
            JsonObject row = element.getAsJsonObject();
            text.append(String.format(
                    Locale.ROOT,
                    "%-18s %10.0f samples/s%n",
                    row.get("what").getAsString(),
                    row.get("samples_per_second").getAsDouble()));
        });
        text.append(jobs(report.getAsJsonObject("jobs")));
        text.append("\na training step of each variant beside the plain VAE's of equal network, per code:\n");
        return text.append(VariantBench.table(report.getAsJsonArray("variants")))
                .toString();
    }

    private static String jobs(JsonObject jobs) {
        StringBuilder text =
                new StringBuilder("\njobs, each in turns with what computes the same and writes nothing:\n");
        jobs.getAsJsonArray("rows").forEach(element -> {
            JsonObject row = element.getAsJsonObject();
            text.append(String.format(
                    Locale.ROOT,
                    "%,9d rows: %-34s %8.0f/s, %.2f (%.2f to %.2f) of %s alone (%.0f/s)%n",
                    row.get("rows").getAsLong(),
                    row.get("what").getAsString(),
                    row.get("samples_per_second").getAsDouble(),
                    row.get("share").getAsDouble(),
                    row.get("least_share").getAsDouble(),
                    row.get("largest_share").getAsDouble(),
                    row.get("than").getAsString(),
                    row.get("alone_per_second").getAsDouble()));
        });
        return text.append(String.format(
                        Locale.ROOT,
                        "peak memory of 100,000 samples %.0f MiB, of 10,000,000 samples %.0f MiB%n",
                        jobs.get("peak_mib_of_100000").getAsDouble(),
                        jobs.get("peak_mib_of_10000000").getAsDouble()))
                .toString();
    }

    private static String number(JsonObject row, String key, String format) {
        return row.has(key) ? String.format(Locale.ROOT, format, row.get(key).getAsDouble()) : "-";
    }
}
