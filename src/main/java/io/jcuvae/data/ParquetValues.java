package io.jcuvae.data;

import java.util.Arrays;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.Type;

/** The values of a page one by one, as they are encoded; those that are missing are not among them. */
interface ParquetValues {
    /** Where a value is put: whole numbers, floats and truth values as bits, texts as a stretch of bytes. */
    final class Value {
        long bits;
        byte[] bytes;
        int from;
        int length;

        void bytes(byte[] in, int at, int count) {
            bytes = in;
            from = at;
            length = count;
        }
    }

    /**
     * Moves to the next value.
     *
     * @throws IndexOutOfBoundsException if the page breaks off
     */
    void next(Value out);

    /**
     * The values of a page.
     *
     * @param bytes of the page, from {@code from} to {@code end}
     * @param dictionary of the column, null where there is none
     * @return null for an encoding that is not read
     * @throws IndexOutOfBoundsException if the page contradicts itself
     */
    static ParquetValues of(
            Encoding encoding, ParquetColumn column, byte[] bytes, int from, int end, Dictionary dictionary) {
        boolean whole = column.type() == Type.INT32 || column.type() == Type.INT64;
        boolean text = column.type() == Type.BYTE_ARRAY;
        return switch (encoding) {
            case PLAIN -> new Plain(column, bytes, from, end);
            case PLAIN_DICTIONARY, RLE_DICTIONARY ->
                dictionary == null || from == end ? null : dictionary.chosenBy(bytes, from, end);
            case RLE -> column.type() == Type.BOOLEAN ? truths(bytes, from, end) : null;
            case DELTA_BINARY_PACKED -> whole ? differences(bytes, from, end) : null;
            case DELTA_LENGTH_BYTE_ARRAY -> text ? lengths(bytes, from, end) : null;
            case DELTA_BYTE_ARRAY -> text ? new Prefixed(bytes, from, end) : null;
            case BYTE_STREAM_SPLIT -> column.size() > 0 ? new Split(column, bytes, from, end) : null;
            default -> null;
        };
    }

    private static ParquetValues truths(byte[] bytes, int from, int end) {
        ParquetRuns runs = new ParquetRuns(bytes, from + 4, end, 1);
        return out -> out.bits = runs.next();
    }

    private static ParquetValues differences(byte[] bytes, int from, int end) {
        ParquetDeltas numbers = new ParquetDeltas(bytes, from, end);
        return out -> out.bits = numbers.next();
    }

    private static ParquetValues lengths(byte[] bytes, int from, int end) {
        int[] at = {new ParquetDeltas(bytes, from, end).skip()};
        ParquetDeltas lengths = new ParquetDeltas(bytes, from, end);
        return out -> {
            int length = within(lengths.next(), end - at[0]);
            out.bytes(bytes, at[0], length);
            at[0] += length;
        };
    }

    private static int within(long length, int most) {
        if (length < 0 || length > most) {
            throw new IndexOutOfBoundsException("a text of " + length + " bytes of " + most);
        }
        return (int) length;
    }

    /** Little-endian bytes as a signed number. */
    private static long number(byte[] bytes, int at, int size) {
        long number = 0;
        for (int i = 0; i < size; i++) {
            number |= (bytes[at + i] & 0xFFL) << 8 * i;
        }
        return size == 4 ? (int) number : number;
    }

    private static void fixed(ParquetColumn column, byte[] bytes, int at, Value out) {
        if (column.type() == Type.FIXED_LEN_BYTE_ARRAY) {
            out.bytes(bytes, at, column.length());
        } else {
            out.bits = number(bytes, at, column.size());
        }
    }

    /** One after the other. */
    final class Plain implements ParquetValues {
        private final ParquetColumn column;
        private final byte[] bytes;
        private final int end;
        private int at;
        private long bit;

        Plain(ParquetColumn column, byte[] bytes, int from, int end) {
            this.column = column;
            this.bytes = bytes;
            this.at = from;
            this.bit = from * 8L;
            this.end = end;
        }

        @Override
        public void next(Value out) {
            if (column.type() == Type.BOOLEAN) {
                out.bits = ParquetRuns.bits(bytes, bit++, 1, end);
                return;
            }
            boolean text = column.type() == Type.BYTE_ARRAY;
            int size = text ? 4 : column.size();
            if (size > end - at) {
                throw new IndexOutOfBoundsException("the values break off");
            }
            if (text) {
                int length = within(number(bytes, at, 4), end - at - 4);
                out.bytes(bytes, at + 4, length);
                at += 4 + length;
            } else {
                fixed(column, bytes, at, out);
                at += size;
            }
        }
    }

    /** The first bytes of all values, then the second ones, and so on. */
    final class Split implements ParquetValues {
        private final ParquetColumn column;
        private final byte[] bytes;
        private final int from;
        private final int count;
        private final byte[] one;
        private int done;

        Split(ParquetColumn column, byte[] bytes, int from, int end) {
            this.column = column;
            this.bytes = bytes;
            this.from = from;
            count = (end - from) / column.size();
            one = new byte[column.size()];
        }

        @Override
        public void next(Value out) {
            if (done >= count) {
                throw new IndexOutOfBoundsException("the values break off");
            }
            for (int k = 0; k < one.length; k++) {
                one[k] = bytes[from + k * count + done];
            }
            done++;
            fixed(column, one, 0, out);
        }
    }

    /** Texts as the length of what they share with the one before, and the rest. */
    final class Prefixed implements ParquetValues {
        private final byte[] bytes;
        private final int end;
        private final ParquetDeltas shared;
        private final ParquetDeltas lengths;
        private int at;
        private byte[] last = new byte[0];

        Prefixed(byte[] bytes, int from, int end) {
            this.bytes = bytes;
            this.end = end;
            shared = new ParquetDeltas(bytes, from, end);
            int second = new ParquetDeltas(bytes, from, end).skip();
            lengths = new ParquetDeltas(bytes, second, end);
            at = new ParquetDeltas(bytes, second, end).skip();
        }

        @Override
        public void next(Value out) {
            int kept = within(shared.next(), last.length);
            int more = within(lengths.next(), end - at);
            byte[] text = Arrays.copyOf(last, kept + more);
            System.arraycopy(bytes, at, text, kept, more);
            at += more;
            last = text;
            out.bytes(text, 0, text.length);
        }
    }

    /** The different values of a column, which pages name by number. */
    final class Dictionary {
        private final ParquetColumn column;
        private final byte[] bytes;
        private final int count;
        private final int[] starts;

        /**
         * Finds where they are.
         *
         * @throws IndexOutOfBoundsException if there are fewer than it says
         */
        Dictionary(ParquetColumn column, byte[] bytes, int count) {
            this.column = column;
            this.bytes = bytes;
            this.count = count;
            boolean text = column.type() == Type.BYTE_ARRAY;
            if (count < 0
                    || column.type() == Type.BOOLEAN
                    || (long) count * (text ? 4 : column.size()) > bytes.length) {
                throw new IndexOutOfBoundsException(
                        "a dictionary of " + count + " values in " + bytes.length + " bytes");
            }
            starts = text ? new int[count] : null;
            Value value = new Value();
            Plain values = new Plain(column, bytes, 0, bytes.length);
            for (int i = 0; text && i < count; i++) {
                values.next(value);
                starts[i] = value.from;
            }
        }

        private ParquetValues chosenBy(byte[] page, int from, int end) {
            int width = page[from];
            if (width < 0 || width > 32) {
                throw new IndexOutOfBoundsException("numbers of " + width + " bits");
            }
            ParquetRuns numbers = new ParquetRuns(page, from + 1, end, width);
            return out -> {
                int number = numbers.next();
                if (number < 0 || number >= count) {
                    throw new IndexOutOfBoundsException("value " + number + " of " + count);
                }
                if (starts == null) {
                    fixed(column, bytes, number * column.size(), out);
                } else {
                    int start = starts[number];
                    out.bytes(bytes, start, (int) number(bytes, start - 4, 4));
                }
            };
        }
    }
}
