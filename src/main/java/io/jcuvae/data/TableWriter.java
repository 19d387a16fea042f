package io.jcuvae.data;

import io.jcuvae.tensor.ColumnKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Collectors;

/** Rows of a table as comma-separated text: names in the first line, levels by name, counts as whole numbers. */
final class TableWriter implements RowWriter {
    private final Path file;
    private final Table table;
    private final long promised;
    private final RowTarget target;
    private long rows;

    /**
     * Writes the names.
     *
     * @param count rows, or -1 where it is not known yet
     */
    TableWriter(Path file, long count, Table table, RowTarget.Opener opener) {
        this.file = file;
        this.table = table;
        promised = count;
        target = opener.open(file);
        line(table.columns().stream().map(column -> quoted(column.name())).collect(Collectors.joining(",")));
    }

    @Override
    public void write(float[] values, int count) {
        StringBuilder line = new StringBuilder();
        int width = table.columns().size();
        for (int r = 0; r < count; r++) {
            line.setLength(0);
            for (int c = 0; c < width; c++) {
                line.append(c == 0 ? "" : ",").append(text(table.columns().get(c), values[r * width + c]));
            }
            line(line.toString());
        }
        rows += count;
    }

    private static String text(TableColumn column, float value) {
        if (!column.levels().isEmpty()) {
            return quoted(column.levels().get((int) value));
        }
        boolean whole = value == (int) value && (column.kind() != ColumnKind.NUMERIC || Math.abs(value) < 1e6f);
        return whole ? String.valueOf((int) value) : String.valueOf(value);
    }

    private static String quoted(String text) {
        boolean plain = text.equals(text.strip()) && text.chars().noneMatch(c -> c == ',' || c == ';' || c == '\t');
        return plain ? text : '"' + text + '"';
    }

    private void line(String text) {
        try {
            target.stream().write((text + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            target.close();
            throw Faults.unwritable(file, e);
        }
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        target.complete(null);
    }

    @Override
    public void close() {
        target.close();
    }
}
