package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The header of a NumPy array file, versions 1.0 to 3.0: magic, version, length, then a Python dict of descr,
 * fortran_order and shape (NumPy's {@code numpy.lib.format}).
 */
final class NpyHeader {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int LONGEST = 1 << 16;

    /** Room for any shape that fits, so that the row count can be written in when it is known. */
    private static final int WRITTEN = 128;

    private NpyHeader() {}

    /**
     * Reads the header; the values follow.
     *
     * @throws UserError if it is damaged, or the values are no plain numbers
     */
    static ArrayHeader read(ByteSource source) {
        return judge(source.name(), readDict(source));
    }

    /** Whether the values are plain numbers. */
    static boolean isNumeric(NpyDict dict) {
        return type(dict.descr()) != null;
    }

    /** The header that a dict stands for. */
    static ArrayHeader judge(String file, NpyDict dict) {
        ElementType type = type(dict.descr());
        if (type == null) {
            throw new UserError(file + ": holds values of type " + Faults.quoted(dict.descr())
                    + "; truth values, integers and floats of up to 8 bytes are accepted: convert it with"
                    + " astype('float32')");
        }
        ByteOrder order = dict.descr().charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        return new ArrayHeader(file, type, order, dict.shape(), dict.fortran());
    }

    /** Reads the header without judging the type. */
    static NpyDict readDict(ByteSource source) {
        String file = source.name();
        byte[] start = source.next(8, "the .npy header");
        if (!Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new UserError(
                    file + ": does not begin with the .npy mark \\x93NUMPY; check that this is a NumPy array file");
        }
        if (start[6] < 1 || start[6] > 3) {
            throw new UserError(file + ": .npy version " + (start[6] & 0xFF) + "." + (start[7] & 0xFF)
                    + " is unknown; versions 1.0, 2.0 and 3.0 are accepted");
        }
        byte[] lengthBytes = source.next(start[6] == 1 ? 2 : 4, "the .npy header");
        long length = 0;
        for (int i = lengthBytes.length - 1; i >= 0; i--) {
            length = length << 8 | lengthBytes[i] & 0xFF;
        }
        if (length > LONGEST) {
            throw new UserError(file + ": claims a .npy header of " + length + " bytes; at most " + LONGEST
                    + " are accepted: save the array again");
        }
        String text = new String(source.next((int) length, "the .npy header"), StandardCharsets.UTF_8);
        return NpyDict.parse(file, text);
    }

    private static ElementType type(String descr) {
        if (descr.length() != 3 || "<>|=".indexOf(descr.charAt(0)) < 0) {
            return null;
        }
        return switch (descr.substring(1)) {
            case "b1" -> ElementType.BOOL;
            case "i1" -> ElementType.INT8;
            case "i2" -> ElementType.INT16;
            case "i4" -> ElementType.INT32;
            case "i8" -> ElementType.INT64;
            case "u1" -> ElementType.UINT8;
            case "u2" -> ElementType.UINT16;
            case "u4" -> ElementType.UINT32;
            case "u8" -> ElementType.UINT64;
            case "f2" -> ElementType.FLOAT16;
            case "f4" -> ElementType.FLOAT32;
            case "f8" -> ElementType.FLOAT64;
            default -> null;
        };
    }

    /** The header of a float32 array [rows, sizes...], always of the same length for the same number of sizes. */
    static byte[] forFloats(long rows, int... sizes) {
        return forRows("<f4", rows, sizes);
    }

    /** The header of a uint8 array [rows, sizes...]. */
    static byte[] forBytes(long rows, int... sizes) {
        return forRows("|u1", rows, sizes);
    }

    /** The header of an int32 array [rows, sizes...]. */
    static byte[] forInts(long rows, int... sizes) {
        return forRows("<i4", rows, sizes);
    }

    /**
     * The header of a whole array.
     *
     * @param descr NumPy's name of the type, as in {@code <f4}
     * @param sizes none for a single value
     */
    static byte[] forArray(String descr, int... sizes) {
        return sizes.length == 0
                ? header("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (), }")
                : forRows(descr, sizes[0], Arrays.copyOfRange(sizes, 1, sizes.length));
    }

    private static byte[] forRows(String descr, long rows, int... sizes) {
        StringBuilder text =
                new StringBuilder("{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + rows + ",");
        for (int size : sizes) {
            text.append(' ').append(size).append(',');
        }
        text.setLength(text.length() - (sizes.length == 0 ? 0 : 1));
        return header(text.append("), }").toString());
    }

    private static byte[] header(String text) {
        byte[] header = new byte[text.length() + 32 > WRITTEN ? 4 * WRITTEN : WRITTEN];
        Arrays.fill(header, (byte) ' ');
        System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
        header[6] = 1;
        header[7] = 0;
        header[8] = (byte) (header.length - 10);
        header[9] = (byte) ((header.length - 10) >> 8);
        byte[] dict = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(dict, 0, header, 10, dict.length);
        header[header.length - 1] = '\n';
        return header;
    }
}
