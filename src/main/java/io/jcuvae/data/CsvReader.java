package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A table of numbers in UTF-8 text: fields parted by comma, semicolon or tab (whichever the first line has most of),
 * with or without a line of names.
 *
 * <p>The first line is one of names if a field in it is neither a number nor a gap, or if it counts 0, 1, 2, ... as
 * nameless tables do when a data frame writes them. A column named label or y holds labels; a column without a name
 * beside named ones is a row index and is left out with a warning.
 */
final class CsvReader implements SampleReader {
    private static final List<String> LABEL_NAMES = List.of("label", "y");

    private final String file;
    private final TableLines lines;
    private final boolean keepLabels;
    private final List<String> warnings = new ArrayList<>();
    private int fields;
    private int[] columns;
    private int labelField = -1;
    private int[] labels = new int[1024];
    private int labelled;
    private boolean pending;
    private final SampleShape shape;

    /**
     * Reads the names, if any.
     *
     * @param wanted chooses columns by name where any name fits it; else all columns are read
     */
    CsvReader(TableLines lines, boolean keepLabels, Predicate<String> wanted) {
        this(lines, keepLabels, wanted, NamedColumns.ALL);
    }

    /**
     * Reads the names, if any.
     *
     * @param named the columns to take, where the table names them
     */
    CsvReader(TableLines lines, boolean keepLabels, NamedColumns named) {
        this(lines, keepLabels, name -> true, named);
    }

    private CsvReader(TableLines lines, boolean keepLabels, Predicate<String> wanted, NamedColumns named) {
        this.file = lines.name();
        this.keepLabels = keepLabels;
        this.lines = lines;
        try {
            pending = lines.next();
            if (!pending) {
                throw new UserError(file + ": is empty; at least one line of numbers is needed");
            }
            fields = lines.fields();
            warnings.addAll(lines.warnings());
            List<String> names = names(named.asked() && named.given());
            if (named.given() && names != null) {
                choose(named, names);
            } else {
                choose(wanted, names == null ? null : lowerCase(names));
            }
            if (columns.length == 0 || columns.length > ArrayHeader.WIDEST) {
                throw new UserError(file + ": has " + columns.length + " columns of values; 1 to " + ArrayHeader.WIDEST
                        + " are accepted");
            }
            shape = new SampleShape(columns.length);
        } catch (RuntimeException e) {
            lines.close();
            throw e;
        }
    }

    private static String[] lowerCase(List<String> names) {
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toArray(String[]::new);
    }

    private void choose(NamedColumns named, List<String> names) {
        if (!named.label().isEmpty()) {
            labelField = named.place(file, "--label-column", named.label(), names);
        } else {
            for (int field = 0; field < fields && labelField < 0; field++) {
                boolean usual = LABEL_NAMES.contains(names.get(field).toLowerCase(Locale.ROOT));
                labelField = usual && !named.names().contains(names.get(field)) ? field : -1;
            }
        }
        columns = named.names().isEmpty()
                ? IntStream.range(0, fields)
                        .filter(field ->
                                field != labelField && !names.get(field).isEmpty())
                        .toArray()
                : named.names().stream()
                        .mapToInt(name -> named.place(file, "--columns", name, names))
                        .toArray();
    }

    private void choose(Predicate<String> wanted, String[] names) {
        int[] chosen = new int[fields];
        int count = 0;
        boolean anyWanted = names != null && Arrays.stream(names).anyMatch(wanted);
        for (int field = 0; field < fields; field++) {
            if (names != null && LABEL_NAMES.contains(names[field])) {
                if (labelField >= 0) {
                    throw new UserError(file + ": has two columns of labels (named label or y); rename or remove one");
                }
                labelField = field;
            } else if (names != null && names[field].isEmpty()) {
                warnings.add(file + ": column " + (field + 1) + " has no name, is taken for a row index and left out");
            } else if (!anyWanted || wanted.test(names[field])) {
                chosen[count++] = field;
            }
        }
        columns = Arrays.copyOf(chosen, count);
    }

    /**
     * The names in the first line, or null if it is a line of values.
     *
     * @param sure whether it is one of names, whatever it looks like
     */
    private List<String> names(boolean sure) {
        if (lines.names() != null) {
            return lines.names();
        }
        boolean word = false;
        boolean counting = fields >= 3;
        for (int field = 0; field < fields; field++) {
            String text = lines.text(field);
            counting &= text.equals(Integer.toString(field));
            word |= !text.isEmpty() && !lines.isNumber(field) && !CsvNumber.isGap(text);
        }
        if (!word && !counting && !sure) {
            return null;
        }
        if (counting && !sure) {
            warnings.add(file + ": line 1 counts 0, 1, 2, ... and is taken for column names");
        }
        List<String> names = new ArrayList<>();
        for (int field = 0; field < fields; field++) {
            // A header that numpy.savetxt wrote begins with a number sign.
            String text = lines.text(field);
            names.add(field == 0 && text.startsWith("#") ? text.substring(1).strip() : text);
        }
        pending = false;
        return names;
    }

    /** What was left out or guessed, one line each. */
    List<String> warnings() {
        return List.copyOf(warnings);
    }

    /** The labels of all rows read so far, or null if there is no column of labels. */
    int[] labels() {
        return labelField < 0 || !keepLabels ? null : Arrays.copyOf(labels, labelled);
    }

    @Override
    public SampleShape shape() {
        return shape;
    }

    @Override
    public long count() {
        return -1;
    }

    @Override
    public int read(float[] out, int maxRows) {
        int rows = 0;
        while (rows < maxRows && nextRow()) {
            for (int c = 0; c < columns.length; c++) {
                out[rows * columns.length + c] = number(columns[c]);
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
        if (!pending) {
            if (!lines.next()) {
                return false;
            }
        }
        pending = false;
        if (lines.fields() != fields) {
            throw new UserError(file + ": " + lines.place() + " has " + lines.fields() + " fields where the first has "
                    + fields + "; every line needs the same number of fields");
        }
        return true;
    }

    private float number(int field) {
        try {
            double value = lines.value(field);
            if (Float.isFinite((float) value)) {
                return (float) value;
            }
        } catch (NumberFormatException e) {
            String text = lines.text(field);
            if (!CsvNumber.isGap(text)) {
                throw fault(field, text.isEmpty() ? "is empty" : "is " + Faults.quoted(text) + ", which is no number");
            }
        }
        throw fault(
                field, "is " + Faults.quoted(lines.text(field)) + ", which is no finite number that a float can hold");
    }

    private int label() {
        try {
            double value = lines.value(labelField);
            if ((int) value == value) {
                return (int) value;
            }
        } catch (NumberFormatException e) {
            // Told below, like a number that is not whole.
        }
        throw fault(
                labelField,
                "has the label " + Faults.quoted(lines.text(labelField)) + ", which is no whole number of 32"
                        + " bits (rename the column if it is a feature)");
    }

    private UserError fault(int field, String found) {
        return new UserError(file + ": " + lines.place() + ", column " + (field + 1) + " " + found
                + "; every field needs a decimal number such as 0.5 or -1e-3 (columns of text take train --schema)");
    }

    @Override
    public void close() {
        lines.close();
    }
}
