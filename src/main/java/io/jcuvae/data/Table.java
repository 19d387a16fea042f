package io.jcuvae.data;

import com.google.gson.JsonArray;
import java.util.ArrayList;
import java.util.List;

/**
 * The columns of rows of numbers as a model knows them, and the way from a file's rows to the model's and back: numeric columns
 * are standardised, (x - mean) / deviation of the training rows. A model keeps it, so that every command reads files by it and
 * writes values in their own units.
 *
 * @param columns one for each value of a row, in the order of the model's rows; empty where rows are taken as they are
 */
public record Table(List<TableColumn> columns) {
    /** Rows are taken as they are. */
    public static final Table NONE = new Table(List.of());

    /** Keeps the columns. */
    public Table {
        columns = List.copyOf(columns);
    }

    /** Whether there is anything to do. */
    public boolean given() {
        return !columns.isEmpty();
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
        return new Table(columns);
    }

    /** The root; 1 of what is nothing but rounding beside the mean. */
    static double deviation(double variance, double mean) {
        double deviation = Math.sqrt(variance);
        return deviation > 1e-9 * Math.abs(mean) && deviation > 0 ? deviation : 1;
    }

    /**
     * A file's rows to the model's, in place.
     *
     * @param rows row-major [count, columns]
     */
    public void encode(float[] rows, int count) {
        int width = columns.size();
        for (int c = 0; c < width; c++) {
            double mean = columns.get(c).mean();
            double deviation = columns.get(c).deviation();
            for (int r = 0; r < count; r++) {
                rows[r * width + c] = (float) ((rows[r * width + c] - mean) / deviation);
            }
        }
    }

    /**
     * The model's rows to a file's, in place.
     *
     * @param rows row-major [count, columns]
     */
    public void decode(float[] rows, int count) {
        int width = columns.size();
        for (int c = 0; c < width; c++) {
            double mean = columns.get(c).mean();
            double deviation = columns.get(c).deviation();
            for (int r = 0; r < count; r++) {
                rows[r * width + c] = (float) (mean + deviation * rows[r * width + c]);
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
     */
    public SampleReader encoded(SampleReader reader) {
        return given() ? new Encoding(reader, this) : reader;
    }

    /**
     * A writer of the model's rows in a file's units; what keeps bytes takes 255 times the value as ever.
     *
     * @param file closed with the result
     */
    public RowWriter decoding(RowWriter file) {
        return given() ? new Decoding(file, this) : file;
    }

    /** The columns as JSON. */
    public JsonArray toJson() {
        JsonArray json = new JsonArray();
        columns.forEach(column -> json.add(column.toJson()));
        return json;
    }

    /** Reads {@link #toJson()}; throws runtime exceptions of Gson's on anything else. */
    public static Table fromJson(JsonArray json) {
        return new Table(json.asList().stream()
                .map(column -> TableColumn.fromJson(column.getAsJsonObject()))
                .toList());
    }

    private record Encoding(SampleReader reader, Table table) implements SampleReader {
        @Override
        public SampleShape shape() {
            return reader.shape();
        }

        @Override
        public boolean bytes() {
            return false;
        }

        @Override
        public long count() {
            return reader.count();
        }

        @Override
        public int read(float[] out, int maxRows) {
            int rows = reader.read(out, maxRows);
            table.encode(out, rows);
            return rows;
        }

        @Override
        public int readBytes(byte[] out, int maxRows) {
            throw new IllegalStateException("these rows are not bytes");
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
