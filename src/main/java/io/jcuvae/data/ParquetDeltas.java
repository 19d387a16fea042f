package io.jcuvae.data;

/** Whole numbers as differences (DELTA_BINARY_PACKED), one by one; what its header says of lengths costs nothing. */
final class ParquetDeltas {
    private final byte[] bytes;
    private final int end;
    private final int miniblocks;
    private final long perMiniblock;
    private final long total;
    private int at;
    private long value;
    private long done;
    private int widths;
    private int miniblock;
    private long left;
    private int width;
    private long least;
    private long bitAt;

    /**
     * Reads the header.
     *
     * @throws IndexOutOfBoundsException if it contradicts itself
     */
    ParquetDeltas(byte[] bytes, int at, int end) {
        this.bytes = bytes;
        this.at = at;
        this.end = end;
        long block = number();
        long blocks = number();
        total = number();
        value = zigzag(number());
        if (block < 1
                || blocks < 1
                || blocks > end - at
                || block % blocks != 0
                || block / blocks % 8 != 0
                || total < 0) {
            throw new IndexOutOfBoundsException("differences in blocks of " + block + " by " + blocks);
        }
        miniblocks = (int) blocks;
        miniblock = miniblocks;
        perMiniblock = block / blocks;
    }

    /** How many it says there are. */
    long total() {
        return total;
    }

    /** The next. */
    long next() {
        if (done >= total) {
            throw new IndexOutOfBoundsException("more values than differences");
        }
        if (done++ == 0) {
            return value;
        }
        if (left == 0) {
            begin();
        }
        left--;
        value += least + ParquetRuns.bits(bytes, bitAt, width, end);
        bitAt += width;
        return value;
    }

    private void begin() {
        if (miniblock == miniblocks) {
            least = zigzag(number());
            widths = at;
            at += miniblocks;
            miniblock = 0;
        }
        width = ParquetRuns.at(bytes, widths + miniblock++, end) & 0xFF;
        if (width > 64) {
            throw new IndexOutOfBoundsException("differences of " + width + " bits");
        }
        left = perMiniblock;
        bitAt = at * 8L;
        at = (int) Math.min(end, at + perMiniblock / 8 * width);
    }

    /** Reads to the end; where it is. */
    int skip() {
        while (done < total) {
            next();
        }
        return at;
    }

    private long number() {
        long number = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = ParquetRuns.at(bytes, at++, end);
            number |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return number;
            }
        }
        throw new IndexOutOfBoundsException("a number without end");
    }

    private static long zigzag(long number) {
        return number >>> 1 ^ -(number & 1);
    }
}
