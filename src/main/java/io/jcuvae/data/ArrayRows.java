package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The rows of one array: IDX, NPY, or a member of an NPZ.
 *
 * <p>Unsigned bytes stay bytes, 0..255 for 0..1. An array of bytes that holds nothing above 1 would become all but
 * black by that, so its ones are read as 255, that is 1.0; one look at the bytes up to the first above 1 tells. Truth
 * values are read the same way. Every other type is taken as the numbers that it holds.
 */
final class ArrayRows implements RowSource {
    private static final int BLOCK = 1 << 16;

    private final Supplier<ByteSource> source;
    private final Function<ByteSource, ArrayHeader> format;
    private final Supplier<ArrayRows> labels;
    private final boolean scaled;

    /**
     * Rows with labels from another array.
     *
     * @param source opens the bytes from the first
     * @param format reads the header
     * @param labels gives the labels' array, or null
     */
    ArrayRows(Supplier<ByteSource> source, Function<ByteSource, ArrayHeader> format, Supplier<ArrayRows> labels) {
        this(source, format, labels, true);
    }

    private ArrayRows(
            Supplier<ByteSource> source,
            Function<ByteSource, ArrayHeader> format,
            Supplier<ArrayRows> labels,
            boolean scaled) {
        this.source = source;
        this.format = format;
        this.labels = labels;
        this.scaled = scaled;
    }

    /** The same rows with bytes taken as plain numbers. */
    ArrayRows unscaled() {
        return new ArrayRows(source, format, labels, false);
    }

    /** The header alone. */
    ArrayHeader header() {
        try (ByteSource bytes = source.get()) {
            return format.apply(bytes);
        }
    }

    @Override
    public Open open(boolean keepLabels) {
        SampleReader reader = openRows();
        Supplier<int[]> found = () -> {
            ArrayRows array = keepLabels && labels != null ? labels.get() : null;
            return array == null ? null : array.integers(reader.count());
        };
        return new Open(reader, found);
    }

    private SampleReader openRows() {
        ByteSource bytes = source.get();
        try {
            ArrayHeader header = format.apply(bytes);
            SampleShape shape = header.rowShape();
            bytes.requireRemaining(header.dataBytes(), "its header");
            boolean asBytes = scaled && header.type().isByte();
            int one = asBytes && holdsOnlyZerosAndOnes() ? 255 : 1;
            if (!header.fortran()) {
                return new ArrayReader(bytes, header, shape, asBytes, one);
            }
            try (bytes) {
                return FortranArray.read(bytes, header, shape, asBytes, one);
            }
        } catch (RuntimeException e) {
            bytes.close();
            throw e;
        }
    }

    /** A separate look from the start; a grey picture ends it within the first rows. */
    private boolean holdsOnlyZerosAndOnes() {
        try (ByteSource bytes = source.get()) {
            ArrayHeader header = format.apply(bytes);
            if (header.type() == ElementType.BOOL) {
                return true;
            }
            byte[] block = new byte[BLOCK];
            // Bounded by the promise, because this look must end on endless data too; the reader will refuse that.
            long end = bytes.position() + header.dataBytes();
            int got = 0;
            while (got >= 0 && bytes.position() <= end) {
                for (int i = 0; i < got; i++) {
                    if ((block[i] & 0xFF) > 1) {
                        return false;
                    }
                }
                got = bytes.read(block, 0, BLOCK);
            }
            return true;
        }
    }

    /**
     * The array as labels.
     *
     * @param expected the number of rows that they are for
     * @throws UserError if it has another length, more than one number per row, or a number that is no int
     */
    int[] integers(long expected) {
        try (ByteSource bytes = source.get()) {
            ArrayHeader header = format.apply(bytes);
            if (header.dims().length == 0 || header.rows() != header.elements() || header.rows() != expected) {
                throw new UserError(header.file() + ": has shape " + Faults.list(header.dims())
                        + ", which does not label " + expected + " rows; one whole number per row is needed");
            }
            bytes.requireRemaining(header.dataBytes(), "its header");
            int count = Heap.check(header.file(), header.rows(), Integer.BYTES);
            int size = header.type().size();
            int[] out = new int[Math.min(count, Heap.FIRST_GROWTH)];
            byte[] block = new byte[(int) Math.min(BLOCK, header.dataBytes())];
            ByteBuffer view = ByteBuffer.wrap(block).order(header.order());
            for (int done = 0; done < count; ) {
                int part = Math.min(block.length / size, count - done);
                bytes.fill(block, 0, part * size, "the labels");
                if (done + part > out.length) {
                    out = Arrays.copyOf(out, (int) Math.min(count, 2L * out.length));
                }
                for (int i = 0; i < part; i++, done++) {
                    double value = header.type().value(view, i);
                    out[done] = (int) value;
                    if (out[done] != value) {
                        throw new UserError(header.file() + ": label " + value + " of row " + done
                                + " is no whole number of 32 bits; remove or replace it");
                    }
                }
            }
            bytes.requireEnd();
            return out;
        }
    }
}
