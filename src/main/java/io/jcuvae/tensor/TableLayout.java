package io.jcuvae.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * How the columns of a table lie in what the encoder sees and in what the decoder says.
 *
 * <p>A row x has one value for each column, NaN where it is missing. The encoder sees, column after column, the value of a
 * numeric or binary one, a one among L of a categorical one, and (log(1 + x) - shift) scale of a count; zeros where the value is
 * missing; and behind all columns, for each that is masked, 1 where its value is missing. The decoder says one number for
 * each column, L for a categorical one.
 *
 * @param columns in the order of a row's values
 */
public record TableLayout(List<Column> columns) {
    /** No table. */
    public static final TableLayout NONE = new TableLayout(List.of());

    /** Numbers that describe a column to a device, see {@link #descriptors}. */
    public static final int FIELDS = 8;

    /** The most categories of a column. */
    public static final int MOST_LEVELS = 4096;

    /**
     * A column.
     *
     * @param kind of its values
     * @param levels L of a categorical column, else 1
     * @param masked whether the encoder is told that its value is missing
     * @param shift what is taken from log(1 + x) of a count, else 0
     * @param scale what that is multiplied by, else 1
     * @param constant nats that are added to each value's negative log-likelihood: of a numeric column the logarithm of its
     *     unit, so that the density is one of the data in their own units
     */
    public record Column(ColumnKind kind, int levels, boolean masked, double shift, double scale, double constant) {
        /** Checks the levels. */
        public Column {
            boolean several = kind == ColumnKind.CATEGORICAL;
            if (several ? levels < 2 || levels > MOST_LEVELS : levels != 1) {
                throw new IllegalArgumentException("a " + kind.label() + " column with " + levels + " levels");
            }
        }

        /** A column of that kind without more about it. */
        public static Column of(ColumnKind kind, int levels) {
            return new Column(kind, levels, false, 0, 1, 0);
        }
    }

    /** Keeps the columns. */
    public TableLayout {
        columns = List.copyOf(columns);
    }

    /** So many numeric columns. */
    public static TableLayout numeric(int count) {
        return new TableLayout(Collections.nCopies(count, Column.of(ColumnKind.NUMERIC, 1)));
    }

    /** Whether there is a table. */
    public boolean given() {
        return !columns.isEmpty();
    }

    /** C, the columns. */
    public int width() {
        return columns.size();
    }

    /** E, the numbers that the encoder sees. */
    public int inputs() {
        return outputs() + (int) columns.stream().filter(Column::masked).count();
    }

    /** W, the numbers that the decoder says. */
    public int outputs() {
        return columns.stream().mapToInt(Column::levels).sum();
    }

    /**
     * What the verbs of {@link TableOps} read, [C, {@value #FIELDS}]: the kind's number, where the column begins in the encoder's
     * input and in the decoder's output, L, the place of its mask or -1, shift, scale and constant.
     */
    public float[] descriptors() {
        List<Float> numbers = new ArrayList<>();
        int at = 0;
        int mask = outputs();
        for (Column column : columns) {
            Collections.addAll(
                    numbers, (float) column.kind().ordinal(), (float) at, (float) at, (float) column.levels());
            Collections.addAll(numbers, column.masked() ? (float) mask++ : -1f);
            Collections.addAll(numbers, (float) column.shift(), (float) column.scale(), (float) column.constant());
            at += column.levels();
        }
        float[] descriptors = new float[numbers.size()];
        for (int i = 0; i < descriptors.length; i++) {
            descriptors[i] = numbers.get(i);
        }
        return descriptors;
    }
}
