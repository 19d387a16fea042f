package io.jcuvae.data;

/**
 * Small whole numbers in Parquet's mixture of runs and bit-packed groups (RLE / bit-packing hybrid), one by one: nothing is
 * unpacked that is not asked for, so that a run's length costs nothing.
 */
final class ParquetRuns {
    private final byte[] bytes;
    private final int end;
    private final int width;
    private int at;
    private long left;
    private boolean packed;
    private int value;
    private long bitAt;

    /**
     * Begins.
     *
     * @param width bits of a number, 0 to 32
     */
    ParquetRuns(byte[] bytes, int at, int end, int width) {
        this.bytes = bytes;
        this.at = at;
        this.end = end;
        this.width = width;
    }

    /**
     * The next number.
     *
     * @throws IndexOutOfBoundsException if there is none
     */
    int next() {
        while (left == 0) {
            run();
        }
        left--;
        if (packed) {
            value = (int) bits(bytes, bitAt, width, end);
            bitAt += width;
        }
        return value;
    }

    private void run() {
        long header = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = at(bytes, at++, end);
            header |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                break;
            }
            if (shift > 28) {
                throw new IndexOutOfBoundsException("a run without end");
            }
        }
        packed = (header & 1) == 1;
        if (packed) {
            left = (header >>> 1) * 8;
            bitAt = at * 8L;
            at = (int) Math.min(end, at + (header >>> 1) * width);
        } else {
            left = header >>> 1;
            int size = (width + 7) / 8;
            value = (int) bits(bytes, at * 8L, size * 8, end);
            at += size;
        }
    }

    /** A byte of a stretch. */
    static byte at(byte[] bytes, int at, int end) {
        if (at < 0 || at >= end) {
            throw new IndexOutOfBoundsException("the values break off");
        }
        return bytes[at];
    }

    /** Up to 64 bits from a place on, the lowest first. */
    static long bits(byte[] bytes, long bitAt, int width, int end) {
        long value = 0;
        int done = 0;
        while (done < width) {
            long bit = bitAt + done;
            int inByte = (int) (bit & 7);
            int take = Math.min(8 - inByte, width - done);
            long part = (at(bytes, (int) (bit >>> 3), end) & 0xFFL) >>> inByte & (1L << take) - 1;
            value |= part << done;
            done += take;
        }
        return value;
    }
}
