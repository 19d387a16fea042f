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
    private final RowTarget target;
    private long rows;

    NpyIntWriter(Path file, int width, long count, RowTarget.Opener opener) {
        this.file = file;
        this.width = width;
        this.promised = count;
        this.target = opener.open(file);
        try {
            target.stream().write(NpyHeader.forInts(Math.max(0, count), width));
        } catch (IOException e) {
            target.close();
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
        target.write(bytes.flip());
        rows += count;
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        target.complete(promised >= 0 ? null : NpyHeader.forInts(rows, width));
    }

    @Override
    public void close() {
        target.close();
    }
}
