package io.jcuvae.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
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
public record TableColumn(String name, Kind kind, List<String> levels, double mean, double deviation, long missing) {
    /** What values of a column are. */
    public enum Kind {
        /** Any finite numbers. */
        NUMERIC,
        /** 0 or 1, or one of two names. */
        BINARY,
        /** One of several names. */
        CATEGORICAL,
        /** Whole numbers from 0. */
        COUNT;

        /** The name in files: lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Keeps the levels. */
    public TableColumn {
        levels = List.copyOf(levels);
        if (!(deviation > 0 && Double.isFinite(deviation) && Double.isFinite(mean))) {
            throw new IllegalArgumentException("column " + name + ": mean " + mean + ", deviation " + deviation);
        }
    }

    /** A column of numbers. */
    public static TableColumn numeric(String name, double mean, double deviation) {
        return new TableColumn(name, Kind.NUMERIC, List.of(), mean, deviation, 0);
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
        if (kind == Kind.NUMERIC || kind == Kind.COUNT) {
            json.addProperty("mean", mean);
            json.addProperty("deviation", deviation);
        }
        json.addProperty("missing", missing);
        return json;
    }

    static TableColumn fromJson(JsonObject json) {
        return new TableColumn(
                json.get("name").getAsString(),
                Kind.valueOf(json.get("kind").getAsString().toUpperCase(Locale.ROOT)),
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
