package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The header of an IDX file: bytes 0 0, a type code, the number of sizes, then big-endian 32-bit sizes, rows first
 * (LeCun's description of the MNIST files).
 */
final class IdxHeader {
    private static final int MOST_DIMS = 4;

    private IdxHeader() {}

    /** Reads the header; the values follow. */
    static ArrayHeader read(ByteSource source) {
        String file = source.name();
        byte[] magic = source.next(4, "the IDX header");
        ElementType type = type(magic[2] & 0xFF);
        if (magic[0] != 0 || magic[1] != 0 || type == null) {
            throw new UserError(file + ": begins with bytes " + (magic[0] & 0xFF) + " " + (magic[1] & 0xFF) + " "
                    + (magic[2] & 0xFF) + " " + (magic[3] & 0xFF)
                    + ", which is no IDX file (0 0, then type 8, 9, 11, 12,"
                    + " 13 or 14, then the number of sizes); check that this is the right file");
        }
        int count = magic[3] & 0xFF;
        if (count < 1 || count > MOST_DIMS) {
            throw new UserError(file + ": an IDX file with " + count + " sizes; 1 to " + MOST_DIMS + " are supported");
        }
        ByteBuffer sizes = ByteBuffer.wrap(source.next(4 * count, "the IDX header"));
        long[] dims = new long[count];
        for (int d = 0; d < count; d++) {
            dims[d] = sizes.getInt(4 * d);
        }
        return new ArrayHeader(file, type, ByteOrder.BIG_ENDIAN, dims, false);
    }

    private static ElementType type(int code) {
        return switch (code) {
            case 0x08 -> ElementType.UINT8;
            case 0x09 -> ElementType.INT8;
            case 0x0B -> ElementType.INT16;
            case 0x0C -> ElementType.INT32;
            case 0x0D -> ElementType.FLOAT32;
            case 0x0E -> ElementType.FLOAT64;
            default -> null;
        };
    }

    /** The bytes of a header for rows of unsigned bytes. */
    static byte[] forBytes(long rows, SampleShape shape) {
        int[] sizes = shape.sizes();
        ByteBuffer header = ByteBuffer.allocate(8 + 4 * sizes.length);
        header.putInt(0x0800 | (sizes.length + 1)).putInt((int) rows);
        for (int size : sizes) {
            header.putInt(size);
        }
        return header.array();
    }
}
