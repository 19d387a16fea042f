package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What an array file says about its values.
 *
 * @param file the name for messages
 * @param dims all sizes, rows first, none negative, their product in bytes within the long range
 * @param fortran whether the first index runs fastest
 */
record ArrayHeader(String file, ElementType type, ByteOrder order, long[] dims, boolean fortran) {
    /** More values per row than any model here can take; it bounds the buffers that a lying header can ask for. */
    static final int WIDEST = 1 << 24;

    private static final int MOST_DIMS = 8;

    ArrayHeader {
        long bytes = type.size();
        for (long size : dims) {
            if (size < 0) {
                throw Faults.damaged(file, "shape " + Faults.list(dims) + " has a negative size");
            }
            try {
                bytes = Math.multiplyExact(bytes, size);
            } catch (ArithmeticException e) {
                throw Faults.damaged(file, "shape " + Faults.list(dims) + " is larger than any file");
            }
        }
    }

    /** The number of elements. */
    long elements() {
        return Arrays.stream(dims).reduce(1, (a, b) -> a * b);
    }

    /** The bytes of all elements. */
    long dataBytes() {
        return elements() * type.size();
    }

    /** The first size. */
    long rows() {
        return dims[0];
    }

    /**
     * The shape of a row: all sizes but the first, without a channel axis of size 1 before or after a picture's two.
     *
     * @throws UserError if this is no array of rows: fewer than two sizes, no rows, empty or enormous rows
     */
    SampleShape rowShape() {
        if (dims.length < 2) {
            throw new UserError(file + ": has shape " + Faults.list(dims)
                    + ", one number per row as labels have; data needs rows: a shape of [rows, width] or"
                    + " [rows, height, width]");
        }
        if (elements() == 0) {
            throw new UserError(file + ": has shape " + Faults.list(dims)
                    + ", so it holds no values; at least one row is" + " needed");
        }
        if (dims.length > MOST_DIMS || elements() / dims[0] > WIDEST) {
            throw new UserError(file + ": has shape " + Faults.list(dims) + "; rows of at most " + WIDEST
                    + " values in at most " + (MOST_DIMS - 1) + " sizes are supported");
        }
        int[] sizes = Arrays.stream(dims).skip(1).mapToInt(size -> (int) size).toArray();
        if (sizes.length == 3 && sizes[0] == 1) {
            sizes = Arrays.copyOfRange(sizes, 1, 3);
        } else if (sizes.length == 3 && sizes[2] == 1) {
            sizes = Arrays.copyOf(sizes, 2);
        }
        return new SampleShape(sizes);
    }
}
