package io.jcuvae.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.jcuvae.nn.LayerJson;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.tensor.Shape;
import java.util.List;

/**
 * The value of {@code --encoder} or {@code --decoder}: layers one by one, or dense ones made from {@code --hidden} and
 * {@code --activation}.
 *
 * @param text {@value #MLP}, or the layers as JSON with every key, so that equal stacks are equal texts
 */
record Stack(String text) {
    /** Dense layers by the other settings. */
    static final String MLP = "mlp";

    /** Takes the place of data that are not known yet: a stack is read when it is set, and again for its data. */
    private static final Shape ANY = Shape.of(1, 1, 1);

    private static final String EXAMPLE =
            "must be " + MLP + " or a JSON array of layers, as in [{\"layer\": \"dense\", \"outputs\": 400}]";

    static Stack encoder(String text) {
        return new Stack(
                text.equals(MLP)
                        ? MLP
                        : LayerJson.print(LayerJson.parse(array(text))).toString());
    }

    static Stack decoder(String text) {
        if (text.equals(MLP)) {
            return new Stack(MLP);
        }
        JsonArray given = array(text);
        JsonArray whole = LayerJson.print(LayerJson.parse(given, ANY));
        if (!given.isEmpty()) {
            JsonObject last = given.get(given.size() - 1).getAsJsonObject();
            for (String key : List.of("channels", "outputs")) {
                JsonPrimitive data = new JsonPrimitive(LayerJson.DATA);
                if (data.equals(last.get(key))) {
                    whole.get(whole.size() - 1).getAsJsonObject().add(key, data);
                }
            }
        }
        return new Stack(whole.toString());
    }

    private static JsonArray array(String text) {
        try {
            JsonElement json = JsonParser.parseString(text);
            if (json.isJsonArray()) {
                return json.getAsJsonArray();
            }
        } catch (JsonParseException e) {
            // Told below.
        }
        throw new IllegalArgumentException(
                EXAMPLE + ", got '" + (text.length() > 60 ? text.substring(0, 60) + "..." : text) + "'");
    }

    boolean isMlp() {
        return text.equals(MLP);
    }

    /**
     * The layers, of an encoder.
     *
     * @throws IllegalStateException for dense layers by other settings
     */
    List<LayerSpec> layers() {
        return LayerJson.parse(array(text));
    }

    /**
     * The layers, of a decoder.
     *
     * @param sample shape of one sample
     * @param parameters P of the likelihood
     */
    List<LayerSpec> layers(Shape sample, int parameters) {
        return LayerJson.parse(array(text), sample, parameters);
    }

    /** As it stands in files. */
    JsonElement toJson() {
        return isMlp() ? new JsonPrimitive(MLP) : array(text);
    }

    @Override
    public String toString() {
        return text;
    }
}
