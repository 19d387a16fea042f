package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import io.jcuvae.tensor.Backend;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** Lists what can compute. */
final class DevicesCommand implements Command {
    @Override
    public String summary() {
        return "lists what can compute, what is used, and why CUDA is not";
    }

    @Override
    public List<Option> options() {
        return List.of(CommonOptions.threads(), CommonOptions.json());
    }

    @Override
    public String example() {
        return "devices";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        String processor = processor();
        int cores = Runtime.getRuntime().availableProcessors();
        long heap = Runtime.getRuntime().maxMemory() >> 20;
        String description;
        try (Backend backend = Devices.open(arguments)) {
            description = backend.description();
        }
        output.line("cpu    " + processor + ", " + cores + (cores == 1 ? " core" : " cores"));
        output.line("       computes as: " + description);
        output.line("       heap of up to " + Figures.count(heap) + " MiB (JCUVAE_JAVA_OPTS=-Xmx... changes it)");
        output.line("cuda   not used: " + Devices.WHY_NO_CUDA);
        output.line("auto   uses cpu");

        JsonObject cpu = new JsonObject();
        cpu.addProperty("name", "cpu");
        cpu.addProperty("processor", processor);
        cpu.addProperty("cores", cores);
        cpu.addProperty("description", description);
        cpu.addProperty("heap_mib", heap);
        cpu.addProperty("used", true);
        cpu.add("reason", JsonNull.INSTANCE);
        JsonObject cuda = new JsonObject();
        cuda.addProperty("name", "cuda");
        cuda.addProperty("used", false);
        cuda.addProperty("reason", Devices.WHY_NO_CUDA);
        JsonArray devices = new JsonArray();
        devices.add(cpu);
        devices.add(cuda);
        JsonObject json = new JsonObject();
        json.add("devices", devices);
        json.addProperty("auto", "cpu");
        output.json(json);
        return 0;
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
