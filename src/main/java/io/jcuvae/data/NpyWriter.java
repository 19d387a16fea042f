package io.jcuvae.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Rows as a .npy of float32 [rows, sizes...]; the row count is written into the header at the end. */
final class NpyWriter implements RowWriter {
    private final Path file;
    private final int width;
    private final int[] sizes;
    private final long promised;
    private final AtomicFile aside;
    private final FloatOutput floats;
    private long rows;

    NpyWriter(Path file, int width, long count, int... sizes) {
        this.file = file;
        this.width = width;
        this.sizes = sizes;
        this.promised = count;
        this.aside = AtomicFile.create(file);
        this.floats = new FloatOutput(file, aside.stream());
        try {
            aside.stream().write(NpyHeader.forFloats(0, sizes));
        } catch (IOException e) {
            aside.close();
            throw Faults.unwritable(file, e);
        }
    }

    @Override
    public void write(float[] values, int count) {
        floats.write(values, 0, count * width);
        rows += count;
    }

    @Override
    public void write(ByteBuffer values, int count) {
        aside.write(values);
        rows += count;
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        aside.patch(0, NpyHeader.forFloats(rows, sizes));
        aside.commit();
    }

    @Override
    public void close() {
        aside.close();
    }
}
