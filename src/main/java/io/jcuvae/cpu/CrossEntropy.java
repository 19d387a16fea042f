package io.jcuvae.cpu;

import java.util.Arrays;

/**
 * The cross-entropy of many rows of logits against one sample, sum of |l| / 2 + l (1/2 - x) + log(1 + exp(-|l|)), which is
 * max(l, 0) - l x for the first two terms. The logarithms are taken of products of hundreds of factors at a time, so that an
 * element costs an exp and no log: a third of what {@link LikelihoodLoops} takes, whose terms are exact to a share of themselves.
 *
 * <p>exp(-a) - 1 is 32 times squared up from exp(-a / 32) - 1 as q (2 + q), which loses no digits, and needs neither table nor
 * conversion: two plain loops that the JIT vectorizes (see {@link Exponential}).
 */
final class CrossEntropy {
    /** Elements that are summed up side by side. */
    private static final int LANES = 256;
    /** Blocks of them whose factors, at most 2 each, multiply up before a logarithm: 2^4 in a lane, 2^512 in half of all. */
    private static final int BLOCKS = 4;

    /** From here on 1 + exp(-a) is 1 in a float. */
    static final float NOTHING = -18f / 32;

    // (exp(t) - 1) / t on [-18 / 32, 0]: least largest error, 3e-9 relative (Chebyshev interpolation).
    static final float C1 = 0.499999684571041f;
    static final float C2 = 0.16666006536808392f;
    static final float C3 = 0.04161591316914392f;
    static final float C4 = 0.00815535136280235f;
    static final float C5 = 0.0010947174389487162f;

    private final float[] l = new float[LANES];
    private final float[] t = new float[LANES];
    private final float[] sums = new float[LANES];
    private final float[] products = new float[LANES];
    /** 1/2 - x, block by block. */
    private float[][] weights = new float[0][];

    private int width;
    /** Elements of a block. */
    private int lanes;

    /** The sample that the next rows are compared with. */
    void against(float[] x, int start, int count) {
        width = count;
        int blocks = (count + LANES - 1) / LANES;
        lanes = (count + blocks - 1) / blocks;
        if (weights.length < blocks) {
            weights = new float[blocks][LANES];
        }
        for (int d = 0; d < count; d++) {
            weights[d / lanes][d % lanes] = 0.5f - x[start + d];
        }
    }

    /** The cross-entropy of a row, nats. */
    float of(float[] logits, int start) {
        double sum = 0;
        Arrays.fill(products, 0, lanes, 1f);
        Arrays.fill(sums, 0, lanes, 0f);
        for (int done = 0, block = 1; done < width; done += lanes, block++) {
            int n = Math.min(lanes, width - done);
            System.arraycopy(logits, start + done, l, 0, n);
            linear(sums, t, l, weights[block - 1], n);
            multiply(products, t, n);
            if (block % BLOCKS == 0 || done + lanes >= width) {
                sum += total();
                Arrays.fill(products, 0, lanes, 1f);
                Arrays.fill(sums, 0, lanes, 0f);
            }
        }
        return (float) sum;
    }

    private static void linear(float[] sums, float[] t, float[] l, float[] weights, int n) {
        for (int i = 0; i < n; i++) {
            float a = Math.abs(l[i]);
            sums[i] += 0.5f * a + l[i] * weights[i];
            t[i] = Math.max(-1f / 32 * a, NOTHING);
        }
    }

    /** products *= 1 + exp(32 t). */
    private static void multiply(float[] products, float[] t, int n) {
        for (int i = 0; i < n; i++) {
            float x = t[i];
            float q = x * (1f + x * (C1 + x * (C2 + x * (C3 + x * (C4 + x * C5)))));
            q *= 2f + q;
            q *= 2f + q;
            q *= 2f + q;
            q *= 2f + q;
            q *= 2f + q;
            products[i] *= 2f + q;
        }
    }

    /** Four of each: one addition or product would wait for the other. The order is fixed all the same. */
    private double total() {
        double s0 = 0;
        double s1 = 0;
        double p0 = 1;
        double p1 = 1;
        double p2 = 1;
        double p3 = 1;
        int i = 0;
        for (; i + 4 <= lanes; i += 4) {
            s0 += sums[i] + (double) sums[i + 1];
            s1 += sums[i + 2] + (double) sums[i + 3];
            p0 *= products[i];
            p1 *= products[i + 1];
            p2 *= products[i + 2];
            p3 *= products[i + 3];
        }
        for (; i < lanes; i++) {
            s0 += sums[i];
            p0 *= products[i];
        }
        return s0 + s1 + Math.log(p0 * p1) + Math.log(p2 * p3);
    }
}
