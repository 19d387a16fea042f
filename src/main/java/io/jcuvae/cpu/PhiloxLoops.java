package io.jcuvae.cpu;

import io.jcuvae.tensor.BoxMuller;
import io.jcuvae.tensor.Philox;

/**
 * {@link Philox} for many blocks at once, in loops that the JIT vectorizes: it has no product of two ints that keeps the upper
 * half, so that is put together from products of halves, and values come out lane by lane and are put in order at the end.
 */
final class PhiloxLoops {
    /** Blocks of four values at once. */
    private static final int BLOCKS = 128;

    private static final int SUBSEQUENCES = 1 << 16;

    private final int[] c0 = new int[BLOCKS];
    private final int[] c1 = new int[BLOCKS];
    private final int[] c2 = new int[BLOCKS];
    private final int[] c3 = new int[BLOCKS];
    private final int[] high = new int[BLOCKS];
    private final BoxMuller pairs = new BoxMuller(2 * BLOCKS);

    /** The same as {@link Philox#fillUniform}. */
    void fillUniform(float[] out, int offset, int count, long key, int epoch, long first) {
        long n = first;
        long end = first + count;
        while (n < end) {
            long group = n >> 2;
            int blocks = blocks(group, end, epoch, key);
            long last = Math.min(end, 4 * (group + blocks));
            for (; n < last; n++) {
                int block = (int) ((n >> 2) - group);
                int[] lane = (n & 2) == 0 ? (n & 1) == 0 ? c0 : c1 : (n & 1) == 0 ? c2 : c3;
                out[offset + (int) (n - first)] = Philox.uniform(lane[block]);
            }
        }
    }

    /** The same as {@link Philox#fillNormal}. */
    void fillNormal(float[] out, int offset, int count, long key, long first) {
        long n = first;
        long end = first + count;
        while (n < end) {
            long group = n >> 2;
            int blocks = blocks(group, end, 0, key);
            for (int i = 0; i < blocks; i++) {
                pairs.set(2 * i, c0[i], c1[i]);
                pairs.set(2 * i + 1, c2[i], c3[i]);
            }
            pairs.compute(2 * blocks);
            long last = Math.min(end, 4 * (group + blocks));
            for (; n < last; n++) {
                out[offset + (int) (n - first)] = pairs.normal((int) (n - 4 * group));
            }
        }
    }

    /** Computes blocks from a group of four values on, up to where the values end or as many as there is room for. */
    private int blocks(long group, long end, int epoch, long key) {
        int subsequence = (int) (group % SUBSEQUENCES);
        // A sequence's blocks are counted up where the subsequences begin anew.
        int blocks = (int) Math.min(Math.min(BLOCKS, SUBSEQUENCES - subsequence), ((end + 3) >> 2) - group);
        rounds(group / SUBSEQUENCES, subsequence, epoch, key, blocks);
        return blocks;
    }

    private void rounds(long block, int subsequence, int epoch, long key, int blocks) {
        for (int i = 0; i < blocks; i++) {
            c0[i] = (int) block;
            c1[i] = (int) (block >>> 32);
            c2[i] = subsequence + i;
            c3[i] = epoch;
        }
        int k0 = (int) key;
        int k1 = (int) (key >>> 32);
        for (int round = 0; round < 10; round++) {
            round(k0, k1, blocks);
            k0 += Philox.WEYL_0;
            k1 += Philox.WEYL_1;
        }
    }

    /** c0, c1, c2, c3 = hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0). */
    private void round(int k0, int k1, int blocks) {
        upperHalf(high, c0, (int) Philox.MULTIPLIER_0, blocks);
        half(high, c3, c0, k1, (int) Philox.MULTIPLIER_0, blocks);
        // high is the new c2, c3 the new one; c0 is used up, and c1 and c2 are the old ones.
        upperHalf(c0, c2, (int) Philox.MULTIPLIER_1, blocks);
        half(c0, c1, c2, k0, (int) Philox.MULTIPLIER_1, blocks);
        System.arraycopy(high, 0, c2, 0, blocks);
    }

    /** high ^= low ^ key, and low becomes the lower half of the product. */
    private static void half(int[] high, int[] low, int[] c, int key, int multiplier, int count) {
        for (int i = 0; i < count; i++) {
            high[i] = high[i] ^ low[i] ^ key;
            low[i] = c[i] * multiplier;
        }
    }

    /** The upper half of an unsigned product: of the four products of halves none overflows with what is carried into it. */
    private static void upperHalf(int[] high, int[] c, int multiplier, int count) {
        int upper = multiplier >>> 16;
        int lower = multiplier & 0xFFFF;
        for (int i = 0; i < count; i++) {
            int a = c[i] >>> 16;
            int b = c[i] & 0xFFFF;
            int middle = a * lower + (b * lower >>> 16);
            int carried = b * upper + (middle & 0xFFFF);
            high[i] = a * upper + (middle >>> 16) + (carried >>> 16);
        }
    }
}
