package io.jcuvae.data;

import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.NearestWord;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;

/**
 * A table in UTF-8 text by the names in its first line: a number for each column of the {@link Table}, in the table's order and
 * the file's units, of a categorical column its level's number, NaN where the value is missing.
 */
final class TableReader implements SampleReader {
    /** Beyond it floats leave out whole numbers. */
    static final int MOST_COUNT = 1 << 24;

    private static final List<String> LABEL_NAMES = List.of("label", "y");

    private final String file;
    private final Table table;
    private final TableLines lines;
    private final boolean keepLabels;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final int[] fields;
    private final List<Map<String, Integer>> levels = new ArrayList<>();
    private int labelField = -1;
    private int[] labels = new int[1024];
    private int labelled;

    /** Reads the names. */
    TableReader(TableLines lines, Table table, boolean keepLabels) {
        file = lines.name();
        this.table = table;
        this.keepLabels = keepLabels;
        this.lines = lines;
        try {
            if (lines.names() != null) {
                names.addAll(lines.names());
            } else if (lines.next()) {
                for (int f = 0; f < lines.fields(); f++) {
                    names.add(lines.text(f));
                }
            } else {
                throw new UserError(file + ": is empty; a table begins with a line of column names");
            }
            warnings.addAll(lines.warnings());
            fields = table.columns().stream()
                    .mapToInt(column -> place(column.name()))
                    .toArray();
            findLabel();
            warnOfOthers();
        } catch (RuntimeException e) {
            lines.close();
            throw e;
        }
        for (TableColumn column : table.columns()) {
            Map<String, Integer> numbers = new HashMap<>();
            column.levels().forEach(level -> numbers.put(level, numbers.size()));
            levels.add(numbers);
        }
    }

    private int place(String name) {
        int place = names.indexOf(name);
        if (place < 0) {
            throw new UserError(file + ": has no column " + Faults.quoted(name) + NearestWord.hint(name, names)
                    + ", which the schema names (it names "
                    + String.join(", ", names.subList(0, Math.min(20, names.size())))
                    + (names.size() > 20 ? ", ..." : "") + ")");
        }
        if (names.lastIndexOf(name) != place) {
            throw new UserError(file + ": has two columns " + Faults.quoted(name) + "; rename one");
        }
        return place;
    }

    private void findLabel() {
        String asked = table.text().label();
        for (int f = 0; f < names.size(); f++) {
            boolean usual = asked.isEmpty() && LABEL_NAMES.contains(names.get(f)) && !known(names.get(f));
            if (names.get(f).equals(asked) && !asked.isEmpty() || usual) {
                labelField = f;
            }
        }
    }

    private boolean known(String name) {
        return table.text().ignored().contains(name)
                || table.columns().stream().anyMatch(column -> column.name().equals(name));
    }

    private void warnOfOthers() {
        for (int f = 0; f < names.size(); f++) {
            if (f != labelField && !known(names.get(f))) {
                warnings.add(file + ": column " + (f + 1) + ", " + Faults.quoted(names.get(f))
                        + ", is not in the schema and left out");
            }
        }
    }

    /** What was left out, one line each. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** The labels of all rows read so far, or null if there is no column of labels. */
    int[] labels() {
        return labelField < 0 || !keepLabels ? null : Arrays.copyOf(labels, labelled);
    }

    @Override
    public SampleShape shape() {
        return new SampleShape(fields.length);
    }

    @Override
    public long count() {
        return -1;
    }

    @Override
    public int read(float[] out, int maxRows) {
        int rows = 0;
        while (rows < maxRows && nextRow()) {
            for (int c = 0; c < fields.length; c++) {
                out[rows * fields.length + c] = value(c);
            }
            if (labelField >= 0 && keepLabels) {
                if (labelled == labels.length) {
                    labels = Arrays.copyOf(labels, 2 * labelled);
                }
                labels[labelled++] = label();
            }
            rows++;
        }
        return rows;
    }

    private boolean nextRow() {
        if (!lines.next()) {
            return false;
        }
        if (lines.fields() != names.size()) {
            throw new UserError(file + ": " + lines.place() + " has " + lines.fields() + " fields where the first has "
                    + names.size() + "; every line needs the same number of fields");
        }
        return true;
    }

    private float value(int c) {
        TableColumn column = table.columns().get(c);
        String text = lines.text(fields[c]);
        if (table.text().missing().contains(text)) {
            return Float.NaN;
        }
        if (!column.levels().isEmpty()) {
            Integer level = levels.get(c).get(text);
            if (level == null) {
                throw fault(
                        fields[c],
                        text,
                        ", which is no level of it" + NearestWord.hint(text, column.levels()) + " (they are "
                                + String.join(
                                        ", ",
                                        column.levels()
                                                .subList(
                                                        0,
                                                        Math.min(
                                                                20,
                                                                column.levels().size())))
                                + (column.levels().size() > 20 ? ", ..." : "") + ")");
            }
            return level;
        }
        double value = number(fields[c], text);
        if (column.kind() == ColumnKind.BINARY && value != 0 && value != 1) {
            throw fault(fields[c], text, "; a binary column has 0 and 1, or two \"levels\" in the schema");
        }
        if (column.kind() == ColumnKind.COUNT && !(value >= 0 && value <= MOST_COUNT && value == Math.rint(value))) {
            throw fault(fields[c], text, "; a count is a whole number from 0 to " + MOST_COUNT);
        }
        return (float) value;
    }

    private double number(int field, String text) {
        try {
            double value = lines.value(field);
            if (Float.isFinite((float) value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below, like a number that no float can hold.
        }
        throw fault(
                field,
                text,
                ", which is no number; where a value is missing the schema lists what stands for it, as in \"missing\":"
                        + " [\"\", \"NA\"]");
    }

    private int label() {
        String text = lines.text(labelField);
        try {
            double value = lines.value(labelField);
            if ((int) value == value) {
                return (int) value;
            }
        } catch (NumberFormatException e) {
            // Told below, like a number that is not whole.
        }
        throw fault(labelField, text, "; labels are whole numbers of 32 bits");
    }

    private UserError fault(int field, String text, String why) {
        return new UserError(file + ": " + lines.place() + ", column " + Faults.quoted(names.get(field)) + " is "
                + Faults.quoted(text) + why);
    }

    @Override
    public void close() {
        lines.close();
    }

    /**
     * The table with the levels that a file has in those categorical columns that leave them open, in the order of the alphabet,
     * or of size where all are numbers.
     *
     * @throws UserError where there are fewer than two, or more than a column can have
     */
    static Table withLevels(Table table, Supplier<TableLines> source) {
        if (table.columns().stream().noneMatch(TableColumn::isOpen)) {
            return table;
        }
        List<TreeSet<String>> found = new ArrayList<>();
        table.columns().forEach(column -> found.add(new TreeSet<>(LEVELS)));
        List<TableColumn> columns = new ArrayList<>(table.columns());
        String file;
        try (TableReader reader = new TableReader(source.get(), table, false)) {
            file = reader.file;
            while (reader.nextRow()) {
                for (int c = 0; c < columns.size(); c++) {
                    String text = reader.lines.text(reader.fields[c]);
                    if (columns.get(c).isOpen() && !table.text().missing().contains(text)) {
                        found.get(c).add(text);
                        if (found.get(c).size() > TableLayout.MOST_LEVELS) {
                            throw new UserError(reader.file + ": column "
                                    + Faults.quoted(columns.get(c).name())
                                    + " has more than " + TableLayout.MOST_LEVELS
                                    + " levels; give it another kind in the schema, as \"ignore\"");
                        }
                    }
                }
            }
        }
        for (int c = 0; c < columns.size(); c++) {
            TableColumn column = columns.get(c);
            if (column.isOpen()) {
                if (found.get(c).size() < 2) {
                    throw new UserError(file + ": column " + Faults.quoted(column.name()) + " has only "
                            + (found.get(c).isEmpty()
                                    ? "missing values"
                                    : "the level " + found.get(c).first())
                            + ", which tells nothing; give it the kind \"ignore\" in the schema");
                }
                columns.set(c, new TableColumn(column.name(), column.kind(), List.copyOf(found.get(c)), 0, 1, 0));
            }
        }
        return new Table(columns, table.text());
    }

    /** Numbers by size, before all other texts. */
    static final Comparator<String> LEVELS =
            Comparator.comparingDouble(TableReader::size).thenComparing(Comparator.naturalOrder());

    private static double size(String text) {
        try {
            return Double.parseDouble(text);
        } catch (NumberFormatException e) {
            return Double.POSITIVE_INFINITY;
        }
    }
}
