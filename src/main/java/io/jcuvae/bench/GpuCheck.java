package io.jcuvae.bench;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.tensor.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Everything that can only be seen on a real device, in one run and one report: what the machine has, whether everything is
 * right on it, and how fast it is beside its peers. Every part is a process of its own with a time limit; what fails is in the
 * report, and the others go on. The report is written anew after each part.
 */
public final class GpuCheck {
    private static final double DEVICES_LIMIT = 40;
    private static final double TESTS_LIMIT = 170;
    private static final double SECTION_LIMIT = 60;
    private static final double PEER_LIMIT = 75;
    private static final double SANITIZER_LIMIT = 45;
    /** What the peers leave to the sanitizer, where there is one. */
    private static final double SANITIZER_TIME = 75;
    /** What is worth starting a part for. */
    private static final double LEAST = 3;

    private static final Pattern SUITE = Pattern.compile("<testsuite [^>]*>");
    private static final Pattern FAILED =
            Pattern.compile("<testcase name=\"([^\"]*)\" classname=\"([^\"]*)\"[^>]*>\\s*<(failure|error)\\b");

    /**
     * What to run.
     *
     * @param ours command line of this program, without a command
     * @param tests command line that runs the tests of a device, without the folder of their reports, or empty
     * @param peers folder of the peers' scripts, or null
     * @param data folder of IDX files
     * @param out folder of the reports
     * @param device as in {@code cuda:0}
     * @param rehearsal whether the device may be one in software, and little is measured
     * @param seconds for everything
     */
    public record Plan(
            List<String> ours,
            List<String> tests,
            Path peers,
            Path data,
            Path out,
            String device,
            boolean rehearsal,
            double seconds) {}

    private final Plan plan;
    private final Consumer<String> log;
    private final long start = System.nanoTime();
    private final JsonObject report = new JsonObject();
    private final JsonArray sections = new JsonArray();
    /** Of the reports, without an ending; null until the device is known. */
    private String name;

    /**
     * Prepares a check.
     *
     * @param log told what is under way
     */
    public GpuCheck(Plan plan, Consumer<String> log) {
        this.plan = plan;
        this.log = log;
    }

    /**
     * Runs everything.
     *
     * @param about version, commit and the like, for the report
     * @return whether the device works and every test passed
     */
    public boolean run(JsonObject about) {
        Path scratch = null;
        try {
            Files.createDirectories(plan.out());
            scratch = Files.createTempDirectory("jcuvae-gpu-check");
            Instant now = Instant.now();
            report.addProperty("at", now.toString());
            report.addProperty("rehearsal", plan.rehearsal());
            report.add("about", about);
            report.add("sections", sections);
            Children children = new Children(scratch);
            boolean works = devices(children, now);
            if (works) {
                works = tests(children, scratch);
                measurements(children);
                String tool = sanitizerProgram(children);
                peers(children, scratch, tool == null ? 0 : SANITIZER_TIME);
                sanitizer(children, tool);
            }
            report.addProperty("seconds", elapsed());
            write();
            log.accept("reports: " + plan.out().resolve(name + ".json") + " and .md");
            return works;
        } catch (IOException e) {
            throw new Failure(plan.out() + ": the report cannot be written: " + e.getMessage(), e);
        } finally {
            delete(scratch);
        }
    }

    private double elapsed() {
        return (System.nanoTime() - start) / 1e9;
    }

    private boolean devices(Children children, Instant now) {
        JsonObject answer =
                part("devices", children, ours("devices", "--json", "--device", plan.device()), DEVICES_LIMIT);
        String product = "no-device";
        if (answer != null) {
            report.add("machine", answer);
            for (var element : answer.getAsJsonArray("devices")) {
                JsonObject device = element.getAsJsonObject();
                if (device.has("product") && device.get("name").getAsString().equals(plan.device())) {
                    product = device.get("product").getAsString();
                }
            }
        }
        // Whoever forgets to say that it is a rehearsal must not get a report that looks like a real one.
        report.addProperty("rehearsal", plan.rehearsal() || product.startsWith("Software"));
        name = "gpu-" + product.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + "-"
                + DateTimeFormatter.ofPattern("yyyyMMdd-HHmm", Locale.ROOT)
                        .withZone(ZoneOffset.UTC)
                        .format(now);
        write();
        boolean works = answer != null && answer.get("auto").getAsString().equals(plan.device());
        if (!works) {
            log.accept("no device to check; see scripts/vae devices");
        }
        return works;
    }

    private boolean tests(Children children, Path scratch) throws IOException {
        if (plan.tests().isEmpty()) {
            skip("tests", "the tests were not carried along");
            return true;
        }
        Path reports = scratch.resolve("tests");
        List<String> command = new ArrayList<>(plan.tests());
        command.add("--reports-dir=" + reports);
        JsonObject section = begin("tests");
        Children.Outcome outcome = children.run(command, limit(TESTS_LIMIT));
        JsonObject result = new JsonObject();
        int run = 0;
        int failed = 0;
        int skipped = 0;
        JsonArray failures = new JsonArray();
        for (Path file : files(reports)) {
            String text = Files.readString(file, StandardCharsets.UTF_8);
            Matcher suite = SUITE.matcher(text);
            if (suite.find()) {
                run += attribute(suite.group(), "tests");
                failed += attribute(suite.group(), "failures") + attribute(suite.group(), "errors");
                skipped += attribute(suite.group(), "skipped");
            }
            Matcher matcher = FAILED.matcher(text);
            while (matcher.find()) {
                failures.add(matcher.group(2) + "." + matcher.group(1));
            }
        }
        result.addProperty("run", run);
        result.addProperty("failed", failed);
        result.addProperty("skipped", skipped);
        result.add("failures", failures);
        boolean passed = outcome.code() == 0 && run > 0 && failed == 0;
        if (outcome.code() != 0) {
            result.addProperty("output", tail(outcome.output() + outcome.errors()));
        }
        end(section, outcome, passed ? null : failed + " of " + run + " failed; " + outcome.why(), result);
        return passed;
    }

    private static String tail(String text) {
        return text.substring(Math.max(0, text.length() - 6000));
    }

    private static int attribute(String element, String name) {
        Matcher matcher = Pattern.compile(" " + name + "=\"(\\d+)\"").matcher(element);
        return matcher.find() ? Integer.parseInt(matcher.group(1)) : 0;
    }

    private static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".xml")).toList();
        }
    }

    private void measurements(Children children) {
        for (String section : DeviceBench.sections()) {
            part(section, children, measurement(section), SECTION_LIMIT);
        }
    }

    private List<String> measurement(String section) {
        List<String> command = ours("gpu-check", "--section", section, "--json", "--device", plan.device());
        command.addAll(
                List.of("--data", plan.data().toString(), "--out", plan.out().toString()));
        if (plan.rehearsal()) {
            command.add("--rehearse");
        }
        return command;
    }

    private void sanitizer(Children children, String tool) {
        for (String check : List.of("memcheck", "racecheck", "initcheck")) {
            if (tool == null) {
                skip("compute-sanitizer " + check, "compute-sanitizer is not on this machine");
                continue;
            }
            if (limit(SANITIZER_LIMIT) < LEAST) {
                skip("compute-sanitizer " + check, "the time was up");
                continue;
            }
            List<String> command = new ArrayList<>(
                    List.of(tool, "--tool", check, "--target-processes", "all", "--error-exitcode", "9"));
            command.addAll(measurement("sanitize"));
            JsonObject section = begin("compute-sanitizer " + check);
            Children.Outcome outcome = children.run(command, limit(SANITIZER_LIMIT));
            JsonObject result = new JsonObject();
            result.addProperty("output", tail(outcome.output() + outcome.errors()));
            end(section, outcome, outcome.code() == 0 ? null : outcome.why(), result);
        }
    }

    private static String sanitizerProgram(Children children) {
        for (String program : List.of(
                "compute-sanitizer", "/usr/local/cuda/bin/compute-sanitizer", "/opt/cuda/bin/compute-sanitizer")) {
            if (children.run(List.of(program, "--version"), 10).code() == 0) {
                return program;
            }
        }
        return null;
    }

    private void peers(Children children, Path scratch, double spared) {
        log.accept("peers: looking for them");
        Peers peers = new Peers(plan.peers(), plan.data(), scratch, children);
        peers.missing().forEach(why -> skip("peer", why));
        DeviceBench.Size size = plan.rehearsal() ? DeviceBench.Size.REHEARSAL : DeviceBench.Size.FULL;
        for (Peers.Run run : peers.runs(size)) {
            double left = Math.min(PEER_LIMIT, limit(plan.seconds()) - spared);
            if (left < LEAST) {
                skip(run.name(), "the time was up");
                continue;
            }
            JsonObject section = begin(run.name());
            Children.Outcome outcome = children.run(run.command(), left);
            JsonObject result = null;
            String why = outcome.code() == 0 ? null : outcome.why();
            try {
                result = why == null ? Peers.result(run, Optional.of(outcome.output())) : null;
            } catch (IOException | RuntimeException e) {
                why = "its answer cannot be read: " + e.getMessage();
            }
            end(section, outcome, why, result);
        }
    }

    private List<String> ours(String... words) {
        List<String> command = new ArrayList<>(plan.ours());
        command.addAll(List.of(words));
        return command;
    }

    private double limit(double most) {
        return Math.min(most, plan.seconds() - elapsed());
    }

    /** Runs one of our own commands, whose last line of output is its figures. */
    private JsonObject part(String what, Children children, List<String> command, double most) {
        if (limit(most) < LEAST) {
            skip(what, "the time was up");
            return null;
        }
        JsonObject section = begin(what);
        Children.Outcome outcome = children.run(command, limit(most));
        JsonObject result = null;
        String why = outcome.code() == 0 ? null : outcome.why();
        if (why == null) {
            try {
                result = JsonParser.parseString(
                                outcome.output().lines().reduce((a, b) -> b).orElse(""))
                        .getAsJsonObject();
                if (what.equals("first-step")) {
                    result.addProperty("first_step_ms", 1e3 * outcome.firstSeconds());
                }
            } catch (RuntimeException e) {
                why = "its answer is no JSON: " + e.getMessage();
            }
        }
        end(section, outcome, why, result);
        return result;
    }

    private JsonObject begin(String what) {
        log.accept(String.format(Locale.ROOT, "%4.0f s  %s", elapsed(), what));
        JsonObject section = new JsonObject();
        section.addProperty("name", what);
        sections.add(section);
        return section;
    }

    private void end(JsonObject section, Children.Outcome outcome, String why, JsonObject result) {
        section.addProperty("ok", why == null);
        section.addProperty("seconds", outcome.seconds());
        if (why != null) {
            section.addProperty("why", why);
            log.accept("        failed: " + why);
        }
        if (result != null) {
            section.add("result", result);
        }
        write();
    }

    private void skip(String what, String why) {
        JsonObject section = begin(what);
        section.addProperty("skipped", true);
        section.addProperty("why", why);
        log.accept("        left out: " + why);
    }

    private void write() {
        if (name == null) {
            return;
        }
        String json =
                new GsonBuilder().setPrettyPrinting().serializeNulls().create().toJson(report) + "\n";
        String text = GpuReport.markdown(report);
        AtomicFile.write(plan.out().resolve(name + ".json"), out -> out.write(json.getBytes(StandardCharsets.UTF_8)));
        AtomicFile.write(plan.out().resolve(name + ".md"), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void delete(Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            // The system clears its temporary files.
        }
    }
}
