package io.jcuvae.data;

import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Samples made of others, N of each, with the labels of the originals: .npz with members {@code data} float32 [rows, sizes...],
 * {@code origin} int32 [rows], the number of the original among the rows read, and {@code labels} int32 [rows]; .csv with
 * columns x0, x1, ..., label. Both are read back as labelled data. Other endings are those of {@link RowWriters#samples} and
 * keep the samples alone.
 */
public final class LabelledRows implements RowWriter {
    private static final int WHOLE_MEMBERS = 1;

    private final RowWriter writer;
    /** Writes whole numbers beside the samples; null where the file has no room for them. */
    private final NpzWriter npz;

    private final boolean labelled;
    private final boolean column;
    private final int width;
    private final Table table;
    private final int[] labels;
    private final int perSample;
    private long done;

    /**
     * Begins a file.
     *
     * @param table turns the model's rows into the file's
     * @param labels of the originals, or null
     * @param perSample N
     */
    public LabelledRows(Path file, SampleShape shape, Table table, int[] labels, int perSample) {
        this(file, shape, table, labels, perSample, 0, -1, RowTarget.Opener.WHOLE);
    }

    /**
     * The same of rows in the midst of others.
     *
     * @param first number of the first row that will be written, of all that there are
     * @param count rows of the file, or -1 where it is not known yet
     * @param opener where a file that {@link RowWriters#grows} goes
     */
    public LabelledRows(
            Path file,
            SampleShape shape,
            Table table,
            int[] labels,
            int perSample,
            long first,
            long count,
            RowTarget.Opener opener) {
        done = first;
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        this.table = table;
        this.labels = labels == null ? new int[0] : labels.clone();
        this.perSample = perSample;
        width = shape.width();
        labelled = labels != null;
        column = labelled && isTable(name);
        if (name.endsWith(".npz")) {
            List<NpzWriter.Member> members = new ArrayList<>(
                    List.of(new NpzWriter.Member("data", 0, shape.sizes()), NpzWriter.Member.whole("origin")));
            if (labelled) {
                members.add(NpzWriter.Member.whole("labels"));
            }
            npz = new NpzWriter(file, width, count, members);
            writer = npz;
        } else {
            npz = null;
            writer = table(file, name, shape, count, opener);
        }
    }

    private static boolean isTable(String name) {
        return name.endsWith(".csv") || name.endsWith(".parquet");
    }

    private RowWriter table(Path file, String name, SampleShape shape, long count, RowTarget.Opener opener) {
        boolean parquet = name.endsWith(".parquet");
        if (isTable(name) && table.named()) {
            String label = table.text().label();
            List<TableColumn> columns = new ArrayList<>(table.columns());
            if (labelled) {
                // Whole numbers, whatever they stand for.
                columns.add(new TableColumn(label.isEmpty() ? "label" : label, ColumnKind.COUNT, List.of(), 0, 1, 0));
            }
            Table wider = new Table(columns, table.text());
            return parquet
                    ? new ParquetWriter(file, ParquetWriter.of(wider), count, opener)
                    : new TableWriter(file, count, wider, opener);
        }
        Stream<String> values = IntStream.range(0, width).mapToObj(i -> "x" + i);
        if (column && parquet) {
            List<ParquetWriter.Column> columns =
                    new ArrayList<>(values.map(value -> new ParquetWriter.Column(value, ParquetWriter.Kind.FLOAT))
                            .toList());
            columns.add(new ParquetWriter.Column("label", ParquetWriter.Kind.INT));
            return new ParquetWriter(file, columns, count, opener);
        }
        return column
                ? new CsvWriter(
                        file, count, Stream.concat(values, Stream.of("label")).toList(), opener)
                : RowWriters.samples(file, shape, 0, count, RowWriters.Form.USUAL.with(perSample), Table.NONE, opener);
    }

    /** Whether a file of that ending keeps labels. */
    public static boolean keepsLabels(Path file) {
        String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
        return name.endsWith(".npz") || isTable(name);
    }

    /**
     * Writes the next samples.
     *
     * @param rows as the model has them, [count, width]
     * @param count the number of rows
     */
    @Override
    public void write(float[] rows, int count) {
        float[] values = rows.clone();
        if (table.given()) {
            table.decode(values, count);
        }
        if (npz != null) {
            int[] whole = new int[count];
            Arrays.setAll(whole, r -> origin(r));
            npz.writeWhole(WHOLE_MEMBERS, whole, count);
            if (labelled) {
                Arrays.setAll(whole, r -> labels[origin(r)]);
                npz.writeWhole(WHOLE_MEMBERS + 1, whole, count);
            }
        }
        writer.write(column ? withLabels(values, count) : values, count);
        done += count;
    }

    private int origin(int row) {
        return Math.toIntExact((done + row) / perSample);
    }

    private float[] withLabels(float[] values, int count) {
        float[] wider = new float[count * (width + 1)];
        for (int r = 0; r < count; r++) {
            System.arraycopy(values, r * width, wider, r * (width + 1), width);
            wider[r * (width + 1) + width] = labels[origin(r)];
        }
        return wider;
    }

    /**
     * Completes the file.
     *
     * @throws UserError if the file cannot be written
     */
    @Override
    public void commit() {
        writer.commit();
    }

    @Override
    public void close() {
        writer.close();
    }
}
