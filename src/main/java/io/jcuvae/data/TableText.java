package io.jcuvae.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.List;

/**
 * How a table is read from text beside its columns.
 *
 * @param missing what stands for a value that is not there
 * @param ignored names of columns that are left out
 * @param label name of the column of labels, or empty where that is label or y, if any
 */
public record TableText(List<String> missing, List<String> ignored, String label) {
    /** Keeps the lists. */
    public TableText {
        missing = List.copyOf(missing);
        ignored = List.copyOf(ignored);
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.add("missing", array(missing));
        json.add("ignored", array(ignored));
        json.addProperty("label", label);
        return json;
    }

    static JsonArray array(List<String> texts) {
        JsonArray array = new JsonArray();
        texts.forEach(array::add);
        return array;
    }

    static List<String> texts(JsonArray array) {
        return array.asList().stream().map(JsonElement::getAsString).toList();
    }

    static TableText fromJson(JsonObject json) {
        return new TableText(
                texts(json.getAsJsonArray("missing")),
                texts(json.getAsJsonArray("ignored")),
                json.get("label").getAsString());
    }
}
