package io.jcuvae.jobs;

import com.google.gson.JsonPrimitive;
import io.jcuvae.data.ParquetWriter;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.tensor.UserError;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Scores on their way to a file, row by row: .csv under {@code row,score[,unusual][,label][,column1,share1,...]}, .json, one
 * array with an object a line under the same names, or .npy, the scores alone as float32 [N]. Floats read back as the same
 * floats.
 */
final class ScoreFile implements Closeable {
    /**
     * A row.
     *
     * @param row its number within the split that is scored, from 0
     * @param score more is more unusual
     * @param unusual whether above the threshold, null without one
     * @param label its label's name, null without
     * @param columns to blame, the first first; empty where nobody asked
     * @param shares of the columns
     */
    record Row(long row, float score, Boolean unusual, String label, String[] columns, float[] shares) {}

    private final Path file;
    private final boolean json;
    private final int blamed;
    private final RowTarget text;
    private final RowWriter numbers;
    private final ParquetWriter columns;
    private final StringBuilder line = new StringBuilder();
    private final float[] one = new float[1];
    private boolean any;

    /**
     * Begins a file.
     *
     * @param unusual whether rows say it
     * @param labelled whether rows have labels
     * @param blamed columns to blame in each row
     * @throws UserError when the ending tells no format, or one that has no room for what rows say
     */
    ScoreFile(Path file, boolean unusual, boolean labelled, int blamed) {
        this(file, unusual, labelled, blamed, -1, RowTarget.Opener.WHOLE);
    }

    /**
     * The same with a say in where it goes.
     *
     * @param count rows, or -1 where it is not known yet
     */
    ScoreFile(Path file, boolean unusual, boolean labelled, int blamed, long count, RowTarget.Opener opener) {
        this.file = file;
        this.blamed = blamed;
        String name =
                file.getFileName() == null ? "" : file.getFileName().toString().toLowerCase(Locale.ROOT);
        json = name.endsWith(".json");
        boolean npy = name.endsWith(".npy");
        boolean parquet = name.endsWith(".parquet");
        if (!json && !npy && !parquet && !name.endsWith(".csv")) {
            throw new UserError(
                    file + ": this ending tells no format; name the file with .csv, .parquet, .json or .npy");
        }
        if (npy && blamed > 0) {
            throw new UserError(
                    "--blame: " + file + " has room for scores alone; name the file with .csv, .parquet or .json");
        }
        numbers = npy ? RowWriters.numbers(file, count, opener) : null;
        columns = parquet ? new ParquetWriter(file, columns(unusual, labelled, blamed), count, opener) : null;
        text = npy || parquet ? null : opener.open(file);
        if (json) {
            line.append('[');
        } else if (text != null) {
            line.append("row,score").append(unusual ? ",unusual" : "").append(labelled ? ",label" : "");
            for (int i = 1; i <= blamed; i++) {
                line.append(",column").append(i).append(",share").append(i);
            }
            line.append('\n');
            // The names go first even where no row follows.
            flush();
        }
    }

    void write(Row row) {
        if (numbers != null) {
            one[0] = row.score();
            numbers.write(one, 1);
            return;
        }
        if (columns != null) {
            put(row);
            return;
        }
        if (json) {
            object(row);
        } else {
            fields(row);
        }
        flush();
    }

    private static List<ParquetWriter.Column> columns(boolean unusual, boolean labelled, int blamed) {
        List<ParquetWriter.Column> columns = new ArrayList<>();
        columns.add(new ParquetWriter.Column("row", ParquetWriter.Kind.LONG));
        columns.add(new ParquetWriter.Column("score", ParquetWriter.Kind.FLOAT));
        if (unusual) {
            columns.add(new ParquetWriter.Column("unusual", ParquetWriter.Kind.INT));
        }
        if (labelled) {
            columns.add(new ParquetWriter.Column("label", ParquetWriter.Kind.TEXT));
        }
        for (int i = 1; i <= blamed; i++) {
            columns.add(new ParquetWriter.Column("column" + i, ParquetWriter.Kind.TEXT));
            columns.add(new ParquetWriter.Column("share" + i, ParquetWriter.Kind.FLOAT));
        }
        return columns;
    }

    /** The same fields as in text; where fewer columns are to blame than there is room for, no name and a share of 0. */
    private void put(Row row) {
        int c = 0;
        columns.put(c++, row.row());
        columns.put(c++, row.score());
        if (row.unusual() != null) {
            columns.put(c++, row.unusual() ? 1L : 0L);
        }
        if (row.label() != null) {
            columns.put(c++, row.label());
        }
        for (int i = 0; i < blamed; i++) {
            boolean there = i < row.columns().length;
            columns.put(c++, there ? row.columns()[i] : "");
            columns.put(c++, there ? row.shares()[i] : 0f);
        }
        columns.endRow();
    }

    private void fields(Row row) {
        line.append(row.row()).append(',').append(row.score());
        if (row.unusual() != null) {
            line.append(',').append(row.unusual() ? 1 : 0);
        }
        if (row.label() != null) {
            line.append(',').append(field(row.label()));
        }
        for (int i = 0; i < blamed; i++) {
            boolean there = i < row.columns().length;
            line.append(',').append(there ? field(row.columns()[i]) : "").append(',');
            line.append(there ? String.valueOf(row.shares()[i]) : "");
        }
        line.append('\n');
    }

    private static String field(String text) {
        return text.matches("[^\",;\\t\\r\\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }

    private void object(Row row) {
        line.append(any ? ",\n" : "\n");
        line.append("{\"row\": ").append(row.row()).append(", \"score\": ").append(row.score());
        if (row.unusual() != null) {
            line.append(", \"unusual\": ").append(row.unusual());
        }
        if (row.label() != null) {
            line.append(", \"label\": ").append(string(row.label()));
        }
        for (int i = 0; i < Math.min(blamed, row.columns().length); i++) {
            line.append(i == 0 ? ", \"blame\": [" : ", ");
            line.append("{\"column\": ").append(string(row.columns()[i])).append(", \"share\": ");
            line.append(row.shares()[i]).append('}');
        }
        line.append(blamed > 0 && row.columns().length > 0 ? "]}" : "}");
        any = true;
    }

    private static String string(String text) {
        return new JsonPrimitive(text).toString();
    }

    private void flush() {
        try {
            text.stream().write(line.toString().getBytes(StandardCharsets.UTF_8));
            line.setLength(0);
        } catch (IOException e) {
            throw new UserError(file + ": cannot be written (" + e.getMessage() + ")", e);
        }
    }

    void commit() {
        if (numbers != null) {
            numbers.commit();
            return;
        }
        if (columns != null) {
            columns.commit();
            return;
        }
        line.append(json ? "\n]\n" : "");
        flush();
        text.complete(null);
    }

    @Override
    public void close() {
        if (numbers != null) {
            numbers.close();
        } else if (columns != null) {
            columns.close();
        } else {
            text.close();
        }
    }
}
