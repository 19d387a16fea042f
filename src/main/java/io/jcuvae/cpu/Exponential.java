package io.jcuvae.cpu;

/**
 * exp and what is made of it, for blocks of up to {@link #BLOCK} floats. The work is split into short passes of plain
 * arithmetic because the JIT vectorizes only short loop bodies, and neither conversions nor bit tricks.
 */
final class Exponential {
    /** Most elements of a block; a block and its scratch stay in the first-level cache. */
    static final int BLOCK = 512;

    // exp(x) = 2^k exp(r) with |r| <= ln(2) / 2; ln(2) in two parts so that r is exact (Cody, Waite 1980).
    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    /** Adding 1.5 * 2^23 rounds a float to an integer. */
    private static final float ROUND = 12582912f;
    /** exp of this is the smallest normal float. */
    private static final float LOWEST = -87.33f;

    private static final float[] POWERS_OF_HALF = new float[127];

    static {
        for (int i = 0; i < POWERS_OF_HALF.length; i++) {
            POWERS_OF_HALF[i] = (float) Math.scalb(1.0, -i);
        }
    }

    private final float[] k = new float[BLOCK];
    private final float[] r = new float[BLOCK];

    /** out[i] = exp(-scale |x[i]|) for scale &gt; 0, to about 1e-7 relative; never below the smallest normal float. */
    void ofMinusAbs(float[] out, int outStart, float[] x, int start, int count, float scale) {
        for (int i = 0; i < count; i++) {
            float a = Math.max(-scale * Math.abs(x[start + i]), LOWEST);
            float rounded = (a * LOG2_E + ROUND) - ROUND;
            k[i] = rounded;
            r[i] = (a - rounded * LN2_HIGH) - rounded * LN2_LOW;
        }
        polynomial(count);
        for (int i = 0; i < count; i++) {
            out[outStart + i] = r[i] * POWERS_OF_HALF[(int) -k[i]];
        }
    }

    // Taylor up to r^7: the next term is at most 0.347^8 / 8! = 5e-9, a tenth of a float's last place.
    private void polynomial(int count) {
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
     * out[i] = log(1 + e[i]) for e in [0, 1], as 2 atanh(e / (2 + e)) by its power series, to about 1e-7 absolute.
     */
    static void logOnePlus(float[] out, int outStart, float[] e, int start, int count) {
        for (int i = 0; i < count; i++) {
            float s = e[start + i] / (2f + e[start + i]);
            float q = s * s;
            float p = 1f / 15 * q + 1f / 13;
            p = p * q + 1f / 11;
            p = p * q + 1f / 9;
            p = p * q + 1f / 7;
            p = p * q + 0.2f;
            p = p * q + 1f / 3;
            out[outStart + i] = 2f * s + 2f * s * q * p;
        }
    }

    /** out[i] = 1 / (1 + exp(-x[i])) given e[i] = exp(-|x[i]|): 1 / (1 + e) for x above zero, e / (1 + e) below. */
    static void sigmoid(float[] out, int outStart, float[] x, int start, float[] e, int count) {
        for (int i = 0; i < count; i++) {
            float above = step(x[start + i]);
            out[outStart + i] = (e[i] + above * (1f - e[i])) / (1f + e[i]);
        }
    }

    /** 1 for x above zero, else 0, without a branch or comparison so that loops around it vectorize. */
    static float step(float x) {
        return Math.min(1f, Math.max(0f, x * 1e38f * 1e38f));
    }
}
