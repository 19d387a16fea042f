package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/** Rows as one grid of pictures; bytes are gathered in memory and drawn at the end. */
final class PngWriter implements RowWriter {
    private static final int MOST = 10_000;

    private final Path file;
    private final SampleShape shape;
    private final long promised;
    private final int columns;
    private final AtomicFile aside;
    private byte[] pixels;
    private int rows;

    PngWriter(Path file, SampleShape shape, long count, int columns) {
        this.file = file;
        this.shape = shape;
        this.promised = count;
        this.columns = columns;
        ImageGrid.requireImage(file, shape);
        requireRows(count);
        this.pixels = new byte[(int) Math.max(count, 16) * shape.width()];
        // Made at once, so that a folder that cannot be written to is told before the work.
        this.aside = AtomicFile.create(file);
    }

    private void requireRows(long count) {
        if (count > MOST || count * shape.width() > ImageGrid.MOST_PIXELS) {
            throw new UserError(Faults.name(file) + ": " + count + " pictures of " + shape
                    + " are too many for one .png (at" + " most " + MOST + " pictures and " + ImageGrid.MOST_PIXELS
                    + " pixels); use .npy or fewer");
        }
    }

    @Override
    public void write(float[] values, int count) {
        int filled = makeRoom(count);
        String name = Faults.name(file);
        for (int i = 0; i < count * shape.width(); i++) {
            pixels[filled + i] = Values.toByte(values[i], name);
        }
    }

    /** Takes in so many rows and returns where they begin. */
    private int makeRoom(int count) {
        requireRows((long) rows + count);
        int length = count * shape.width();
        int filled = rows * shape.width();
        if (filled + length > pixels.length) {
            pixels = Arrays.copyOf(pixels, Math.max(2 * filled, filled + length));
        }
        rows += count;
        return filled;
    }

    @Override
    public boolean pixels() {
        return true;
    }

    @Override
    public void writePixels(ByteBuffer values, int count) {
        int filled = makeRoom(count);
        values.get(pixels, filled, count * shape.width());
    }

    @Override
    public void commit() {
        RowWriters.requireCount(file, promised, rows);
        try (aside) {
            ImageGrid grid = ImageGrid.plain(rows, shape, columns == 0 ? ImageGrid.nearSquare(rows) : columns);
            for (int i = 0; i < rows; i++) {
                grid.place(pixels, i);
            }
            grid.writeTo(aside.stream());
            aside.commit();
        } catch (IOException e) {
            throw Faults.unwritable(file, e);
        }
    }

    @Override
    public void close() {
        aside.close();
    }
}
