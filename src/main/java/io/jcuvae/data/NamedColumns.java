package io.jcuvae.data;

import io.jcuvae.tensor.NearestWord;
import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Which columns of a table are features, and which one holds the labels.
 *
 * @param names of the features, in the order that rows have them; empty for all that are left
 * @param label the name of the column of labels; empty for label or y, if there is one
 * @param asked whether data whose columns have no names are refused; else they are taken as they are
 * @param labelAsked whether data without such a label are refused; else they have none
 */
public record NamedColumns(List<String> names, String label, boolean asked, boolean labelAsked) {
    /** All columns; label or y is the label. */
    public static final NamedColumns ALL = new NamedColumns(List.of(), "", false, false);

    /** What stands for all columns. */
    public static final String EVERY = "all";

    /** What stands for a label called label or y. */
    public static final String USUAL = "auto";

    /** Keeps the names. */
    public NamedColumns {
        names = List.copyOf(names);
    }

    /**
     * Reads names with commas between.
     *
     * @param columns or {@link #EVERY}
     * @param label or {@link #USUAL}
     * @throws UserError for a name that is empty or comes twice
     */
    public static NamedColumns parse(String columns, String label, boolean asked) {
        List<String> names = columns.equals(EVERY)
                ? List.of()
                : Arrays.stream(columns.split(",", -1)).map(String::strip).toList();
        if (names.contains("") || names.stream().distinct().count() < names.size()) {
            throw new UserError("--columns: must be different names with commas between, as in age,weight, or " + EVERY
                    + "; got " + Faults.quoted(columns));
        }
        if (names.contains(label)) {
            throw new UserError("--columns: " + Faults.quoted(label)
                    + " holds the labels (--label-column) and cannot be a" + " feature, too; leave it out of one");
        }
        return new NamedColumns(names, label.equals(USUAL) ? "" : label, asked, asked);
    }

    /** The same of data that need not have them. */
    public NamedColumns whereThereAre() {
        return new NamedColumns(names, label, false, false);
    }

    /** The same of data that need not have the label. */
    public NamedColumns labelWhereThereIsOne() {
        return new NamedColumns(names, label, asked, false);
    }

    /** Whether anything is said. */
    public boolean given() {
        return !names.isEmpty() || !label.isEmpty();
    }

    /** The options that say it, for messages. */
    String options() {
        return names.isEmpty() ? "--label-column" : label.isEmpty() ? "--columns" : "--columns and --label-column";
    }

    /**
     * The place of a column; upper and lower case are told apart only where they must be.
     *
     * @param option that names it, for messages
     * @return -1 for a label that nobody asked for
     * @throws UserError if there is none
     */
    int place(String file, String option, String name, List<String> there) {
        int place = there.indexOf(name);
        if (place < 0) {
            List<String> lower =
                    there.stream().map(text -> text.toLowerCase(Locale.ROOT)).toList();
            place = lower.indexOf(name.toLowerCase(Locale.ROOT));
        }
        if (place < 0 && (labelAsked || !name.equals(label))) {
            throw new UserError(file + ": has no column " + Faults.quoted(name) + NearestWord.hint(name, there)
                    + ", which " + option + " names; it has " + Faults.printable(String.join(", ", there)));
        }
        return place;
    }

    /**
     * A schema with those columns alone, in its own order.
     *
     * @throws UserError if it has no such column
     */
    Table of(Table schema) {
        if (!given()) {
            return schema;
        }
        List<String> known = schema.columns().stream().map(TableColumn::name).toList();
        names.forEach(name -> place("--schema", "--columns", name, known));
        List<TableColumn> kept = schema.columns().stream()
                .filter(column -> names.isEmpty() || names.contains(column.name()))
                .filter(column -> !column.name().equals(label))
                .toList();
        List<String> ignored = new ArrayList<>(schema.text().ignored());
        known.stream()
                .filter(name -> kept.stream().noneMatch(column -> column.name().equals(name)))
                .forEach(ignored::add);
        TableText text = schema.text();
        return new Table(kept, new TableText(text.missing(), ignored, label.isEmpty() ? text.label() : label));
    }
}
