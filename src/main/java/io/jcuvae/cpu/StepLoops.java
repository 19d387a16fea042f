package io.jcuvae.cpu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** What a training step needs besides the model: gathering rows, and Adam. */
final class StepLoops {
    // A float keeps 2^-24 of the constant: gradients are rounded to 6e-18, first moments to 6e-31, second ones to
    // 6e-39.
    private static final float TINY_GRADIENT = 1e-10f;
    private static final float TINY_FIRST = 1e-23f;
    private static final float TINY_SECOND = 1e-31f;

    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final float[] BYTE_TO_UNIT = new float[256];

    static {
        for (int i = 0; i < BYTE_TO_UNIT.length; i++) {
            BYTE_TO_UNIT[i] = i / 255f;
        }
    }

    private StepLoops() {}

    /** Bytes to floats in [0, 1]. */
    static void scale(float[] x, int xo, byte[] data, int start, int width) {
        int i = 0;
        for (; i + 8 <= width; i += 8) {
            // Eight bytes in one load: it takes two thirds of the time of single ones.
            long eight = (long) EIGHT_BYTES.get(data, start + i);
            int at = xo + i;
            x[at] = BYTE_TO_UNIT[(int) eight & 0xFF];
            x[at + 1] = BYTE_TO_UNIT[(int) (eight >>> 8) & 0xFF];
            x[at + 2] = BYTE_TO_UNIT[(int) (eight >>> 16) & 0xFF];
            x[at + 3] = BYTE_TO_UNIT[(int) (eight >>> 24) & 0xFF];
            x[at + 4] = BYTE_TO_UNIT[(int) (eight >>> 32) & 0xFF];
            x[at + 5] = BYTE_TO_UNIT[(int) (eight >>> 40) & 0xFF];
            x[at + 6] = BYTE_TO_UNIT[(int) (eight >>> 48) & 0xFF];
            x[at + 7] = BYTE_TO_UNIT[(int) (eight >>> 56)];
        }
        for (; i < width; i++) {
            x[xo + i] = BYTE_TO_UNIT[data[start + i] & 0xFF];
        }
    }

    /**
     * One Adam step on elements start .. end - 1 of all four arrays; rate is lr / correction1, root 1 / sqrt(correction2).
     *
     * <p>Parameters that get no gradient for long (a dead unit, a pixel at the rim) have moments that decay into the
     * subnormal range, where this processor computes a hundred times slower. Adding and subtracting a tiny constant rounds
     * them to zero before, at an error far below what epsilon hides.
     */
    static void adam(
            float[] p,
            float[] m,
            float[] v,
            float[] g,
            int start,
            int end,
            float beta1,
            float beta2,
            float rate,
            float root,
            float epsilon) {
        float keep1 = 1 - beta1;
        float keep2 = 1 - beta2;
        for (int i = start; i < end; i++) {
            float gradient = (g[i] + TINY_GRADIENT) - TINY_GRADIENT;
            float first = (beta1 * m[i] + keep1 * gradient + TINY_FIRST) - TINY_FIRST;
            float second = (beta2 * v[i] + keep2 * gradient * gradient + TINY_SECOND) - TINY_SECOND;
            m[i] = first;
            v[i] = second;
            p[i] -= rate * first / ((float) Math.sqrt(second) * root + epsilon);
        }
    }

    /** sum[i] += the sum over rows of x[r][i], in the order of the rows. */
    static void sumRows(float[] sum, float[] row, float[] x, int xStart, int stride, int rows, int columns) {
        Arrays.fill(sum, 0, columns, 0f);
        for (int r = 0; r < rows; r++) {
            System.arraycopy(x, xStart + r * stride, row, 0, columns);
            ActivationLoops.add(sum, row, columns);
        }
    }
}
