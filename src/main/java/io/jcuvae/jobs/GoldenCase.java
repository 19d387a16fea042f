package io.jcuvae.jobs;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.jcuvae.data.NpzTensors;
import io.jcuvae.nn.Conv2dSpec;
import io.jcuvae.nn.ConvTranspose2dSpec;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.FlattenSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.ReshapeSpec;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Likelihood;
import io.jcuvae.vae.VaeSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a network must compute in its first steps of training: a .json of configuration and scalars, and beside it a .npz of
 * inputs, noise, initial parameters and expected values, made with PyTorch in float64.
 */
final class GoldenCase {
    /** The order of the numbers of a step in the file. */
    enum Scalar {
        LOSS,
        RECONSTRUCTION,
        KL
    }

    /** The layers' names in the files of a convolutional case. */
    private static final Map<String, String> CONVOLUTIONAL = Map.of(
            "enc0", "conv1", "enc1", "conv2", "enc3", "fc1", "dec0", "gfc1", "dec1", "gfc2", "dec3", "convt1", "dec4",
            "convt2");

    private final Path file;
    private final JsonObject json;
    private final Map<String, NpzTensors.Values> arrays;
    private VaeSpec spec;
    private ParameterLayout layout;
    private int batch;

    private GoldenCase(Path file, JsonObject json, Map<String, NpzTensors.Values> arrays) {
        this.file = file;
        this.json = json;
        this.arrays = arrays;
    }

    /** Reads a .json and the .npz beside it. */
    static GoldenCase read(Path file) {
        JsonObject json;
        try {
            json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
        } catch (IOException | JsonParseException | IllegalStateException e) {
            throw new UserError(
                    file + ": is no readable JSON object; a golden case is a .json with a .npz beside it", e);
        }
        GoldenCase golden = new GoldenCase(file, json, Map.of());
        if (golden.unsupported() != null) {
            return golden;
        }
        String npz = file.getFileName().toString().replaceAll("json$", "npz");
        golden = new GoldenCase(file, json, NpzTensors.read(file.resolveSibling(npz)));
        golden.configure();
        return golden;
    }

    /** The file's name without its ending. */
    String name() {
        return file.getFileName().toString().replaceAll("\\.json$", "");
    }

    /** Why the case cannot be run, or null. */
    String unsupported() {
        String arch = text("arch");
        return arch.equals("mlp") || arch.equals("conv")
                ? null
                : "arch '" + arch + "' is not supported, only mlp and conv are";
    }

    private void configure() {
        batch = (int) number("batch");
        Activation activation = choice("activation", Activation.values(), Activation::label);
        Likelihood likelihood = choice("likelihood", Likelihood.values(), Likelihood::label);
        try {
            spec = text("arch").equals("mlp") ? mlp(activation, likelihood) : convolutional(activation, likelihood);
        } catch (RuntimeException e) {
            throw new UserError(file + ": config describes no network (" + e.getMessage() + ")", e);
        }
        layout = spec.layout();
        int width = (int) spec.sample().count();
        if (batch < 1
                || !shaped("x", -1, batch, width)
                || !shaped("eps", array("x").shape()[0], batch, spec.latents())) {
            throw new UserError(file + ": x and eps are "
                    + Arrays.toString(array("x").shape()) + " and "
                    + Arrays.toString(array("eps").shape()) + ", its config asks for [steps, " + batch + ", " + width
                    + "] and [steps, " + batch + ", " + spec.latents() + "]");
        }
    }

    private VaeSpec mlp(Activation activation, Likelihood likelihood) {
        List<Integer> hidden = new ArrayList<>();
        config("hidden").getAsJsonArray().forEach(width -> hidden.add(width.getAsInt()));
        return VaeSpec.mlp(Shape.of((int) number("d")), hidden, (int) number("latent"), activation, likelihood);
    }

    /** Two convolutions of 4x4 pixels that halve the picture, and a dense layer; mirrored. */
    private VaeSpec convolutional(Activation f, Likelihood likelihood) {
        int side = (int) number("side");
        int first = (int) number("c1");
        int second = (int) number("c2");
        Shape inner = Shape.of(second, side / 4, side / 4);
        return new VaeSpec(
                Shape.of(side, side),
                List.of(
                        new Conv2dSpec(first, 4, 2, 1, f),
                        new Conv2dSpec(second, 4, 2, 1, f),
                        new FlattenSpec(),
                        new DenseSpec((int) number("fc"), f)),
                (int) number("latent"),
                List.of(
                        new DenseSpec((int) number("fc"), f),
                        new DenseSpec((int) inner.count(), f),
                        new ReshapeSpec(inner),
                        new ConvTranspose2dSpec(first, 4, 2, 1, 0, f),
                        new ConvTranspose2dSpec(1, 4, 2, 1, 0, Activation.IDENTITY)),
                likelihood);
    }

    /** What the files call a parameter or an activation of the network. */
    private String stored(String name) {
        int end = name.lastIndexOf('.');
        return text("arch").equals("conv") && end > 0
                ? CONVOLUTIONAL.getOrDefault(name.substring(0, end), name.substring(0, end)) + name.substring(end)
                : name;
    }

    private boolean shaped(String key, int steps, int rows, int columns) {
        int[] shape = array(key).shape();
        return shape.length >= 3
                && shape[0] >= 1
                && (steps < 0 || shape[0] == steps)
                && shape[1] == rows
                && Arrays.stream(shape, 2, shape.length).asLongStream().reduce(1, (a, b) -> a * b) == columns;
    }

    private JsonElement config(String key) {
        JsonElement config = json.get("config");
        JsonElement value = config != null && config.isJsonObject()
                ? config.getAsJsonObject().get(key)
                : null;
        if (value == null) {
            throw new UserError(file + ": has no config." + key + "; the file is damaged or no golden case");
        }
        return value;
    }

    private String text(String key) {
        JsonElement value = config(key);
        return value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }

    private double number(String key) {
        try {
            return Double.parseDouble(text(key));
        } catch (NumberFormatException e) {
            throw new UserError(file + ": config." + key + " must be a number, got '" + text(key) + "'", e);
        }
    }

    private <T> T choice(String key, T[] values, Function<T, String> label) {
        return Stream.of(values)
                .filter(value -> label.apply(value).equals(text(key)))
                .findFirst()
                .orElseThrow(() -> new UserError(file + ": config." + key + " must be one of "
                        + Stream.of(values).map(label).collect(Collectors.joining(", ")) + ", got '" + text(key)
                        + "'"));
    }

    VaeSpec spec() {
        return spec;
    }

    int batch() {
        return batch;
    }

    double beta() {
        return number("beta");
    }

    double learningRate() {
        return number("lr");
    }

    /** Steps of training whose batches and losses are stored. */
    int steps() {
        return array("x").shape()[0];
    }

    /** The names of the stored activations. */
    List<String> activations() {
        return keys("fwd/");
    }

    /**
     * What is stored of an activation.
     *
     * @param name one of {@link #activations()}
     */
    double[] activation(String name, long count) {
        return array("fwd/" + name, count);
    }

    /**
     * Whether a stored activation is that of the network's own name.
     *
     * @param own as in {@code enc0.out}
     */
    boolean isStoredAs(String own, String name) {
        return stored(own).equals(name);
    }

    /**
     * What is stored of a parameter.
     *
     * @param group init, grad, step1, step2, ...
     */
    double[] parameter(String group, ParameterLayout.Entry entry, long count) {
        return array(group + "/" + stored(entry.name()), count);
    }

    private List<String> keys(String prefix) {
        return arrays.keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .map(key -> key.substring(prefix.length()))
                .toList();
    }

    /** The steps after which parameters are stored. */
    List<Integer> parameterSteps() {
        TreeSet<Integer> steps = new TreeSet<>();
        for (String key : arrays.keySet()) {
            if (key.matches("step\\d{1,6}/.*")) {
                steps.add(Integer.parseInt(key.substring(4, key.indexOf('/'))));
            }
        }
        if (steps.isEmpty() || steps.last() > steps()) {
            throw new UserError(file + ": stores parameters after steps " + steps + " of " + steps()
                    + "; the files are damaged or incomplete");
        }
        return List.copyOf(steps);
    }

    /** A stored array. */
    NpzTensors.Values array(String key) {
        NpzTensors.Values values = arrays.get(key);
        if (values == null) {
            throw new UserError(
                    file + ": the .npz beside it has no array " + key + "; the files are damaged or incomplete");
        }
        return values;
    }

    /** A stored array of a known number of elements. */
    double[] array(String key, long count) {
        double[] values = array(key).values();
        if (values.length != count) {
            throw new UserError(file + ": array " + key + " has " + values.length + " elements where " + count
                    + " are expected; the files are damaged or belong to another config");
        }
        return values;
    }

    /** The initial parameters as one block. */
    float[] initialBlock() {
        float[] block = new float[Math.toIntExact(layout.count())];
        for (ParameterLayout.Entry entry : layout.entries()) {
            double[] values = parameter("init", entry, entry.shape().count());
            for (int i = 0; i < values.length; i++) {
                block[(int) entry.offset() + i] = (float) values[i];
            }
        }
        return block;
    }

    /**
     * Where the stored entries of a parameter are within it.
     *
     * @return every place, or those at {@code index/}
     */
    int[] places(ParameterLayout.Entry entry) {
        int count = Math.toIntExact(entry.shape().count());
        String key = "index/" + stored(entry.name());
        if (!arrays.containsKey(key)) {
            int[] all = new int[count];
            Arrays.setAll(all, i -> i);
            return all;
        }
        double[] stored = array(key).values();
        int[] places = new int[stored.length];
        for (int i = 0; i < places.length; i++) {
            places[i] = (int) stored[i];
            if (places[i] != stored[i] || places[i] < 0 || places[i] >= count) {
                throw new UserError(file + ": " + key + " holds " + stored[i] + ", which is no place in "
                        + entry.shape() + "; the files are damaged");
            }
        }
        return places;
    }

    /** Loss, reconstruction or KL of a step, summed over its batch. */
    double scalar(int step, Scalar which) {
        return read(
                "loss_rec_kl_before_each_step_float64[" + (step - 1) + "]",
                () -> json.getAsJsonArray("loss_rec_kl_before_each_step_float64")
                        .get(step - 1)
                        .getAsJsonArray()
                        .get(which.ordinal())
                        .getAsDouble());
    }

    /** Loss, reconstruction or KL of the first step, as stored by themselves. */
    double firstScalar(Scalar which) {
        String key =
                switch (which) {
                    case LOSS -> "loss";
                    case RECONSTRUCTION -> "rec_sum";
                    case KL -> "kl_sum";
                };
        return read("step1." + key, () -> json.getAsJsonObject("step1").get(key).getAsDouble());
    }

    /**
     * The norm of a whole gradient or parameter.
     *
     * @param group grad, step1, step2, ...
     */
    double norm(String group, String own) {
        String parameter = stored(own);
        return read(
                "l2_norm_float64." + group + "." + parameter,
                () -> json.getAsJsonObject("l2_norm_float64")
                        .getAsJsonObject(group)
                        .get(parameter)
                        .getAsDouble());
    }

    private double read(String what, DoubleSupplier number) {
        try {
            return number.getAsDouble();
        } catch (RuntimeException e) {
            throw new UserError(file + ": has no number " + what + "; the file is damaged or no golden case", e);
        }
    }
}
