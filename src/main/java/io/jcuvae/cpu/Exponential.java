package io.jcuvae.cpu;

/**
 * exp and what is made of it, for blocks of up to {@link #BLOCK} floats that start at 0 of their arrays.
 *
 * <p>The JIT vectorizes a loop only if it is plain arithmetic without conversions or bit tricks, and only if all floats in it
 * are indexed alike (it cannot rule out that differently offset ones overlap). Hence the short passes, and the block-sized
 * arrays that all loops of this package copy their operands into; such a copy costs a fifth of an unvectorized loop.
 */
final class Exponential {
    /** Most elements of a block; a handful of them stay in the first-level cache. */
    static final int BLOCK = 512;

    // exp(x) = 2^k exp(r) with |r| <= ln(2) / 2; ln(2) in two parts so that r is exact (Cody, Waite 1980).
    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** Adding 1.5 * 2^23 rounds a float to an integer. */
    private static final float ROUND = 12582912f;
    /** exp of this is 1e-30: small enough to be nothing, large enough that products with it stay normal numbers. */
    private static final float LOWEST = -69f;

    private static final float[] POWERS_OF_HALF = new float[128];

    static {
        for (int i = 0; i < POWERS_OF_HALF.length; i++) {
            POWERS_OF_HALF[i] = (float) Math.scalb(1.0, -i);
        }
    }

    private final float[] a = new float[BLOCK];
    private final float[] k = new float[BLOCK];
    private final float[] r = new float[BLOCK];

    /** out[i] = exp(-scale |x[i]|) for scale &gt; 0, to about 1e-7 relative, but never below 1e-30. */
    void ofMinusAbs(float[] out, float[] x, int count, float scale) {
        clamp(a, x, count, scale);
        reduce(k, r, a, count);
        polynomial(r, count);
        for (int i = 0; i < count; i++) {
            // The low bits of a float that was rounded so are the integer.
            out[i] = r[i] * POWERS_OF_HALF[Float.floatToRawIntBits(k[i]) & 127];
        }
    }

    private static void clamp(float[] a, float[] x, int count, float scale) {
        for (int i = 0; i < count; i++) {
            a[i] = Math.max(-scale * Math.abs(x[i]), LOWEST);
        }
    }

    private static void reduce(float[] k, float[] r, float[] a, int count) {
        for (int i = 0; i < count; i++) {
            float shifted = ROUND - a[i] * LOG2_E;
            float rounded = shifted - ROUND;
            k[i] = shifted;
            r[i] = (a[i] + rounded * LN2_HIGH) + rounded * LN2_LOW;
        }
    }

    /** Taylor up to r^7: the next term is at most 0.347^8 / 8! = 5e-9, a tenth of a float's last place. */
    private static void polynomial(float[] r, int count) {
        for (int i = 0; i < count; i++) {
            float t = r[i];
            float p = 1f / 5040 * t + 1f / 720;
            p = p * t + 1f / 120;
            p = p * t + 1f / 24;
            p = p * t + 1f / 6;
            p = p * t + 0.5f;
            r[i] = p * t * t + t + 1f;
        }
    }

    /**
     * x[i] = exp(x[i]) for x at most 0, to about 5e-7 absolute, but never below 2e-16: for sums relative to their largest term.
     * exp(x) - 1 is 64 times squared up from exp(x / 64) - 1 as q (2 + q), as in {@link CrossEntropy}: no table.
     */
    static void ofNegative(float[] x, int count) {
        for (int i = 0; i < count; i++) {
            float t = Math.max(x[i], 64 * CrossEntropy.NOTHING) * (1f / 64);
            float q = t
                    * (1f
                            + t
                                    * (CrossEntropy.C1
                                            + t
                                                    * (CrossEntropy.C2
                                                            + t
                                                                    * (CrossEntropy.C3
                                                                            + t
                                                                                    * (CrossEntropy.C4
                                                                                            + t * CrossEntropy.C5)))));
            q *= 2f + q;
            q *= 2f + q;
            q *= 2f + q;
            q *= 2f + q;
            q *= 2f + q;
            q *= 2f + q;
            x[i] = 1f + q;
        }
    }

    /** out[i] = log(1 + e[i]) for e in [0, 1], as 2 atanh(e / (2 + e)) by its power series, to about 1e-7 absolute. */
    static void logOnePlus(float[] out, float[] e, int count) {
        for (int i = 0; i < count; i++) {
            float s = e[i] / (2f + e[i]);
            float q = s * s;
            float p = 1f / 15 * q + 1f / 13;
            p = p * q + 1f / 11;
            p = p * q + 1f / 9;
            p = p * q + 1f / 7;
            p = p * q + 0.2f;
            p = p * q + 1f / 3;
            out[i] = 2f * s + 2f * s * q * p;
        }
    }

    /** out[i] = 1 / (1 + exp(-x[i])) given e[i] = exp(-|x[i]|): 1 / (1 + e) for x above zero, e / (1 + e) below. */
    static void sigmoid(float[] out, float[] x, float[] e, int count) {
        step(out, x, count);
        for (int i = 0; i < count; i++) {
            out[i] = (e[i] + out[i] * (1f - e[i])) / (1f + e[i]);
        }
    }

    /** out[i] = 1 where x[i] is above zero, else 0; out may be x. The product turns the smallest number into a large one. */
    static void step(float[] out, float[] x, int count) {
        for (int i = 0; i < count; i++) {
            out[i] = Math.min(1f, Math.max(0f, x[i] * 1e38f * 1e38f));
        }
    }
}
