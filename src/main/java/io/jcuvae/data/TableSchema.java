package io.jcuvae.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.NearestWord;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The file that says what the columns of a table are: {@code {"columns": [{"name": "age", "kind": "numeric"}, {"name": "sex",
 * "kind": "categorical", "levels": ["f", "m"]}, ...], "missing": ["", "NA"]}}. Kinds are those of {@link ColumnKind}, and {@code
 * ignore} and {@code label}.
 */
public final class TableSchema {
    private static final String IGNORE = "ignore";
    private static final String LABEL = "label";
    private static final List<String> KINDS = Stream.concat(
                    Arrays.stream(ColumnKind.values()).map(ColumnKind::label), Stream.of(IGNORE, LABEL))
            .toList();
    private static final List<String> USUAL_GAPS = List.of("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?");
    private static final int FEW = 50;
    private static final int REMEMBERED = 10_000;

    private final String file;
    private final List<TableColumn> columns = new ArrayList<>();
    private final List<String> ignored = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private String label = "";

    private TableSchema(String file) {
        this.file = file;
    }

    /**
     * Reads a schema. Categorical columns may leave their levels open.
     *
     * @throws UserError if the file cannot be read or is no schema, naming the column at fault
     */
    public static Table read(Path path) {
        String name = Faults.name(path);
        JsonElement json;
        try {
            json = JsonParser.parseString(Files.readString(path));
        } catch (IOException e) {
            throw new UserError(
                    name + ": cannot be read" + (Files.exists(path) ? "" : ", there is no such file")
                            + "; --schema takes a JSON file, and 'schema --data FILE.csv --out " + name
                            + "' proposes one",
                    e);
        } catch (JsonParseException e) {
            throw new UserError(name + ": is not valid JSON; see docs/tables.md for what a schema is", e);
        }
        return new TableSchema(name).table(json);
    }

    private Table table(JsonElement json) {
        if (!json.isJsonObject()
                || !isTexts(json.getAsJsonObject().get("missing"), true)
                || !(json.getAsJsonObject().get("columns") instanceof JsonArray list)) {
            throw new UserError(
                    file + ": is no schema; expected {\"columns\": [{\"name\": \"age\", \"kind\": \"numeric\"},"
                            + " ...], \"missing\": [\"\", \"NA\"]}");
        }
        requireKeys(json.getAsJsonObject(), "the schema", List.of("columns", "missing"));
        for (int i = 0; i < list.size(); i++) {
            column(list.get(i), "column " + (i + 1));
        }
        if (columns.isEmpty()) {
            throw new UserError(file + ": has no column to model; at least one is needed that is not ignored");
        }
        JsonElement missing = json.getAsJsonObject().get("missing");
        return new Table(
                columns,
                new TableText(
                        missing == null ? List.of("") : TableText.texts(missing.getAsJsonArray()), ignored, label));
    }

    private static boolean isTexts(JsonElement json, boolean orNothing) {
        return json == null
                ? orNothing
                : json.isJsonArray()
                        && json.getAsJsonArray().asList().stream()
                                .allMatch(text -> text.isJsonPrimitive()
                                        && text.getAsJsonPrimitive().isString());
    }

    private void requireKeys(JsonObject json, String what, List<String> known) {
        for (String key : json.keySet()) {
            if (!known.contains(key)) {
                throw new UserError(file + ": " + what + ": unknown key " + Faults.quoted(key)
                        + NearestWord.hint(key, known) + " (known are " + String.join(", ", known) + ")");
            }
        }
    }

    private void column(JsonElement json, String place) {
        if (!json.isJsonObject()
                || !(isText(json.getAsJsonObject().get("name"))
                        && isText(json.getAsJsonObject().get("kind")))) {
            throw new UserError(file + ": " + place + ": needs a name and a kind, as in {\"name\": \"age\", \"kind\":"
                    + " \"numeric\"}");
        }
        JsonObject column = json.getAsJsonObject();
        String name = column.get("name").getAsString();
        String what = "column " + Faults.quoted(name);
        requireKeys(column, what, List.of("name", "kind", "levels"));
        if (name.isEmpty() || !names.add(name)) {
            throw new UserError(
                    file + ": " + place + ": " + (name.isEmpty() ? "has an empty name" : what + " comes twice"));
        }
        String kind = column.get("kind").getAsString();
        if (!KINDS.contains(kind)) {
            throw new UserError(file + ": " + what + ": there is no kind " + Faults.quoted(kind)
                    + NearestWord.hint(kind, KINDS) + " (there are " + String.join(", ", KINDS) + ")");
        }
        List<String> levels = levels(column.get("levels"), kind, what);
        if (kind.equals(IGNORE)) {
            ignored.add(name);
        } else if (kind.equals(LABEL)) {
            if (!label.isEmpty()) {
                throw new UserError(file + ": " + what + ": is a second column of labels; ignore one");
            }
            label = name;
        } else {
            columns.add(new TableColumn(name, ColumnKind.valueOf(kind.toUpperCase(Locale.ROOT)), levels, 0, 1, 0));
        }
    }

    private static boolean isText(JsonElement json) {
        return json != null
                && json.isJsonPrimitive()
                && json.getAsJsonPrimitive().isString();
    }

    private List<String> levels(JsonElement json, String kind, String what) {
        if (json == null) {
            return List.of();
        }
        boolean binary = kind.equals(ColumnKind.BINARY.label());
        if (!isTexts(json, false) || !(binary || kind.equals(ColumnKind.CATEGORICAL.label()))) {
            throw new UserError(file + ": " + what
                    + ": levels are a list of texts, as in [\"f\", \"m\"], of a categorical or" + " binary column");
        }
        List<String> levels = TableText.texts(json.getAsJsonArray());
        if (new HashSet<>(levels).size() < levels.size() || levels.size() < 2 || binary && levels.size() > 2) {
            throw new UserError(file + ": " + what + ": has the levels " + String.join(", ", levels) + "; "
                    + (binary ? "two" : "two or more") + " different ones are needed");
        }
        return levels;
    }

    // ---- proposing one

    /** What was seen in a column. */
    private static final class Seen {
        final String name;
        final TreeSet<String> values = new TreeSet<>(TableReader.LEVELS);
        boolean many;
        long missing;
        boolean numbers = true;
        boolean whole = true;
        boolean consecutive = true;
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        private double last = Double.NaN;

        Seen(String name) {
            this.name = name;
        }

        void see(String text, TableLines lines, int field) {
            if (!many) {
                values.add(text);
                many = values.size() >= REMEMBERED;
            }
            double value;
            try {
                value = lines.value(field);
            } catch (NumberFormatException e) {
                numbers = false;
                return;
            }
            whole &= value == Math.rint(value);
            consecutive &= Double.isNaN(last) || value == last + 1;
            least = Math.min(least, value);
            most = Math.max(most, value);
            last = value;
        }

        /** The column's entry. */
        JsonObject describe(long rows) {
            JsonObject json = new JsonObject();
            json.addProperty("name", name);
            String kind = kind(rows);
            json.addProperty("kind", kind);
            boolean zeroAndOne = values.equals(Set.of("0", "1"));
            if (kind.equals("categorical") || kind.equals("binary") && !zeroAndOne) {
                json.add("levels", TableText.array(List.copyOf(values)));
            }
            return json;
        }

        private String kind(long rows) {
            long there = rows - missing;
            if (numbers && whole && List.of("label", "y").contains(name)) {
                return LABEL;
            }
            if (there == 0 || values.size() < 2) {
                return IGNORE;
            }
            if (values.size() == 2) {
                return "binary";
            }
            if (!numbers) {
                return values.size() <= FEW && values.size() <= there / 2 ? "categorical" : IGNORE;
            }
            if (whole && consecutive && there == rows && rows > 2) {
                return IGNORE;
            }
            return whole && least == 0 && most <= TableReader.MOST_COUNT ? "count" : "numeric";
        }

        /** Why it is not modelled, or null. */
        String note(String kind) {
            if (!kind.equals(IGNORE)) {
                return null;
            }
            return "column " + Faults.quoted(name) + " is ignored: "
                    + (values.size() < 2
                            ? "it does not vary"
                            : numbers
                                    ? "it counts the rows"
                                    : "it has " + values.size() + (many ? " or more" : "") + " different texts");
        }
    }

    /**
     * Looks at a table and proposes a schema: two different values are binary, up to {@value #FEW} texts categorical, whole
     * numbers from 0 counts, other numbers numeric. What does not vary, counts the rows, or is text of another kind is ignored.
     *
     * @param notes receives why columns are ignored, one line each
     * @throws UserError if the file is no table with names in its first line
     */
    public static JsonObject propose(Path path, List<String> notes) {
        String file = Faults.name(path);
        List<Seen> seen = new ArrayList<>();
        Set<String> gaps = new TreeSet<>();
        long rows = 0;
        try (TableLines lines = FileKind.lines(path)) {
            if (lines.names() != null) {
                lines.names().forEach(name -> seen.add(new Seen(name)));
                notes.addAll(lines.warnings());
            } else if (!lines.next()) {
                throw new UserError(file + ": is empty; a table begins with a line of column names");
            }
            for (int f = 0; lines.names() == null && f < lines.fields(); f++) {
                if (lines.isNumber(f) || lines.text(f).isEmpty()) {
                    throw new UserError(file + ": line 1, column " + (f + 1) + " is " + Faults.quoted(lines.text(f))
                            + "; the first line of a table names its columns (rows of plain numbers need no schema: train"
                            + " with --preset table)");
                }
                seen.add(new Seen(lines.text(f)));
            }
            while (lines.next()) {
                if (lines.fields() != seen.size()) {
                    throw new UserError(file + ": " + lines.place() + " has " + lines.fields()
                            + " fields where the first has " + seen.size()
                            + "; every line needs the same number of fields");
                }
                rows++;
                for (int f = 0; f < seen.size(); f++) {
                    String text = lines.text(f);
                    if (USUAL_GAPS.contains(text)) {
                        gaps.add(text);
                        seen.get(f).missing++;
                    } else {
                        seen.get(f).see(text, lines, f);
                    }
                }
            }
        }
        JsonObject json = new JsonObject();
        JsonArray columns = new JsonArray();
        for (Seen one : seen) {
            JsonObject column = one.describe(rows);
            columns.add(column);
            String note = one.note(column.get("kind").getAsString());
            if (note != null) {
                notes.add(note);
            }
        }
        json.add("columns", columns);
        gaps.add("");
        json.add("missing", TableText.array(List.copyOf(gaps)));
        return json;
    }
}
