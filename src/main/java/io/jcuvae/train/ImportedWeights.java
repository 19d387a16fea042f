package io.jcuvae.train;

import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleShape;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.NearestWord;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A model made of weights that were trained elsewhere: tensors of a safetensors file, laid out as PyTorch has them, under the
 * names of the network or under others that are mapped.
 */
public final class ImportedWeights {
    private static final int SHOWN = 4;

    private final Path file;
    private final Safetensors tensors;
    /** The name in the file of each of the network's. */
    private final Map<String, String> found = new LinkedHashMap<>();
    /** Those of the file that the network has no use for, as it would name them. */
    private final Map<String, String> surplus = new LinkedHashMap<>();

    private final List<String> dropped = new ArrayList<>();

    private ImportedWeights(Path file, Map<String, String> renames, ParameterLayout layout) {
        this.file = file;
        if (!Files.exists(file)) {
            throw new UserError("--weights " + file + ": no such file; a .safetensors file is needed");
        }
        tensors = Safetensors.read(file);
        List<String> wanted = new ArrayList<>();
        layout.entries().forEach(entry -> wanted.add(entry.name()));
        layout.buffers().entries().forEach(entry -> wanted.add(entry.name()));
        Map<String, Boolean> used = new LinkedHashMap<>();
        renames.keySet().forEach(name -> used.put(name, false));
        for (String name : tensors.names()) {
            String old = prefix(name, renames);
            used.computeIfPresent(String.valueOf(old), (key, before) -> true);
            if (old != null && renames.get(old).isEmpty()) {
                dropped.add(name);
                continue;
            }
            String known = old == null ? name : renames.get(old) + name.substring(old.length());
            String before = wanted.contains(known) ? found.put(known, name) : surplus.put(name, known);
            if (before != null) {
                throw new UserError("--map: both " + before + " and " + name + " of " + file + " would be " + known
                        + "; leave one out with --map " + before + "=");
            }
        }
        used.forEach((name, needed) -> {
            if (!needed) {
                throw new UserError(
                        "--map " + name + "=" + renames.get(name) + ": " + file + " has no tensor of that name"
                                + NearestWord.hint(name, tensors.names()) + " (it has " + list(tensors.names()) + ")");
            }
        });
    }

    /** Which renaming a name falls under: its own, or that of the longest beginning up to a dot; null for none. */
    private static String prefix(String name, Map<String, String> renames) {
        String longest = null;
        for (String old : renames.keySet()) {
            if ((name.equals(old) || name.startsWith(old + "."))
                    && (longest == null || old.length() > longest.length())) {
                longest = old;
            }
        }
        return longest;
    }

    /**
     * What was made.
     *
     * @param spec the network
     * @param tensors how many were taken
     * @param renamed those under another name in the file: the network's name to the file's
     * @param dropped names in the file of those that were left out
     */
    public record Result(VaeSpec spec, int tensors, Map<String, String> renamed, List<String> dropped) {}

    /**
     * Makes a folder with config.json and model.safetensors.
     *
     * @param file the weights
     * @param renames name in the file to name in the network, of a tensor or of all that begin so up to a dot; to nothing
     *     for those that are not to be taken
     * @param data what they were trained on
     * @throws UserError naming what is missing, left over, of another shape or no number
     */
    public static Result write(
            Path file, Map<String, String> renames, TrainConfig config, DataRecord data, RunFolder folder) {
        config.requireSense();
        folder.requireUnused();
        if (Files.exists(folder.model())) {
            throw new UserError(folder.path() + ": holds a model already; choose another --out");
        }
        VaeSpec spec = config.spec(
                Shape.of(data.shape().sizes()),
                data.classes().count(),
                data.table().layout());
        ParameterLayout layout = spec.layout();
        ImportedWeights weights = new ImportedWeights(file, renames, layout);
        weights.requireNames(layout);
        float[] values = weights.block(layout);
        float[] buffers = weights.block(layout.buffers());
        folder.create();
        // The model first: a folder with a config.json holds a run.
        Model.write(folder.model(), config, data, layout, values, buffers);
        folder.writeConfig(config, data, Versions.json("none, the weights were imported"));
        Map<String, String> renamed = new LinkedHashMap<>();
        weights.found.forEach((name, old) -> {
            if (!name.equals(old)) {
                renamed.put(name, old);
            }
        });
        return new Result(spec, weights.found.size(), renamed, weights.dropped);
    }

    /** What a model is told of data, classes and columns, as training on them would keep it. */
    public static DataRecord record(TrainConfig config, Dataset train, Dataset test) {
        Classes classes = config.conditioned() ? Classes.of(train) : Classes.NONE;
        return DataRecord.of(
                config.data(),
                train,
                test,
                classes,
                CodedRows.of(config, train, test).table());
    }

    /** The same where the data are not at hand. */
    public static DataRecord record(TrainConfig config, SampleShape sample, Classes classes) {
        if (config.standardizes() || config.schema().isPresent()) {
            throw new UserError("--data SRC is missing: " + (config.schema().isPresent() ? "--schema" : "--standardize")
                    + " needs the rows that the weights were trained on, for what their columns hold");
        }
        return DataRecord.unknown(sample, config.likelihood().needsUnitData(), classes);
    }

    /** Whether a tensor is of use to training alone, so that it begins anew where it is missing. */
    private static boolean optional(ParameterLayout.Entry entry) {
        return entry.counter() || entry.name().startsWith("codebook.");
    }

    private void requireNames(ParameterLayout layout) {
        List<ParameterLayout.Entry> entries = new ArrayList<>(layout.entries());
        entries.addAll(layout.buffers().entries());
        List<ParameterLayout.Entry> missing = entries.stream()
                .filter(entry -> !found.containsKey(entry.name()) && !optional(entry))
                .toList();
        if (!missing.isEmpty()) {
            ParameterLayout.Entry first = missing.get(0);
            throw new UserError(file + ": has no tensor " + told(first) + ", which the network asks for"
                    + like(first)
                            .map(name -> surplus.get(name).equals(name)
                                    ? "; is it " + told(name) + "? then --map " + name + "=" + first.name()
                                    : "; --map makes " + surplus.get(name) + " of " + told(name))
                            .orElse("; take the --preset or --config that it was trained with")
                    + (missing.size() == 1
                            ? ""
                            : " (missing as well: "
                                    + list(missing.stream()
                                            .skip(1)
                                            .map(ImportedWeights::told)
                                            .toList()) + ")")
                    + (surplus.isEmpty() ? "" : " (left over: " + list(left()) + ")"));
        }
        if (!surplus.isEmpty()) {
            String name = surplus.keySet().iterator().next();
            List<String> known =
                    entries.stream().map(ParameterLayout.Entry::name).toList();
            throw new UserError(file + ": the network has no tensor " + surplus.get(name)
                    + (name.equals(surplus.get(name)) ? "" : ", as " + name + " was mapped")
                    + NearestWord.hint(surplus.get(name), known) + " (left over: " + list(left()) + "; --map " + name
                    + "= leaves one out, and the network has " + list(known) + ")");
        }
    }

    private List<String> left() {
        return surplus.keySet().stream().map(this::told).toList();
    }

    /** Of what is left over, that of the same shape whose name is nearest. */
    private Optional<String> like(ParameterLayout.Entry entry) {
        List<String> names = surplus.keySet().stream()
                .filter(name -> Arrays.equals(tensors.shape(name), entry.shape().extents()))
                .toList();
        return NearestWord.of(entry.name(), names).or(() -> names.stream().findFirst());
    }

    private static String told(ParameterLayout.Entry entry) {
        return entry.name() + " " + entry.shape();
    }

    private String told(String name) {
        return name + " " + sizes(name);
    }

    private String sizes(String name) {
        return Arrays.stream(tensors.shape(name))
                .mapToObj(Integer::toString)
                .collect(Collectors.joining("x", "[", "]"));
    }

    private static String list(List<String> names) {
        return names.size() <= SHOWN
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, SHOWN)) + " and " + (names.size() - SHOWN) + " more";
    }

    private float[] block(ParameterLayout layout) {
        float[] block = new float[Math.toIntExact(layout.count())];
        for (ParameterLayout.Entry entry : layout.entries()) {
            String name = found.get(entry.name());
            if (name == null) {
                continue;
            }
            String called = name + (name.equals(entry.name()) ? "" : ", mapped to " + entry.name() + ",");
            int[] asked = entry.counter() ? new int[0] : entry.shape().extents();
            if (!Arrays.equals(tensors.shape(name), asked)) {
                throw new UserError(file + ": tensor " + called + " is " + sizes(name) + ", the network asks for "
                        + (entry.counter() ? "a single whole number" : entry.shape())
                        + "; take the --preset or --config that it was trained with");
            }
            float[] values = entry.counter() ? Model.counted(file, tensors, name) : floats(name);
            for (int i = 0; i < values.length; i++) {
                if (!Float.isFinite(values[i])) {
                    throw new UserError(file + ": tensor " + called + " holds " + values[i] + " at element " + i
                            + "; its training diverged, or it is damaged");
                }
            }
            System.arraycopy(values, 0, block, (int) entry.offset(), values.length);
        }
        return block;
    }

    /** The values, rounded to float where they are doubles. */
    private float[] floats(String name) {
        if (tensors.dtype(name) != Safetensors.DType.F64) {
            return tensors.floats(name);
        }
        double[] doubles = tensors.doubles(name);
        float[] values = new float[doubles.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) doubles[i];
        }
        return values;
    }
}
