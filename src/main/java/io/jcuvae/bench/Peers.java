package io.jcuvae.bench;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The other engines' scripts: which are here, how they are called, and what their answers mean. */
final class Peers {
    private static final List<String> PYTHONS = List.of("python3", "/usr/bin/python3");
    private static final String TORCH = "pytorch_vae.py";
    private static final String JAX = "jax_vae.py";

    /**
     * One run of a peer.
     *
     * @param name as in {@code torch graph, batch 128, tf32}
     * @param command its command line
     * @param out the file it writes, or null where its standard output is the answer
     * @param batch rows of a step
     */
    record Run(String name, List<String> command, Path out, int batch) {}

    private final Path folder;
    private final Path data;
    private final Path scratch;
    private final Children children;
    private final String torch;
    private final String jax;

    /** Looks for the scripts and for what they need. */
    Peers(Path folder, Path data, Path scratch, Children children) {
        this.folder = folder;
        this.data = data;
        this.scratch = scratch;
        this.children = children;
        torch = python(TORCH, "import sys, torch, numpy; sys.exit(0 if torch.cuda.is_available() else 3)");
        jax = python(JAX, "import sys, jax, numpy; sys.exit(0 if jax.default_backend() == 'gpu' else 3)");
    }

    private String python(String script, String test) {
        if (folder == null || !Files.isRegularFile(folder.resolve(script))) {
            return null;
        }
        for (String python : PYTHONS) {
            if (children.run(List.of(python, "-c", test), 40).code() == 0) {
                return python;
            }
        }
        return null;
    }

    /** Which are left out, and why: a line each. */
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        if (torch == null) {
            missing.add("PyTorch: " + why(TORCH, "torch"));
        }
        if (jax == null) {
            missing.add("JAX: " + why(JAX, "jax"));
        }
        return missing;
    }

    private String why(String script, String module) {
        return folder == null || !Files.isRegularFile(folder.resolve(script))
                ? script + " was not carried along"
                : "no python3 here has " + module + " with a device it can use";
    }

    /** The runs, those that matter most first. */
    List<Run> runs(DeviceBench.Size size) {
        List<Run> runs = new ArrayList<>();
        for (int batch : size.batches()) {
            for (Precision precision : List.of(Precision.FP32, Precision.TF32)) {
                runs.addAll(training(size.hidden(), 20, batch, precision, 4));
            }
        }
        if (torch != null) {
            runs.add(compiled(size));
            for (Precision precision : Precision.values()) {
                runs.addAll(convolutional(size, precision));
            }
        }
        for (Precision precision : List.of(Precision.BF16, Precision.TF32)) {
            runs.addAll(training(size.wideHidden(), size.wideLatents(), size.wideBatch(), precision, 3));
        }
        if (torch != null) {
            Path out = scratch.resolve("torch-inference.json");
            List<String> command = torch(out, size.hidden(), 20, 1024, 0);
            command.addAll(List.of("--bench-gen", "--iwae"));
            runs.add(new Run("torch, decoding and evaluation", command, out, 1024));
        }
        return runs;
    }

    private List<Run> training(String hidden, int latents, int batch, Precision precision, int epochs) {
        List<Run> runs = new ArrayList<>();
        String label = ", batch " + batch + ", " + precision.label();
        if (torch != null) {
            for (String mode : List.of("eager", "graph", "compiled graph")) {
                Path out = scratch.resolve(
                        "torch-" + mode.replace(' ', '-') + "-" + batch + "-" + precision.label() + ".json");
                List<String> command = torch(out, hidden, latents, batch, epochs);
                command.addAll(in(precision));
                command.addAll(by(mode));
                runs.add(new Run("torch " + mode + label, command, out, batch));
            }
        }
        if (jax != null) {
            List<String> command =
                    new ArrayList<>(List.of(jax, folder.resolve(JAX).toString()));
            command.addAll(List.of("--data", data.toString(), "--epochs", Integer.toString(epochs)));
            command.addAll(List.of("--batch", Integer.toString(batch), "--hidden", hidden));
            command.addAll(List.of("--latent", Integer.toString(latents), "--precision", precision.label()));
            runs.add(new Run("jax" + label, command, null, batch));
        }
        return runs;
    }

    private static List<String> in(Precision precision) {
        return switch (precision) {
            case FP32 -> List.of();
            case TF32 -> List.of("--tf32");
            case BF16 -> List.of("--amp", "--bce", "logits");
        };
    }

    private static List<String> by(String mode) {
        return switch (mode) {
            case "eager" -> List.of();
            case "graph" -> List.of("--cudagraph");
            // Compiled and captured: the fastest that PyTorch has.
            case "compiled graph" -> List.of("--compile", "--cudagraph");
            default -> throw new IllegalArgumentException(mode);
        };
    }

    /** The script's own convolutional network, which is conv-28, by cuDNN; compiled just once, as that takes long. */
    private List<Run> convolutional(DeviceBench.Size size, Precision precision) {
        List<Run> runs = new ArrayList<>();
        int batch = size.batches().get(0);
        for (String mode : List.of("eager", "graph", "compiled graph")) {
            if (mode.equals("compiled graph") && precision != Precision.BF16) {
                continue;
            }
            Path out = scratch.resolve("torch-conv-" + mode.replace(' ', '-') + "-" + precision.label() + ".json");
            List<String> command = torch(out, size.hidden(), 20, batch, 3);
            command.addAll(List.of("--arch", "conv", "--channels-last"));
            command.addAll(in(precision));
            command.addAll(by(mode));
            runs.add(
                    new Run("torch conv " + mode + ", batch " + batch + ", " + precision.label(), command, out, batch));
        }
        return runs;
    }

    /** Compiled without a graph: once, as compiling takes half a minute. */
    private Run compiled(DeviceBench.Size size) {
        int batch = size.batches().get(0);
        Path out = scratch.resolve("torch-compiled.json");
        List<String> command = torch(out, size.hidden(), 20, batch, 4);
        command.add("--compile");
        return new Run("torch compiled, batch " + batch + ", fp32", command, out, batch);
    }

    private List<String> torch(Path out, String hidden, int latents, int batch, int epochs) {
        List<String> command =
                new ArrayList<>(List.of(torch, folder.resolve(TORCH).toString()));
        command.addAll(List.of("--device", "cuda", "--no-eval", "--data", data.toString(), "--out", out.toString()));
        command.addAll(List.of("--hidden", hidden, "--latent", Integer.toString(latents)));
        command.addAll(List.of("--batch", Integer.toString(batch), "--epochs", Integer.toString(epochs)));
        return command;
    }

    /** What a run's answer says: microseconds per step, and what else it measured. */
    static JsonObject result(Run run, Optional<String> output) throws IOException {
        JsonObject json = new JsonObject();
        if (run.out() == null) {
            JsonObject last = JsonParser.parseString(
                            output.orElse("").lines().reduce((a, b) -> b).orElse("{}"))
                    .getAsJsonObject();
            json.addProperty("version", last.get("version").getAsString());
            json.addProperty("step_us", last.get("step_us").getAsDouble());
            return json;
        }
        JsonObject answer = JsonParser.parseString(Files.readString(run.out())).getAsJsonObject();
        json.addProperty("version", answer.get("torch").getAsString());
        if (answer.has("samples_per_s_median")) {
            json.addProperty(
                    "step_us",
                    1e6 * run.batch() / answer.get("samples_per_s_median").getAsDouble());
        }
        for (String part : List.of("decode", "encode", "iwae")) {
            if (answer.has(part)) {
                json.add(part, answer.get(part));
            }
        }
        return json;
    }
}
