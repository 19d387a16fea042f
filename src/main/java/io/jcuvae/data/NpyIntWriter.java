package io.jcuvae.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Rows of whole numbers in a .npy file, int32; what is written comes as floats, which hold them exactly. */
final class NpyIntWriter implements RowWriter {
    private final Path file;
    private final int width;
    private final long promised;
    private final AtomicFile aside;
    private long rows;

    NpyIntWriter(Path file, int width, long count) {
        this.file = file;
        this.width = width;
        this.promised = count;
        this.aside = AtomicFile.create(file);
        try {
            aside.stream().write(NpyHeader.forInts(0, width));
        } catch (IOException e) {
            aside.close();
            throw Faults.unwritable(file, e);
        }
    }

    @Override
    public void write(float[] values, int count) {
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(Integer.BYTES, count * width))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count * width; i++) {
            bytes.putInt((int) values[i]);
        }
        aside.write(bytes.flip());
        rows += count;
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        aside.patch(0, NpyHeader.forInts(rows, width));
        aside.commit();
    }

    @Override
    public void close() {
        aside.close();
    }
}
