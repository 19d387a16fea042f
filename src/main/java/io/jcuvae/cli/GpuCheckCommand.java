package io.jcuvae.cli;

import com.google.gson.JsonObject;
import io.jcuvae.bench.DeviceBench;
import io.jcuvae.bench.GpuCheck;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.cuda.CudaBackend;
import io.jcuvae.cuda.CudaOptions;
import io.jcuvae.cuda.NoiseSource;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleShape;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import io.jcuvae.train.Versions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** What scripts/gpu-check runs: correctness and speed of a real device, in one report. */
final class GpuCheckCommand implements Command {
    private static final int SIDE = 28;
    private static final int ROWS = 60_000;
    private static final int TEST_ROWS = 10_000;
    private static final int REHEARSED_ROWS = 192;

    @Override
    public String summary() {
        return "checks and measures a CUDA device, for a report";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value("out", "FOLDER", "where the reports go"),
                CommonOptions.value("device", "DEVICE", "the device (default cuda:0)"),
                CommonOptions.value("data", "FOLDER", "IDX files (default: random ones)"),
                CommonOptions.value("peers", "FOLDER", "scripts to compare with"),
                CommonOptions.value("tests", "PATH", "class path of the tests"),
                CommonOptions.value("console", "JAR", "JUnit's console launcher"),
                CommonOptions.value("seconds", "S", "for everything (default 460)"),
                CommonOptions.value("section", "NAME", "one measurement, in this process"),
                CommonOptions.flag("rehearse", "small sizes, for a device in software"),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "gpu-check --out reports";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        String device = (String) Setting.DEVICE.parse(arguments.text("device").orElse("cuda:0"), "--device");
        Path out = arguments.path("out").orElseThrow(() -> new UserError("--out: a folder for the reports is needed"));
        boolean rehearsal = arguments.has("rehearse");
        Optional<String> section = arguments.text("section");
        Path made = null;
        try {
            Path data = arguments.path("data").orElse(null);
            if (data == null) {
                made = Files.createTempDirectory("jcuvae-gpu-data");
                data = made;
                write(data.resolve("train-images-idx3-ubyte.gz"), rehearsal ? REHEARSED_ROWS : ROWS, 1);
                write(data.resolve("t10k-images-idx3-ubyte.gz"), rehearsal ? REHEARSED_ROWS : TEST_ROWS, 2);
            }
            if (section.isPresent()) {
                DeviceBench.Size size = rehearsal ? DeviceBench.Size.REHEARSAL : DeviceBench.Size.FULL;
                JsonObject figures = new DeviceBench(
                                size, data, choice -> open(device, choice), GpuCheckCommand::announce)
                        .run(section.get(), out);
                output.line(figures.toString());
                output.json(figures);
                return 0;
            }
            GpuCheck.Plan plan = new GpuCheck.Plan(
                    ThisProgram.java("-cp", System.getProperty("java.class.path"), Main.class.getName()),
                    tests(arguments, device),
                    arguments.path("peers").orElse(null),
                    data,
                    out,
                    device.equals("cuda") ? "cuda:0" : device,
                    rehearsal,
                    arguments.integer("seconds", 10, 3600, 460));
            return new GpuCheck(plan, output::line).run(about()) ? 0 : 1;
        } catch (IOException e) {
            throw new Failure("the data for the measurements cannot be laid out: " + e.getMessage(), e);
        } finally {
            remove(made);
        }
    }

    /** For whoever waits for it in another process. */
    private static void announce() {
        System.out.println("the first step is done");
        System.out.flush();
    }

    private static Backend open(String device, DeviceBench.Choice choice) {
        if (device.equals("cpu")) {
            return new CpuBackend(0);
        }
        return CudaBackend.open(
                new CudaOptions(number(device), choice.precision(), NoiseSource.CURAND, false, choice.branches()));
    }

    private static List<String> tests(Arguments arguments, String device) {
        Optional<String> classes = arguments.text("tests");
        Optional<Path> console = arguments.path("console");
        if (classes.isEmpty() || console.isEmpty()) {
            return List.of();
        }
        String path = String.join(
                ":",
                System.getProperty("java.class.path"),
                classes.get(),
                console.get().toString());
        List<String> command = ThisProgram.java("-Djcuvae.gpu=" + number(device), "-cp", path);
        command.addAll(List.of("org.junit.platform.console.ConsoleLauncher", "execute"));
        // The packages that have such tests are named, because looking through all of them takes a while.
        command.addAll(List.of("--select-package", "io.jcuvae.cuda", "--include-tag", "gpu"));
        command.addAll(List.of("--details", "summary", "--disable-banner", "--disable-ansi-colors"));
        return command;
    }

    private static int number(String device) {
        int colon = device.indexOf(':');
        return colon < 0 ? 0 : Integer.parseInt(device.substring(colon + 1));
    }

    private static JsonObject about() {
        JsonObject about = new JsonObject();
        about.addProperty("jcuvae", Versions.jcuvae());
        about.addProperty(
                "commit",
                Optional.ofNullable(System.getProperty("jcuvae.commit")).orElse("unknown"));
        about.addProperty("java", System.getProperty("java.runtime.version"));
        about.addProperty("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        about.addProperty("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        return about;
    }

    /** Pictures of random bytes: speed does not depend on what they show. */
    private static void write(Path file, int rows, long key) {
        float[] row = new float[SIDE * SIDE];
        try (RowWriter writer = RowWriters.samples(file, new SampleShape(SIDE, SIDE), rows)) {
            for (int r = 0; r < rows; r++) {
                Philox.fillUniform(row, 0, row.length, key, 0, (long) r * row.length);
                writer.write(row, 1);
            }
            writer.commit();
        }
    }

    private static void remove(Path folder) {
        if (folder == null) {
            return;
        }
        try {
            Files.deleteIfExists(folder.resolve("train-images-idx3-ubyte.gz"));
            Files.deleteIfExists(folder.resolve("t10k-images-idx3-ubyte.gz"));
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            // The system clears its temporary files.
        }
    }
}
