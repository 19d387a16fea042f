package io.jcuvae.tensor;

/**
 * The counter-based random sequence that every backend shares: Philox4x32-10 in the order of the cuRAND host API's
 * legacy ordering.
 *
 * <p>Value n of the sequence comes from subsequence (n / 4) mod 65536, block n / 4 / 65536, lane n mod 4, so any value can
 * be computed from its index alone and a checkpoint stores a position instead of a generator's state. The fourth counter
 * word, which cuRAND leaves at zero below 2^64 subsequences, carries an epoch where values are drawn anew per epoch.
 *
 * <p>Sources: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (SC 2011) for the rounds and constants; the
 * cuRAND documentation for the ordering, the seed as key and the Box-Muller constants.
 */
public final class Philox {
    private static final int SUBSEQUENCES = 1 << 16;
    /** Multiplies the first counter word in each round. */
    public static final long MULTIPLIER_0 = 0xD2511F53L;
    /** Multiplies the third counter word in each round. */
    public static final long MULTIPLIER_1 = 0xCD9E8D57L;
    /** What the first key word grows by between rounds. */
    public static final int WEYL_0 = 0x9E3779B9;
    /** What the second key word grows by between rounds. */
    public static final int WEYL_1 = 0xBB67AE85;

    /** Groups of four normals that are made at once: what they need stays in the first-level cache. */
    private static final int NORMAL_GROUPS = 64;

    private Philox() {}

    /**
     * Ten rounds on one counter.
     *
     * @param out receives four 32-bit values
     * @param counter0 least significant counter word
     * @param key0 least significant key word
     */
    public static void block(int[] out, int counter0, int counter1, int counter2, int counter3, int key0, int key1) {
        int c0 = counter0;
        int c1 = counter1;
        int c2 = counter2;
        int c3 = counter3;
        int k0 = key0;
        int k1 = key1;
        for (int round = 0; round < 10; round++) {
            long product0 = MULTIPLIER_0 * (c0 & 0xFFFFFFFFL);
            long product1 = MULTIPLIER_1 * (c2 & 0xFFFFFFFFL);
            c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        out[0] = c0;
        out[1] = c1;
        out[2] = c2;
        out[3] = c3;
    }

    /** The four values 4 * group .. 4 * group + 3 of the sequence. */
    private static void group(int[] out, long key, int epoch, long group) {
        long block = group / SUBSEQUENCES;
        int subsequence = (int) (group % SUBSEQUENCES);
        block(out, (int) block, (int) (block >>> 32), subsequence, epoch, (int) key, (int) (key >>> 32));
    }

    /** Fills {@code out[offset .. offset + count)} with the 32-bit values {@code first, first + 1, ...} of the sequence. */
    public static void fillBits(int[] out, int offset, int count, long key, int epoch, long first) {
        int[] lanes = new int[4];
        long current = -1;
        for (int i = 0; i < count; i++) {
            long n = first + i;
            if (n >> 2 != current) {
                current = n >> 2;
                group(lanes, key, epoch, current);
            }
            out[offset + i] = lanes[(int) (n & 3)];
        }
    }

    /** Fills with uniforms in [0, 1): the upper 24 bits of each value, so every result is exact in a float. */
    public static void fillUniform(float[] out, int offset, int count, long key, int epoch, long first) {
        int[] lanes = new int[4];
        long current = -1;
        for (int i = 0; i < count; i++) {
            long n = first + i;
            if (n >> 2 != current) {
                current = n >> 2;
                group(lanes, key, epoch, current);
            }
            out[offset + i] = uniform(lanes[(int) (n & 3)]);
        }
    }

    /** A value's upper 24 bits as a float in [0, 1). */
    public static float uniform(int bits) {
        return (bits >>> 8) * 0x1p-24f;
    }

    /**
     * Fills with standard normals: {@link BoxMuller} on the pairs of lanes (0, 1) and (2, 3).
     */
    public static void fillNormal(float[] out, int offset, int count, long key, long first) {
        long end = first + count;
        int most = (int) Math.min(NORMAL_GROUPS, (end + 3 >> 2) - (first >> 2));
        int[] lanes = new int[4];
        BoxMuller pairs = new BoxMuller(2 * most);
        for (long n = first; n < end; ) {
            long group = n >> 2;
            int groups = (int) Math.min(most, (end + 3 >> 2) - group);
            for (int g = 0; g < groups; g++) {
                group(lanes, key, 0, group + g);
                pairs.set(2 * g, lanes[0], lanes[1]);
                pairs.set(2 * g + 1, lanes[2], lanes[3]);
            }
            pairs.compute(2 * groups);
            for (long last = Math.min(end, 4 * (group + groups)); n < last; n++) {
                out[offset + (int) (n - first)] = pairs.normal((int) (n - 4 * group));
            }
        }
    }
}
