package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.cuda.CudaProbe;
import io.jcuvae.cuda.CudaReport;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** Lists what can compute, and tests CUDA one thing after the other. */
final class DevicesCommand implements Command {
    @Override
    public String summary() {
        return "lists what can compute, what is used, and why CUDA is not";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value("device", "DEVICE", "the device to test: cuda or cuda:NUMBER (default cuda)"),
                CommonOptions.threads(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "devices";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        String device = (String) Setting.DEVICE.parse(arguments.text("device").orElse("cuda"), "--device");
        int threads = (Integer) Setting.THREADS.parse(arguments.text("threads").orElse("0"), "--threads");
        CudaReport cuda = CudaProbe.run(ordinal(device));
        JsonArray devices = new JsonArray();
        devices.add(processor(threads, output));
        if (cuda.devices().isEmpty()) {
            JsonObject none = new JsonObject();
            none.addProperty("name", "cuda");
            none.addProperty("used", false);
            none.addProperty("reason", cuda.reason().orElse("no device"));
            devices.add(none);
        }
        cuda.devices().forEach(one -> devices.add(describe(one, cuda)));
        print(cuda, output);
        String auto = cuda.reason().isPresent() ? "cpu" : "cuda:" + ordinal(device);
        output.line("auto   uses " + auto);

        JsonObject json = new JsonObject();
        json.add("devices", devices);
        json.add("cuda", describe(cuda));
        json.addProperty("auto", auto);
        output.json(json);
        return 0;
    }

    private static int ordinal(String device) {
        int colon = device.indexOf(':');
        return colon < 0 ? 0 : Integer.parseInt(device.substring(colon + 1));
    }

    private static JsonObject processor(int threads, Output output) {
        String processor = processor();
        int cores = Runtime.getRuntime().availableProcessors();
        long heap = Runtime.getRuntime().maxMemory() >> 20;
        String description;
        try (Backend backend = new CpuBackend(threads)) {
            description = backend.description();
        }
        output.line("cpu    " + processor + ", " + cores + (cores == 1 ? " core" : " cores"));
        output.line("       computes as: " + description);
        output.line("       heap of up to " + Figures.count(heap) + " MiB (JCUVAE_JAVA_OPTS=-Xmx... changes it)");
        JsonObject cpu = new JsonObject();
        cpu.addProperty("name", "cpu");
        cpu.addProperty("processor", processor);
        cpu.addProperty("cores", cores);
        cpu.addProperty("description", description);
        cpu.addProperty("heap_mib", heap);
        cpu.addProperty("used", true);
        cpu.add("reason", JsonNull.INSTANCE);
        return cpu;
    }

    private static void print(CudaReport cuda, Output output) {
        for (CudaReport.Device device : cuda.devices()) {
            output.line(String.format(
                    Locale.ROOT,
                    "cuda:%d %s, compute capability %s, %s",
                    device.ordinal(),
                    device.name(),
                    device.capability(),
                    memory(device)));
        }
        String indent = cuda.devices().isEmpty() ? "cuda   " : "       ";
        if (cuda.reason().isPresent()) {
            output.line(indent + "not used: " + cuda.reason().get());
        } else {
            output.line("       tested: "
                    + String.join(
                            ", ",
                            cuda.steps().stream().map(CudaReport.Step::name).toList()));
        }
        for (CudaReport.Library library : cuda.libraries()) {
            output.line("       " + library.name()
                    + library.version().map(v -> " " + v).orElse("") + ": " + library.path() + " (by " + library.place()
                    + ")");
        }
        cuda.notes().forEach(note -> output.line("       note: " + note));
    }

    private static String memory(CudaReport.Device device) {
        double gib = 1 << 30;
        return device.free() < 0
                ? String.format(Locale.ROOT, "%.1f GiB", device.total() / gib)
                : String.format(Locale.ROOT, "%.1f of %.1f GiB free", device.free() / gib, device.total() / gib);
    }

    private static JsonObject describe(CudaReport.Device device, CudaReport cuda) {
        JsonObject json = new JsonObject();
        json.addProperty("name", "cuda:" + device.ordinal());
        json.addProperty("product", device.name());
        json.addProperty("compute_capability", device.capability());
        json.addProperty("memory_free_bytes", device.free() < 0 ? null : device.free());
        json.addProperty("memory_total_bytes", device.total());
        json.addProperty("used", cuda.reason().isEmpty());
        json.addProperty("reason", cuda.reason().orElse(null));
        return json;
    }

    private static JsonObject describe(CudaReport cuda) {
        JsonArray steps = new JsonArray();
        for (CudaReport.Step step : cuda.steps()) {
            JsonObject json = new JsonObject();
            json.addProperty("step", step.name());
            json.addProperty("works", step.failure().isEmpty());
            json.addProperty("failure", step.failure().orElse(null));
            steps.add(json);
        }
        JsonArray libraries = new JsonArray();
        for (CudaReport.Library library : cuda.libraries()) {
            JsonObject json = new JsonObject();
            json.addProperty("name", library.name());
            json.addProperty("version", library.version().orElse(null));
            json.addProperty("path", library.path().toString());
            json.addProperty("found_by", library.place());
            libraries.add(json);
        }
        JsonArray notes = new JsonArray();
        cuda.notes().forEach(notes::add);
        JsonObject json = new JsonObject();
        json.add("steps", steps);
        json.add("libraries", libraries);
        json.add("notes", notes);
        return json;
    }

    private static String processor() {
        String architecture = System.getProperty("os.arch");
        Path list = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(list)) {
            return architecture;
        }
        try (Stream<String> lines = Files.lines(list)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(architecture);
        } catch (IOException | RuntimeException e) {
            return architecture;
        }
    }
}
