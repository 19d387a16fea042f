package io.jcuvae.nn;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.NearestWord;
import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Stacks of layers as JSON: an array of objects as in {@code {"layer": "conv2d", "channels": 32, "kernel": 4}}, described in
 * {@code docs/models.md}. A key that is left out has PyTorch's default; a key or layer that is not known is refused, since a
 * misspelt one would be a default unseen. Layers are numbered from 0, as in the names of their parameters.
 */
public final class LayerJson {
    /** What stands for a number that follows from the data, in the last layer of a decoder. */
    public static final String DATA = "data";

    private static final int MOST_CHANNELS = 1_000_000;
    private static final int MOST_EXTENT = 1000;
    private static final int MOST_NESTED = 8;

    private static final Map<String, List<String>> KEYS = Collections.unmodifiableMap(new TreeMap<>(Map.ofEntries(
            Map.entry("conv2d", List.of("channels", "kernel", "stride", "padding", "activation")),
            Map.entry(
                    "conv_transpose2d",
                    List.of("channels", "kernel", "stride", "padding", "output_padding", "activation")),
            Map.entry("batch_norm", List.of("momentum", "epsilon")),
            Map.entry("layer_norm", List.of("epsilon")),
            Map.entry("dropout", List.of("rate")),
            Map.entry("activation", List.of("activation")),
            Map.entry("dense", List.of("outputs", "activation")),
            Map.entry("flatten", List.of()),
            Map.entry("reshape", List.of("shape")),
            Map.entry("upsample", List.of("factor")),
            Map.entry("residual", List.of("block", "shortcut", "activation")))));

    /** What PyTorch calls the layers and keys that have another name here. */
    private static final Map<String, String> IN_PYTORCH = Map.ofEntries(
            Map.entry("linear", "dense"),
            Map.entry("convtranspose2d", "conv_transpose2d"),
            Map.entry("batchnorm2d", "batch_norm"),
            Map.entry("batchnorm1d", "batch_norm"),
            Map.entry("layernorm", "layer_norm"),
            Map.entry("unflatten", "reshape"),
            Map.entry("out_channels", "channels"),
            Map.entry("kernel_size", "kernel"),
            Map.entry("out_features", "outputs"),
            Map.entry("eps", "epsilon"),
            Map.entry("p", "rate"),
            Map.entry("scale_factor", "factor"),
            Map.entry("nonlinearity", "activation"));

    /** The last object of a decoder's stack, which may follow the data; else null. */
    private final JsonElement last;

    /** What it follows. */
    private final Shape sample;
    /** What the decoder gives for each value of a sample. */
    private final int parameters;

    private LayerJson(JsonElement last, Shape sample, int parameters) {
        this.last = last;
        this.sample = sample;
        this.parameters = parameters;
    }

    /**
     * Reads a stack whose every number is given.
     *
     * @throws IllegalArgumentException naming the layer by its number, what was found and what is accepted
     */
    public static List<LayerSpec> parse(JsonArray stack) {
        return new LayerJson(null, null, 1).stack(stack, "", 0);
    }

    /**
     * Reads the stack of a decoder. In its last layer {@code "channels": "data"} are those of the pictures, and
     * {@code "outputs": "data"} the values of a sample.
     *
     * @param sample shape of one sample
     * @throws IllegalArgumentException as {@link #parse(JsonArray)}, or when the data give no such number
     */
    public static List<LayerSpec> parse(JsonArray stack, Shape sample) {
        return parse(stack, sample, 1);
    }

    /**
     * Reads the stack of a decoder that gives several parameters for each value.
     *
     * @param sample shape of one sample
     * @param parameters P: what {@code "data"} is multiplied by
     */
    public static List<LayerSpec> parse(JsonArray stack, Shape sample, int parameters) {
        JsonElement last = stack.isEmpty() ? null : stack.get(stack.size() - 1);
        return new LayerJson(last, sample, parameters).stack(stack, "", 0);
    }

    /** Writes a stack with every key, in a form that {@link #parse(JsonArray)} reads. */
    public static JsonArray print(List<LayerSpec> layers) {
        JsonArray stack = new JsonArray();
        layers.forEach(layer -> stack.add(print(layer)));
        return stack;
    }

    private static JsonObject print(LayerSpec layer) {
        if (layer instanceof Conv2dSpec conv) {
            JsonObject json = named("conv2d");
            json.addProperty("channels", conv.channels());
            json.addProperty("kernel", conv.kernel());
            json.addProperty("stride", conv.stride());
            json.addProperty("padding", conv.padding());
            return activated(json, conv.activation());
        }
        if (layer instanceof ConvTranspose2dSpec conv) {
            JsonObject json = named("conv_transpose2d");
            json.addProperty("channels", conv.channels());
            json.addProperty("kernel", conv.kernel());
            json.addProperty("stride", conv.stride());
            json.addProperty("padding", conv.padding());
            json.addProperty("output_padding", conv.outputPadding());
            return activated(json, conv.activation());
        }
        if (layer instanceof DenseSpec dense) {
            JsonObject json = named("dense");
            json.addProperty("outputs", dense.outputs());
            return activated(json, dense.activation());
        }
        if (layer instanceof BatchNormSpec norm) {
            JsonObject json = named("batch_norm");
            json.addProperty("momentum", norm.momentum());
            json.addProperty("epsilon", norm.epsilon());
            return json;
        }
        return printOther(layer);
    }

    private static JsonObject printOther(LayerSpec layer) {
        if (layer instanceof LayerNormSpec norm) {
            JsonObject json = named("layer_norm");
            json.addProperty("epsilon", norm.epsilon());
            return json;
        }
        if (layer instanceof DropoutSpec dropout) {
            JsonObject json = named("dropout");
            json.addProperty("rate", dropout.rate());
            return json;
        }
        if (layer instanceof ActivationSpec activation) {
            return activated(named("activation"), activation.activation());
        }
        if (layer instanceof ReshapeSpec reshape) {
            JsonObject json = named("reshape");
            json.addProperty("shape", StackShapes.text(reshape.shape()));
            return json;
        }
        if (layer instanceof UpsampleSpec upsample) {
            JsonObject json = named("upsample");
            json.addProperty("factor", upsample.factor());
            return json;
        }
        if (layer instanceof ResidualSpec residual) {
            JsonObject json = named("residual");
            json.add("block", print(residual.block()));
            json.add("shortcut", print(residual.shortcut()));
            return activated(json, residual.activation());
        }
        if (layer instanceof FlattenSpec) {
            return named("flatten");
        }
        throw new IllegalArgumentException("no JSON for " + layer.describe());
    }

    private static JsonObject named(String layer) {
        JsonObject json = new JsonObject();
        json.addProperty("layer", layer);
        return json;
    }

    private static JsonObject activated(JsonObject json, Activation activation) {
        json.addProperty("activation", activation.label());
        return json;
    }

    private List<LayerSpec> stack(JsonElement stack, String where, int nested) {
        if (!stack.isJsonArray()) {
            throw new IllegalArgumentException(where.strip() + " must be an array of layers, got " + shortened(stack));
        }
        List<LayerSpec> layers = new ArrayList<>();
        for (JsonElement element : stack.getAsJsonArray()) {
            layers.add(layer(element, where + "layer " + layers.size(), nested));
        }
        return layers;
    }

    private LayerSpec layer(JsonElement element, String where, int nested) {
        if (!element.isJsonObject()) {
            throw new IllegalArgumentException(
                    where + ": must be an object as in {\"layer\": \"flatten\"}, got " + shortened(element));
        }
        JsonObject json = element.getAsJsonObject();
        JsonElement named = json.get("layer");
        if (named == null || !isText(named)) {
            throw new IllegalArgumentException(
                    where + ": needs \"layer\": NAME, one of " + String.join(", ", KEYS.keySet()));
        }
        String name = named.getAsString();
        if (!KEYS.containsKey(name)) {
            throw new IllegalArgumentException(where + ": unknown layer '" + name + "'" + hint(name, KEYS.keySet())
                    + " (there are " + String.join(", ", KEYS.keySet()) + ")");
        }
        List<String> keys = KEYS.get(name);
        for (String key : json.keySet()) {
            if (!key.equals("layer") && !keys.contains(key)) {
                throw new IllegalArgumentException(where + " " + name + ": unknown key '" + key + "'" + hint(key, keys)
                        + " (" + (keys.isEmpty() ? "it has none" : "it has " + String.join(", ", keys)) + ")");
            }
        }
        if (nested > MOST_NESTED) {
            throw new IllegalArgumentException(where + ": is nested more than " + MOST_NESTED + " deep");
        }
        return new Fields(json, where + " " + name, nested).spec(name);
    }

    private static String hint(String word, Collection<String> words) {
        String here = IN_PYTORCH.get(word.toLowerCase(Locale.ROOT));
        if (here == null && isActivation(word)) {
            here = "activation";
        }
        return here != null && words.contains(here) ? "; did you mean " + here + "?" : NearestWord.hint(word, words);
    }

    private static boolean isActivation(String word) {
        return Arrays.stream(Activation.values()).anyMatch(a -> a.label().equals(word.toLowerCase(Locale.ROOT)));
    }

    private static boolean isText(JsonElement element) {
        return element instanceof JsonPrimitive primitive && primitive.isString();
    }

    private static String shortened(JsonElement element) {
        String text = element.toString();
        return text.length() > 40 ? text.substring(0, 40) + "..." : text;
    }

    /** The keys of one layer. */
    private final class Fields {
        private final JsonObject json;
        private final String where;
        private final int nested;

        private Fields(JsonObject json, String where, int nested) {
            this.json = json;
            this.where = where;
            this.nested = nested;
        }

        private LayerSpec spec(String name) {
            try {
                return switch (name) {
                    case "conv2d" ->
                        new Conv2dSpec(channels(), extent("kernel", 1), stride(), padding("padding"), activation());
                    case "conv_transpose2d" ->
                        new ConvTranspose2dSpec(
                                channels(),
                                extent("kernel", 1),
                                stride(),
                                padding("padding"),
                                padding("output_padding"),
                                activation());
                    case "batch_norm" -> new BatchNormSpec(real("momentum", 0.1), real("epsilon", 1e-5));
                    case "layer_norm" -> new LayerNormSpec(real("epsilon", 1e-5));
                    case "dropout" -> new DropoutSpec(real("rate", 0.5));
                    case "activation" -> {
                        required("activation");
                        yield new ActivationSpec(activation());
                    }
                    case "dense" -> new DenseSpec(outputs(), activation());
                    case "flatten" -> new FlattenSpec();
                    case "reshape" -> new ReshapeSpec(shape());
                    case "upsample" -> new UpsampleSpec(extent("factor", 1));
                    case "residual" ->
                        new ResidualSpec(
                                stack(required("block"), where + " block ", nested + 1),
                                json.has("shortcut")
                                        ? stack(json.get("shortcut"), where + " shortcut ", nested + 1)
                                        : List.of(),
                                activation());
                    default -> throw new IllegalStateException(name + " has keys but no parser");
                };
            } catch (IllegalArgumentException e) {
                throw e.getMessage().startsWith(where)
                        ? e
                        : new IllegalArgumentException(
                                where + ": " + e.getMessage().replaceFirst("^[A-Z][A-Za-z2]*: ", ""), e);
            }
        }

        private JsonElement required(String key) {
            JsonElement value = json.get(key);
            if (value == null) {
                throw new IllegalArgumentException(key + " is missing");
            }
            return value;
        }

        private int channels() {
            if (!followsData("channels")) {
                return wholeNumber("channels", 1, MOST_CHANNELS);
            }
            return parameters
                    * Picture.of(sample)
                            .orElseThrow(
                                    () -> new IllegalArgumentException("channels \"" + DATA + "\" is for pictures, the"
                                            + " data are " + StackShapes.text(sample) + "; give a number"))
                            .channels();
        }

        private int outputs() {
            return followsData("outputs")
                    ? Math.toIntExact(parameters * sample.count())
                    : wholeNumber("outputs", 1, MOST_CHANNELS);
        }

        private boolean followsData(String key) {
            JsonElement value = required(key);
            if (!isText(value) || !value.getAsString().equals(DATA)) {
                return false;
            }
            if (json != last) {
                throw new IllegalArgumentException(
                        key + " can be \"" + DATA + "\" only in the last layer of the decoder; give a number");
            }
            return true;
        }

        private int stride() {
            return json.has("stride") ? extent("stride", 1) : 1;
        }

        private int padding(String key) {
            return json.has(key) ? extent(key, 0) : 0;
        }

        private int extent(String key, int least) {
            return wholeNumber(key, least, MOST_EXTENT);
        }

        private int wholeNumber(String key, int least, int most) {
            double value = number(key, required(key));
            if (value != Math.rint(value) || value < least || value > most) {
                throw refused(key, "a whole number from " + least + " to " + most);
            }
            return (int) value;
        }

        private double real(String key, double otherwise) {
            return json.has(key) ? number(key, json.get(key)) : otherwise;
        }

        private double number(String key, JsonElement value) {
            if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
                double number = primitive.getAsDouble();
                if (Double.isFinite(number)) {
                    return number;
                }
            }
            throw refused(key, "a number");
        }

        private IllegalArgumentException refused(String key, String wanted) {
            return new IllegalArgumentException(key + " must be " + wanted + ", got " + shortened(json.get(key)));
        }

        private Activation activation() {
            JsonElement value = json.get("activation");
            if (value == null) {
                return Activation.IDENTITY;
            }
            List<String> labels =
                    Arrays.stream(Activation.values()).map(Activation::label).toList();
            int index = isText(value) ? labels.indexOf(value.getAsString()) : -1;
            if (index < 0) {
                throw new IllegalArgumentException("unknown activation " + shortened(value)
                        + (isText(value) ? NearestWord.hint(value.getAsString(), labels) : "") + " (there are "
                        + String.join(", ", labels) + ")");
            }
            return Activation.values()[index];
        }

        /** As text, {@code "64x7x7"}, or as an array, {@code [64, 7, 7]}. */
        private Shape shape() {
            JsonElement value = required("shape");
            String text = value.isJsonArray()
                    ? String.join(
                            "x",
                            value.getAsJsonArray().asList().stream()
                                    .map(JsonElement::toString)
                                    .toList())
                    : value.isJsonPrimitive() ? value.getAsString() : "";
            if (!text.matches("[1-9]\\d{0,8}(x[1-9]\\d{0,8}x[1-9]\\d{0,8})?")) {
                throw refused("shape", "\"CxHxW\" as in \"64x7x7\", or one number");
            }
            return Shape.of(
                    Arrays.stream(text.split("x")).mapToInt(Integer::parseInt).toArray());
        }
    }
}
