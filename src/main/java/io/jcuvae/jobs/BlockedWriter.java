package io.jcuvae.jobs;

import io.jcuvae.data.RowWriter;
import java.nio.ByteBuffer;

/** Passes rows on in pieces that end where blocks end, and says so there. */
final class BlockedWriter implements RowWriter {
    private final RowWriter writer;
    private final long blockRows;
    private final long end;
    private final Runnable cut;
    private long row;

    /**
     * Wraps a writer, which is closed with this one and completed by whoever made it.
     *
     * @param row of the file that comes first
     * @param end the file's number of rows
     * @param blockRows rows of a block, counted from the file's first
     * @param cut called after the last row of every block
     */
    BlockedWriter(RowWriter writer, long row, long end, long blockRows, Runnable cut) {
        this.writer = writer;
        this.row = row;
        this.end = end;
        this.blockRows = blockRows;
        this.cut = cut;
    }

    /** Takes rows {@code at .. at + count} of what is being written. */
    private interface Piece {
        void write(int at, int count);
    }

    private void divide(int count, Piece piece) {
        int at = 0;
        while (at < count) {
            long blockEnd = Math.min(end, (row / blockRows + 1) * blockRows);
            int some = (int) Math.min(count - at, blockEnd - row);
            if (some < 1) {
                throw new IllegalStateException("more rows than the " + end + " of the file");
            }
            piece.write(at, some);
            at += some;
            row += some;
            if (row == blockEnd) {
                cut.run();
            }
        }
    }

    /** Whether all rows of the file were written. */
    boolean full() {
        return row == end;
    }

    @Override
    public void write(float[] rows, int count) {
        int width = count == 0 ? 0 : rows.length / count;
        divide(count, (at, some) -> {
            float[] piece = rows;
            if (some < count) {
                piece = new float[some * width];
                System.arraycopy(rows, at * width, piece, 0, piece.length);
            }
            writer.write(piece, some);
        });
    }

    @Override
    public void write(ByteBuffer rows, int count) {
        int size = rows.remaining() / Math.max(1, count);
        divide(count, (at, some) -> writer.write(slice(rows, at * size, some * size), some));
    }

    @Override
    public boolean pixels() {
        return writer.pixels();
    }

    @Override
    public void writePixels(ByteBuffer rows, int count) {
        int size = rows.remaining() / Math.max(1, count);
        divide(count, (at, some) -> writer.writePixels(slice(rows, at * size, some * size), some));
    }

    private static ByteBuffer slice(ByteBuffer rows, int from, int length) {
        return rows.slice(rows.position() + from, length).order(rows.order());
    }

    @Override
    public void commit() {
        throw new IllegalStateException("the job completes its files");
    }

    @Override
    public void close() {
        writer.close();
    }
}
