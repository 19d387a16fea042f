package io.jcuvae.data;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Rows as comma-separated text under a line of names; every float is written so that it reads back as the same float.
 */
final class CsvWriter implements RowWriter {
    private final Path file;
    private final int width;
    private final long promised;
    private final RowTarget target;
    private final StringBuilder line = new StringBuilder();
    private long rows;

    CsvWriter(Path file, long count, List<String> names) {
        this(file, count, names, RowTarget.Opener.WHOLE);
    }

    CsvWriter(Path file, long count, List<String> names, RowTarget.Opener opener) {
        this.file = file;
        this.width = names.size();
        this.promised = count;
        this.target = opener.open(file);
        line.append(String.join(",", names));
        writeLine();
    }

    @Override
    public void write(float[] values, int count) {
        for (int row = 0; row < count; row++) {
            for (int c = 0; c < width; c++) {
                line.append(c == 0 ? "" : ",");
                append(values[row * width + c]);
            }
            writeLine();
        }
        rows += count;
    }

    private void append(float value) {
        // Whole numbers without ".0": black-and-white pictures become half as long.
        if (value == (int) value && Math.abs(value) < 1e6f) {
            line.append((int) value);
        } else {
            line.append(value);
        }
    }

    private void writeLine() {
        try {
            OutputStream out = target.stream();
            out.write(line.append('\n').toString().getBytes(StandardCharsets.ISO_8859_1));
            line.setLength(0);
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
