package io.jcuvae.data;

import java.nio.ByteBuffer;

/**
 * Arrays whose first index runs fastest (Fortran order). A row is scattered over the whole file, so the array is read
 * at once and turned over in memory.
 */
final class FortranArray {
    private FortranArray() {}

    /** Reads all values from the current position to the end and serves them row by row. */
    static SampleReader read(ByteSource source, ArrayHeader header, SampleShape shape, boolean asBytes, int one) {
        String file = header.file();
        byte[] raw = readAll(source, header.dataBytes());
        ByteBuffer view = ByteBuffer.wrap(raw).order(header.order());
        ElementType type = header.type();
        int rows = (int) header.rows();
        int width = shape.width();
        int[] columns = columns(header, width);
        if (asBytes) {
            byte[] values = Heap.resized(file, new byte[0], raw.length);
            for (int k = 0; k < width; k++) {
                for (int row = 0; row < rows; row++) {
                    double value = type.value(view, k * rows + row);
                    values[row * width + columns[k]] = (byte) (value * one);
                }
            }
            return new MemoryReader(shape, values, null);
        }
        float[] values = Heap.resized(file, new float[0], Heap.check(file, header.elements(), Float.BYTES));
        for (int k = 0; k < width; k++) {
            for (int row = 0; row < rows; row++) {
                double value = type.value(view, k * rows + row);
                values[row * width + columns[k]] = (float) value;
                if (!Float.isFinite((float) value)) {
                    throw Faults.notFinite(file, row, columns[k], value);
                }
            }
        }
        return new MemoryReader(shape, null, values);
    }

    /** Where the k-th column of the file stands in a row: the remaining sizes with their order of running reversed. */
    private static int[] columns(ArrayHeader header, int width) {
        long[] dims = header.dims();
        int[] columns = new int[width];
        for (int k = 0; k < width; k++) {
            int rest = k;
            int stride = width;
            for (int d = 1; d < dims.length; d++) {
                stride /= (int) dims[d];
                columns[k] += rest % (int) dims[d] * stride;
                rest /= (int) dims[d];
            }
        }
        return columns;
    }

    /** The header is not believed: the array grows as data arrives. */
    private static byte[] readAll(ByteSource source, long promised) {
        Heap.check(source.name(), promised, 1);
        byte[] bytes = new byte[(int) Math.min(promised, Heap.FIRST_GROWTH)];
        int filled = 0;
        while (true) {
            source.fill(bytes, filled, bytes.length - filled, "the values");
            filled = bytes.length;
            if (filled == promised) {
                break;
            }
            int grown = Heap.grown(source.name(), filled, filled + 1L, promised, 1);
            bytes = Heap.resized(source.name(), bytes, grown);
        }
        source.requireEnd();
        return bytes;
    }
}
