package io.jcuvae.train;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Table;
import io.jcuvae.data.ValueKind;
import java.util.Locale;

/**
 * What a model was trained on, kept with it so that later figures can be compared honestly.
 *
 * @param source as the user named it
 * @param fingerprint of the training rows
 * @param count training rows
 * @param testCount held-out rows
 * @param shape of a sample
 * @param values binary, within [0, 1], or any
 * @param classes that the model is told, in the order of its one-hot rows
 * @param labels fingerprint of the training rows' classes, or null where the model is not told them
 * @param table what is known of the columns, and how they are standardised
 */
public record DataRecord(
        String source,
        String fingerprint,
        int count,
        int testCount,
        SampleShape shape,
        ValueKind values,
        Classes classes,
        String labels,
        Table table) {

    private static final String UNKNOWN = "unknown";

    /** Describes the two parts of a source. */
    public static DataRecord of(String source, Dataset train, Dataset test) {
        return of(source, train, test, Classes.NONE);
    }

    /**
     * Describes the two parts of a source.
     *
     * @param classes that the model is told
     * @throws io.jcuvae.tensor.UserError if rows have no label, or one of another class
     */
    public static DataRecord of(String source, Dataset train, Dataset test, Classes classes) {
        return of(source, train, test, classes, Table.NONE);
    }

    /**
     * Describes the two parts of a source.
     *
     * @param train the rows as the source has them
     * @param classes that the model is told
     * @param table how the model's rows are made of them
     * @throws io.jcuvae.tensor.UserError if rows have no label, or one of another class
     */
    public static DataRecord of(String source, Dataset train, Dataset test, Classes classes, Table table) {
        RowLabels.of(classes, test);
        return new DataRecord(
                source,
                train.fingerprint(),
                train.count(),
                test.count(),
                train.shape(),
                table.given() ? ValueKind.REAL : train.values(),
                classes,
                classes.count() == 0 ? null : RowLabels.of(classes, train).fingerprint(),
                table);
    }

    /**
     * The same of rows that lie in several places.
     *
     * @param print of all of them together
     * @param rows of all of them
     */
    DataRecord spread(String print, int rows) {
        return new DataRecord(source, print, rows, testCount, shape, values, classes, labels, table);
    }

    /** Of a model that was trained elsewhere on something. */
    static DataRecord unknown(SampleShape shape, boolean unit, Classes classes) {
        return new DataRecord(
                UNKNOWN,
                UNKNOWN,
                0,
                0,
                shape,
                unit ? ValueKind.UNIT : ValueKind.REAL,
                classes,
                classes.count() == 0 ? null : UNKNOWN,
                Table.NONE);
    }

    /** Whether it is known what that was. */
    public boolean known() {
        return !fingerprint.equals(UNKNOWN);
    }

    /** As it stands in config.json and in model files. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("source", source);
        json.addProperty("fingerprint", fingerprint);
        json.addProperty("train_count", count);
        json.addProperty("test_count", testCount);
        JsonArray sizes = new JsonArray();
        for (int size : shape.sizes()) {
            sizes.add(size);
        }
        json.add("sample_shape", sizes);
        json.addProperty("values", values.name().toLowerCase(Locale.ROOT));
        if (classes.count() > 0) {
            JsonArray names = new JsonArray();
            classes.names().forEach(names::add);
            json.add("classes", names);
            json.addProperty("labels_fingerprint", labels);
        }
        if (table.given()) {
            json.add("table", table.toJson());
        }
        return json;
    }

    /** Reads {@link #toJson()}; throws runtime exceptions of Gson's on anything else. */
    static DataRecord fromJson(JsonObject json) {
        JsonArray sizes = json.getAsJsonArray("sample_shape");
        int[] shape = new int[sizes.size()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = sizes.get(i).getAsInt();
        }
        return new DataRecord(
                json.get("source").getAsString(),
                json.get("fingerprint").getAsString(),
                json.get("train_count").getAsInt(),
                json.get("test_count").getAsInt(),
                new SampleShape(shape),
                ValueKind.valueOf(json.get("values").getAsString().toUpperCase(Locale.ROOT)),
                !json.has("classes")
                        ? Classes.NONE
                        : new Classes(json.getAsJsonArray("classes").asList().stream()
                                .map(JsonElement::getAsString)
                                .toList()),
                json.has("labels_fingerprint") ? json.get("labels_fingerprint").getAsString() : null,
                json.has("table") ? Table.fromJson(json.getAsJsonObject("table")) : Table.NONE);
    }
}
