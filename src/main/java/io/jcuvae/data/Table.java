package io.jcuvae.data;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.List;

/**
 * The columns of rows of numbers as a model knows them, and the way from a file's rows to the model's and back: numeric columns
 * are standardised, (x - mean) / deviation of the training rows. A model keeps it, so that every command reads files by it and
 * writes values in their own units.
 *
 * @param columns one for each value of a row, in the order of the model's rows; empty where rows are taken as they are
 * @param text how a table is read from text by a schema; null where columns have no names of their own
 */
public record Table(List<TableColumn> columns, TableText text) {
    /** Rows are taken as they are. */
    public static final Table NONE = new Table(List.of(), null);

    /** Keeps the columns. */
    public Table {
        columns = List.copyOf(columns);
    }

    /** Whether it is of a schema, which names the columns. */
    public boolean named() {
        return text != null;
    }

    /** Whether there is anything to do. */
    public boolean given() {
        return !columns.isEmpty();
    }

    /** How the columns lie in a network; nothing for a table without columns. */
    public TableLayout layout() {
        return new TableLayout(columns.stream().map(TableColumn::layout).toList());
    }

    /**
     * Numeric columns with mean and deviation of all rows, called x0, x1, ...; deviations are those of the population (divided
     * by the number of rows).
     */
    public static Table standardizing(Dataset rows) {
        int width = rows.width();
        double[] mean = new double[width];
        double[] squares = new double[width];
        float[] row = new float[width];
        for (int r = 0; r < rows.count(); r++) {
            rows.copyRow(r, row, 0);
            for (int c = 0; c < width; c++) {
                // Welford 1962: a large mean costs no digits.
                double away = row[c] - mean[c];
                mean[c] += away / (r + 1);
                squares[c] += away * (row[c] - mean[c]);
            }
        }
        List<TableColumn> columns = new ArrayList<>();
        for (int c = 0; c < width; c++) {
            columns.add(TableColumn.numeric("x" + c, mean[c], deviation(squares[c] / rows.count(), mean[c])));
        }
        return new Table(columns, null);
    }

    /**
     * The columns of a schema with what is found in training rows.
     *
     * @param rows in the file's units, NaN where a value is missing
     * @throws UserError if a column has no value at all
     */
    public Table fitted(Dataset rows) {
        int width = columns.size();
        requireWidth(rows.shape(), rows.name());
        check(rows.floats(), rows.count(), 0, rows.name());
        List<TableColumn> fitted = new ArrayList<>();
        for (int c = 0; c < width; c++) {
            TableColumn column = columns.get(c);
            double mean = 0;
            double squares = 0;
            int there = 0;
            for (int r = 0; r < rows.count(); r++) {
                float value = rows.floats()[r * width + c];
                if (!Float.isNaN(value)) {
                    double x = column.kind() == ColumnKind.COUNT ? Math.log1p(value) : value;
                    double away = x - mean;
                    mean += away / ++there;
                    squares += away * (x - mean);
                }
            }
            if (there == 0) {
                throw new UserError(rows.name() + ": column " + Faults.quoted(column.name())
                        + " has no value in any of the " + rows.count()
                        + " training rows; give it the kind \"ignore\" in the schema");
            }
            boolean scaled = column.kind() == ColumnKind.NUMERIC || column.kind() == ColumnKind.COUNT;
            fitted.add(new TableColumn(
                    column.name(),
                    column.kind(),
                    column.levels(),
                    scaled ? mean : 0,
                    scaled ? deviation(squares / there, mean) : 1,
                    rows.count() - there));
        }
        return new Table(fitted, text);
    }

    private void requireWidth(SampleShape shape, String name) {
        if (shape.width() != columns.size()) {
            throw new UserError(name + ": has rows of " + shape.width() + " values, the schema has " + columns.size()
                    + " columns; without names they must be as many, in the same order");
        }
    }

    /** Refuses values that a column of the kind cannot have. */
    private void check(float[] rows, int count, long firstRow, String name) {
        int width = columns.size();
        for (int c = 0; c < width; c++) {
            TableColumn column = columns.get(c);
            float most =
                    switch (column.kind()) {
                        case NUMERIC -> Float.NaN;
                        case BINARY -> 1;
                        case CATEGORICAL -> column.levels().size() - 1;
                        case COUNT -> TableReader.MOST_COUNT;
                    };
            for (int r = 0; r < count && column.kind() != ColumnKind.NUMERIC; r++) {
                float value = rows[r * width + c];
                if (!Float.isNaN(value) && !(value >= 0 && value <= most && value == (int) value)) {
                    throw new UserError(name + ": row " + (firstRow + r) + ", column " + Faults.quoted(column.name())
                            + " is " + value + "; a " + column.kind().label() + " column has whole numbers from 0 to "
                            + (int) most);
                }
            }
        }
    }

    /** The root; 1 of what is nothing but rounding beside the mean. */
    static double deviation(double variance, double mean) {
        double deviation = Math.sqrt(variance);
        return deviation > 1e-9 * Math.abs(mean) && deviation > 0 ? deviation : 1;
    }

    /**
     * A file's rows to the model's, in place: numeric columns are standardised, the others stay as they are.
     *
     * @param rows row-major [count, columns]
     */
    public void encode(float[] rows, int count) {
        int width = columns.size();
        for (int c = 0; c < width; c++) {
            if (columns.get(c).kind() != ColumnKind.NUMERIC) {
                continue;
            }
            double mean = columns.get(c).mean();
            double deviation = columns.get(c).deviation();
            for (int r = 0; r < count; r++) {
                rows[r * width + c] = (float) ((rows[r * width + c] - mean) / deviation);
            }
        }
    }

    /**
     * The model's rows to a file's, in place; probabilities become 0 or 1, and rates whole numbers.
     *
     * @param rows row-major [count, columns]
     */
    public void decode(float[] rows, int count) {
        int width = columns.size();
        for (int c = 0; c < width; c++) {
            double mean = columns.get(c).mean();
            double deviation = columns.get(c).deviation();
            for (int r = 0; r < count; r++) {
                int i = r * width + c;
                rows[i] = switch (columns.get(c).kind()) {
                    case NUMERIC -> (float) (mean + deviation * rows[i]);
                    case BINARY, COUNT -> (float) Math.rint(rows[i]);
                    case CATEGORICAL -> rows[i];
                };
            }
        }
    }

    /** The model's rows of a file's; the set itself where they are the same. */
    public Dataset encoded(Dataset rows) {
        if (!given()) {
            return rows;
        }
        int width = rows.width();
        float[] values = new float[Math.multiplyExact(rows.count(), width)];
        for (int r = 0; r < rows.count(); r++) {
            rows.copyRow(r, values, r * width);
        }
        encode(values, rows.count());
        Dataset made = Dataset.ofFloats(rows.name(), rows.shape(), values, rows.labels());
        return rows.labelNames() == null ? made : made.withLabelNames(rows.labelNames());
    }

    /**
     * The model's rows of a reader of a file's.
     *
     * @param reader closed with the result
     * @param name of the file, for messages
     */
    public SampleReader encoded(SampleReader reader, String name) {
        return given() ? new Encoding(reader, this, name, new long[1]) : reader;
    }

    /**
     * A writer of the model's rows in a file's units; what keeps bytes takes 255 times the value as ever.
     *
     * @param file closed with the result
     */
    public RowWriter decoding(RowWriter file) {
        return given() ? new Decoding(file, this) : file;
    }

    /** As it stands in config.json and in model files. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        JsonArray list = new JsonArray();
        columns.forEach(column -> list.add(column.toJson()));
        json.add("columns", list);
        if (named()) {
            json.add("text", text.toJson());
        }
        return json;
    }

    /** Reads {@link #toJson()}; throws runtime exceptions of Gson's on anything else. */
    public static Table fromJson(JsonObject json) {
        return new Table(
                json.getAsJsonArray("columns").asList().stream()
                        .map(column -> TableColumn.fromJson(column.getAsJsonObject()))
                        .toList(),
                json.has("text") ? TableText.fromJson(json.getAsJsonObject("text")) : null);
    }

    private record Encoding(SampleReader reader, Table table, String name, long[] done) implements SampleReader {
        @Override
        public SampleShape shape() {
            return reader.shape();
        }

        @Override
        public long count() {
            return reader.count();
        }

        @Override
        public int read(float[] out, int maxRows) {
            int rows = reader.read(out, maxRows);
            table.check(out, rows, done[0], name);
            table.encode(out, rows);
            done[0] += rows;
            return rows;
        }

        @Override
        public void close() {
            reader.close();
        }
    }

    private record Decoding(RowWriter file, Table table) implements RowWriter {
        @Override
        public void write(float[] rows, int count) {
            float[] values = rows.clone();
            table.decode(values, count);
            file.write(values, count);
        }

        @Override
        public void commit() {
            file.commit();
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
