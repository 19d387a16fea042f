package io.jcuvae.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.jcuvae.bench.CpuBench;
import io.jcuvae.bench.JobBench;
import io.jcuvae.bench.StepBench;
import io.jcuvae.bench.VariantBench;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SourceOptions;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** Measures speed on this machine, beside a peer's script where there is one. */
final class BenchCommand implements Command {
    private static final int ROWS_PER_WRITE = 1000;
    private static final long JOB_SAMPLES = 1_000_000;

    /** What may differ from the preset. */
    private static final List<Setting> MEASURED = List.of(
            Setting.DATA,
            Setting.THREADS,
            Setting.BATCH,
            Setting.HIDDEN,
            Setting.LIMIT,
            Setting.DEVICE,
            Setting.PRECISION,
            Setting.NOISE);

    @Override
    public String summary() {
        return "measures training, encoding and decoding on this machine";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value("data", "SRC", "what to measure on (default mnist-sample)"),
                CommonOptions.value("peer", "FILE", "a script to compare with, run by python3 (default none)"),
                CommonOptions.value("rounds", "N", "alternations of ours and the peer (default 3)"),
                CommonOptions.value("epochs", "N", "measured epochs per round, after one to warm up (default 2)"),
                CommonOptions.value("threads", "N", "most threads, compared with one (default 0, all)"),
                CommonOptions.value(
                        "device",
                        Setting.DEVICE.argument(),
                        "with --alone: " + Setting.DEVICE.help() + " (default cpu)"),
                CommonOptions.value(
                        "precision",
                        Setting.PRECISION.argument(),
                        "with --alone: " + Setting.PRECISION.help() + " (default fp32)"),
                CommonOptions.value(
                        "noise",
                        Setting.NOISE.argument(),
                        "with --alone: " + Setting.NOISE.help() + " (default curand)"),
                CommonOptions.value(
                        "preset", "NAME", "with --alone: the network (default " + TrainConfig.PRESETS.get(0) + ")"),
                CommonOptions.value("batch", "N", "samples per step (default that of the preset)"),
                CommonOptions.value("hidden", "W,W,...", "widths of the layers (default those of the preset)"),
                CommonOptions.limit(),
                CommonOptions.flag("alone", "measure training in this process only, nothing beside it"),
                CommonOptions.flag("inference", "with --alone: encoding and decoding too"),
                CommonOptions.flag("first-step", "with --alone: one step as train does it and no more, instead"),
                CommonOptions.flag("profile", "with --alone: where a step's time goes, instead"),
                CommonOptions.flag(
                        "variants",
                        "with --alone: each variant's step beside the plain VAE's of equal network, instead"),
                CommonOptions.flag(
                        "jobs",
                        "with --alone: files of a million samples, and of codes, beside computing alone, instead"),
                CommonOptions.value(
                        "samples",
                        "N",
                        "with --alone: generate N byte samples to a .npy once, for its memory, instead"),
                CommonOptions.value("out", "FILE", "write the report here too, as JSON"),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "bench --alone --inference";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        JsonObject report = arguments.has("alone") ? alone(arguments, output) : compare(arguments, output);
        output.line(arguments.has("alone") ? pretty(report) : CpuBench.table(report));
        if (report.has("replay")) {
            output.line(StepBench.replayLine(report.getAsJsonObject("replay")));
        }
        output.json(report);
        arguments
                .path("out")
                .ifPresent(file -> AtomicFile.write(
                        file, out -> out.write((pretty(report) + "\n").getBytes(StandardCharsets.UTF_8))));
        return 0;
    }

    private static String pretty(JsonObject report) {
        return new GsonBuilder().setPrettyPrinting().create().toJson(report);
    }

    private static int epochs(Arguments arguments) {
        return arguments.integer("epochs", 1, 1000, 2);
    }

    private static JsonObject alone(Arguments arguments, Output output) {
        TrainConfig config = TrainConfig.preset(arguments.text("preset").orElse(TrainConfig.PRESETS.get(0)));
        config = config.with(Setting.DEVICE, "cpu");
        for (Setting setting : MEASURED) {
            Optional<String> text = arguments.text(setting.key());
            if (text.isPresent()) {
                config = config.with(setting, text.get());
            }
        }
        Dataset data =
                DataSource.parse(config.data(), options(arguments, output)).load(Split.TRAIN, config.limit());
        try (Device device = Device.open(arguments, config)) {
            Backend backend = device.backend();
            StepBench bench = new StepBench(config, data, backend);
            JsonObject report = new JsonObject();
            report.addProperty("device", backend.description());
            report.addProperty("samples", data.count());
            if (arguments.has("jobs")) {
                report.add("jobs", new JobBench(config, data, backend).run(JOB_SAMPLES));
            } else if (arguments.has("samples")) {
                long samples = arguments.wholeNumber("samples", 1, Long.MAX_VALUE, 0);
                report.add("generation", new JobBench(config, data, backend).generation(samples));
            } else if (arguments.has("first-step")) {
                bench.firstStep();
            } else if (arguments.has("variants")) {
                report.add("variants", new VariantBench(VariantBench.Size.FULL, data).rows(backend));
            } else if (arguments.has("profile")) {
                if (!backend.name().equals("cpu")) {
                    throw new UserError("--profile: times operation by operation, which says nothing where a step is"
                            + " one launch; leave it out, or measure with --device cpu");
                }
                report.add("profile", bench.profile());
            } else {
                JsonObject replay = bench.replay();
                report.add("training", bench.training(epochs(arguments)));
                if (replay != null) {
                    report.add("replay", replay);
                }
                if (arguments.has("inference")) {
                    bench.inference().entrySet().forEach(entry -> report.add(entry.getKey(), entry.getValue()));
                }
            }
            report.addProperty("peak_rss_mib", peakMemory());
            return report;
        }
    }

    private static SourceOptions options(Arguments arguments, Output output) {
        return SourceArguments.read(arguments, output, PictureOptions.asTheyAre());
    }

    private static JsonObject compare(Arguments arguments, Output output) {
        int cores = Runtime.getRuntime().availableProcessors();
        int asked = arguments.integer("threads", 0, 1024, 0);
        int threads = asked == 0 ? cores : asked;
        Path folder = null;
        try {
            String source = arguments.text("data").orElse("mnist-sample");
            Path data = Path.of(source);
            if (!Files.isDirectory(data)) {
                folder = Files.createTempDirectory("jcuvae-bench");
                data = folder;
                export(DataSource.parse(source, options(arguments, output)), folder);
            }
            return new CpuBench(
                            new CpuBench.Plan(
                                    ourselves(),
                                    peer(arguments),
                                    data,
                                    arguments.integer("rounds", 1, 1000, 3),
                                    epochs(arguments),
                                    threads == 1 ? List.of(1) : List.of(threads, 1)),
                            text -> {
                                if (!output.quiet() && !output.json()) {
                                    output.line(text);
                                }
                            })
                    .run();
        } catch (IOException e) {
            throw new Failure("the data cannot be laid out for the peer: " + e.getMessage(), e);
        } finally {
            delete(folder);
        }
    }

    private static Path peer(Arguments arguments) {
        Optional<Path> peer = arguments.path("peer");
        if (peer.isPresent() && !Files.isRegularFile(peer.get())) {
            throw new UserError("--peer: " + peer.get() + " is no file; it takes a Python script");
        }
        return peer.orElse(null);
    }

    /** The command line of this program, as this process was started. */
    private static List<String> ourselves() {
        return ThisProgram.java(
                "-cp", System.getProperty("java.class.path"), Main.class.getName(), "bench", "--alone", "--json");
    }

    /** Writes a source's images as the IDX files that the peer reads. */
    private static void export(DataSource source, Path folder) {
        write(source.load(Split.TRAIN, 0), folder.resolve("train-images-idx3-ubyte.gz"));
        write(source.load(Split.TEST, 0), folder.resolve("t10k-images-idx3-ubyte.gz"));
    }

    private static void write(Dataset data, Path file) {
        float[] rows = new float[ROWS_PER_WRITE * data.width()];
        try (RowWriter writer = RowWriters.samples(file, data.shape(), data.count())) {
            for (int done = 0; done < data.count(); done += ROWS_PER_WRITE) {
                int count = Math.min(ROWS_PER_WRITE, data.count() - done);
                for (int r = 0; r < count; r++) {
                    data.copyRow(done + r, rows, r * data.width());
                }
                writer.write(rows, count);
            }
            writer.commit();
        }
    }

    private static void delete(Path folder) {
        if (folder == null) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            // The system clears its temporary files.
        }
    }

    /** Peak resident memory of this process in MiB; zero where the system does not tell. */
    private static double peakMemory() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) / 1024)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | RuntimeException e) {
            return 0;
        }
    }
}
