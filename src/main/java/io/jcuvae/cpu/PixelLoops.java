package io.jcuvae.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Values to pixels, and the look for what is no number and so no pixel. */
final class PixelLoops {
    private static final int BLOCK = Exponential.BLOCK;
    /** Adding 1.5 * 2^23 rounds a float to an integer, which its low bits then hold. */
    private static final float ROUND = 12582912f;
    /** Set in the bits of every NaN, and of no float close to {@link #ROUND}. */
    private static final int NOT_A_NUMBER = 0x30000000;
    /** Beyond it all is black, or white: 255 sigmoid(6.24) is 254.5. */
    private static final float OUTSIDE = 6.5f;

    // tanh(y) = y P(y^2) / Q(y^2): the ninth convergent of Lambert's continued fraction y / (1 + y^2 / (3 + ...)).
    private static final float SCALE = 1f / 34459425;
    private static final float P1 = 4729725 * SCALE;
    private static final float P2 = 135135 * SCALE;
    private static final float P3 = 990 * SCALE;
    private static final float P4 = SCALE;
    private static final float Q1 = 16216200 * SCALE;
    private static final float Q2 = 945945 * SCALE;
    private static final float Q3 = 13860 * SCALE;
    private static final float Q4 = 45 * SCALE;

    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final float[] x = new float[BLOCK];

    /**
     * Logits to pixels: 255 sigmoid(x) = 127.5 + 127.5 tanh(x / 2), to 4e-5 before it is rounded, half up.
     *
     * @return 0, or NaN where a logit is NaN: then its pixel has no meaning
     */
    float ofLogits(byte[] pixels, int to, float[] logits, int start, int count) {
        int all = 0;
        for (int done = 0; done < count; done += BLOCK) {
            int n = Math.min(BLOCK, count - done);
            System.arraycopy(logits, start + done, x, 0, n);
            roundSigmoid(x, n);
            all |= pack(pixels, to + done, x, n);
        }
        return (all & NOT_A_NUMBER) == 0 ? 0 : Float.NaN;
    }

    private static void roundSigmoid(float[] x, int count) {
        for (int i = 0; i < count; i++) {
            float y = Math.max(-OUTSIDE, Math.min(OUTSIDE, x[i])) * 0.5f;
            float w = y * y;
            float p = Math.fma(Math.fma(Math.fma(Math.fma(P4, w, P3), w, P2), w, P1), w, 1f);
            float q = Math.fma(Math.fma(Math.fma(Math.fma(Q4, w, Q3), w, Q2), w, Q1), w, 1f);
            // Half to even is half up here: 127.5 is the only half.
            x[i] = Math.fma(y * p / q, 127.5f, 127.5f) + ROUND;
        }
    }

    /**
     * Values to bytes: 255 times the value, rounded half up, clipped. The product is rounded once, together with the addition of
     * 1.5 * 2^23, which leaves the integer in the low bits; half to even is half up here, as 127.5 is the only half that a float
     * times 255 makes. NaN becomes what it is clipped to.
     */
    void ofValues(byte[] pixels, int to, float[] values, int start, int count) {
        for (int done = 0; done < count; done += BLOCK) {
            int n = Math.min(BLOCK, count - done);
            System.arraycopy(values, start + done, x, 0, n);
            round(x, n);
            pack(pixels, to + done, x, n);
        }
    }

    private static void round(float[] x, int count) {
        for (int i = 0; i < count; i++) {
            x[i] = Math.fma(Math.max(0f, Math.min(1f, x[i])), 255f, ROUND);
        }
    }

    /**
     * The low bytes of floats, eight in one store, which takes two thirds of the time of single ones.
     *
     * @return the bits of all floats, or-ed
     */
    private static int pack(byte[] bytes, int to, float[] x, int count) {
        int all = 0;
        int i = 0;
        for (; i + 8 <= count; i += 8) {
            int a = Float.floatToRawIntBits(x[i]);
            int b = Float.floatToRawIntBits(x[i + 1]);
            int c = Float.floatToRawIntBits(x[i + 2]);
            int d = Float.floatToRawIntBits(x[i + 3]);
            int e = Float.floatToRawIntBits(x[i + 4]);
            int f = Float.floatToRawIntBits(x[i + 5]);
            int g = Float.floatToRawIntBits(x[i + 6]);
            int h = Float.floatToRawIntBits(x[i + 7]);
            all |= a | b | c | d | e | f | g | h;
            long eight = a & 0xFFL
                    | (b & 0xFFL) << 8
                    | (c & 0xFFL) << 16
                    | (d & 0xFFL) << 24
                    | (e & 0xFFL) << 32
                    | (f & 0xFFL) << 40
                    | (g & 0xFFL) << 48
                    | (long) h << 56;
            EIGHT_BYTES.set(bytes, to + i, eight);
        }
        for (; i < count; i++) {
            int bits = Float.floatToRawIntBits(x[i]);
            all |= bits;
            bytes[to + i] = (byte) bits;
        }
        return all;
    }

    /** 0 if all values are finite, else NaN. */
    static float zeroIfFinite(float[] x, int start, int count) {
        float largest = 0;
        for (int i = 0; i < count; i++) {
            largest = Math.max(largest, Math.abs(x[start + i]));
        }
        return largest * 0;
    }
}
