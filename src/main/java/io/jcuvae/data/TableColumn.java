package io.jcuvae.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.TableLayout;
import java.util.List;
import java.util.Locale;

/**
 * A column of a table as a model knows it: what kind it is, and what was found in it when the model was trained.
 *
 * @param name in a file's first line
 * @param kind of its values
 * @param levels names of the values of a categorical column, in the order of their numbers; of a binary one two or none, for 0
 *     and 1; else empty
 * @param mean of the training rows' values, of log(1 + x) for counts; 0 where nothing is standardised
 * @param deviation of the same about their mean, 1 where they do not vary or nothing is standardised
 * @param missing how many of the training rows have no value here
 */
public record TableColumn(
        String name, ColumnKind kind, List<String> levels, double mean, double deviation, long missing) {
    /** Keeps the levels. */
    public TableColumn {
        levels = List.copyOf(levels);
        if (!(deviation > 0 && Double.isFinite(deviation) && Double.isFinite(mean))) {
            throw new IllegalArgumentException("column " + name + ": mean " + mean + ", deviation " + deviation);
        }
    }

    /** A column of numbers. */
    public static TableColumn numeric(String name, double mean, double deviation) {
        return new TableColumn(name, ColumnKind.NUMERIC, List.of(), mean, deviation, 0);
    }

    /** Whether its levels are still to be found. */
    boolean isOpen() {
        return kind == ColumnKind.CATEGORICAL && levels.isEmpty();
    }

    /** What a network is told: the encoder whether a value is missing where that occurred in training. */
    TableLayout.Column layout() {
        boolean counts = kind == ColumnKind.COUNT;
        return new TableLayout.Column(
                kind,
                kind == ColumnKind.CATEGORICAL ? levels.size() : 1,
                missing > 0,
                counts ? mean : 0,
                counts ? 1 / deviation : 1,
                // A density of x / s is s times that of x.
                kind == ColumnKind.NUMERIC ? Math.log(deviation) : 0);
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("name", name);
        json.addProperty("kind", kind.label());
        if (!levels.isEmpty()) {
            JsonArray names = new JsonArray();
            levels.forEach(names::add);
            json.add("levels", names);
        }
        if (kind == ColumnKind.NUMERIC || kind == ColumnKind.COUNT) {
            json.addProperty("mean", mean);
            json.addProperty("deviation", deviation);
        }
        json.addProperty("missing", missing);
        return json;
    }

    static TableColumn fromJson(JsonObject json) {
        return new TableColumn(
                json.get("name").getAsString(),
                ColumnKind.valueOf(json.get("kind").getAsString().toUpperCase(Locale.ROOT)),
                !json.has("levels")
                        ? List.of()
                        : json.getAsJsonArray("levels").asList().stream()
                                .map(JsonElement::getAsString)
                                .toList(),
                json.has("mean") ? json.get("mean").getAsDouble() : 0,
                json.has("deviation") ? json.get("deviation").getAsDouble() : 1,
                json.get("missing").getAsLong());
    }
}
