package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/** Rows as IDX bytes; gzipped at the end, when the header's row count is known. */
final class IdxWriter implements RowWriter {
    private final Path file;
    private final SampleShape shape;
    private final long promised;
    private final RowTarget target;
    /** What is packed at the end; null where nothing is. */
    private final AtomicFile unpacked;

    private byte[] block = new byte[0];
    private long rows;

    IdxWriter(Path file, SampleShape shape, long count, boolean gzip, RowTarget.Opener opener) {
        if (shape.sizes().length > 3) {
            throw new UserError(Faults.name(file) + ": rows of shape " + shape
                    + " have more sizes than the 3 of an IDX file; use .npy");
        }
        this.file = file;
        this.shape = shape;
        this.promised = count;
        requireRows(count);
        this.unpacked = gzip ? AtomicFile.create(file) : null;
        this.target = gzip ? unpacked : opener.open(file);
        put(IdxHeader.forBytes(Math.max(0, count), shape));
    }

    private void requireRows(long count) {
        if (count > Integer.MAX_VALUE) {
            throw new UserError(Faults.name(file) + ": " + count + " rows are more than an IDX file can count ("
                    + Integer.MAX_VALUE + "); use .npy");
        }
    }

    @Override
    public void write(float[] values, int count) {
        requireRows(rows + count);
        int length = count * shape.width();
        if (block.length != length) {
            block = new byte[length];
        }
        String name = Faults.name(file);
        for (int i = 0; i < length; i++) {
            block[i] = Values.toByte(values[i], name);
        }
        put(block);
        rows += count;
    }

    @Override
    public boolean pixels() {
        return true;
    }

    @Override
    public void writePixels(ByteBuffer values, int count) {
        requireRows(rows + count);
        target.write(values);
        rows += count;
    }

    private void put(byte[] bytes) {
        try {
            target.stream().write(bytes);
        } catch (IOException e) {
            target.close();
            throw Faults.unwritable(file, e);
        }
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        byte[] header = promised >= 0 ? null : IdxHeader.forBytes(rows, shape);
        if (unpacked == null) {
            target.complete(header);
            return;
        }
        try (unpacked) {
            if (header != null) {
                unpacked.patch(0, header);
            }
            AtomicFile.write(file, this::pack);
        }
    }

    private void pack(OutputStream out) throws IOException {
        FileChannel written = unpacked.written();
        written.position(0);
        GZIPOutputStream packed = new GZIPOutputStream(out, 1 << 16);
        Channels.newInputStream(written).transferTo(packed);
        packed.finish();
    }

    @Override
    public void close() {
        target.close();
    }
}
