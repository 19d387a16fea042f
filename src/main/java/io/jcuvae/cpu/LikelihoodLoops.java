package io.jcuvae.cpu;

/** Likelihoods, one row at a time, in blocks that stay in the first-level cache. Rows are summed in double. */
final class LikelihoodLoops {
    private static final int BLOCK = Exponential.BLOCK;

    private final Exponential exponential = new Exponential();
    private final float[] o = new float[BLOCK];
    private final float[] v = new float[BLOCK];
    private final float[] e = new float[BLOCK];
    private final float[] t = new float[BLOCK];

    /**
     * Cross-entropy of a row under sigmoid(logits), and if {@code dlogits} is not null its gradient times {@code weight}.
     */
    float bernoulli(
            float[] dlogits, int dStart, float[] logits, int lStart, float[] x, int xStart, int width, float weight) {
        double sum = 0;
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            load(logits, lStart + done, x, xStart + done, n);
            exponential.ofMinusAbs(e, o, n, 1f);
            Exponential.logOnePlus(t, e, n);
            crossEntropy(t, o, v, n);
            sum += sum(t, n);
            if (dlogits != null) {
                storeGradient(dlogits, dStart + done, n, weight);
            }
        }
        return (float) sum;
    }

    private static void crossEntropy(float[] t, float[] logits, float[] x, int n) {
        for (int i = 0; i < n; i++) {
            t[i] += Math.max(logits[i], 0f) - logits[i] * x[i];
        }
    }

    /** dlogits = weight (sigmoid(logits) - x). */
    void bernoulliBackward(
            float[] dlogits, int dStart, float[] logits, int lStart, float[] x, int xStart, int width, float weight) {
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            load(logits, lStart + done, x, xStart + done, n);
            exponential.ofMinusAbs(e, o, n, 1f);
            storeGradient(dlogits, dStart + done, n, weight);
        }
    }

    private void load(float[] outputs, int oStart, float[] x, int xStart, int n) {
        System.arraycopy(outputs, oStart, o, 0, n);
        System.arraycopy(x, xStart, v, 0, n);
    }

    private void storeGradient(float[] dlogits, int start, int n, float weight) {
        Exponential.sigmoid(t, o, e, n);
        scaledDifference(t, v, n, weight);
        System.arraycopy(t, 0, dlogits, start, n);
    }

    /** to = factor (to - what). */
    private static void scaledDifference(float[] to, float[] what, int n, float factor) {
        for (int i = 0; i < n; i++) {
            to[i] = factor * (to[i] - what[i]);
        }
    }

    /** Sum of squared differences of two rows. */
    double squaredError(float[] mean, int mStart, float[] x, int xStart, int width) {
        double sum = 0;
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            load(mean, mStart + done, x, xStart + done, n);
            scaledDifference(o, v, n, 1f);
            for (int i = 0; i < n; i++) {
                t[i] = o[i] * o[i];
            }
            sum += sum(t, n);
        }
        return sum;
    }

    /** dmean = factor (mean - x). */
    void difference(
            float[] dmean, int dStart, float[] mean, int mStart, float[] x, int xStart, int width, float factor) {
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            load(mean, mStart + done, x, xStart + done, n);
            scaledDifference(o, v, n, factor);
            System.arraycopy(o, 0, dmean, dStart + done, n);
        }
    }

    /** Four running sums: the additions of one would wait for each other. The order is fixed all the same. */
    static double sum(float[] values, int count) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 4 <= count; i += 4) {
            s0 += values[i];
            s1 += values[i + 1];
            s2 += values[i + 2];
            s3 += values[i + 3];
        }
        for (; i < count; i++) {
            s0 += values[i];
        }
        return (s0 + s1) + (s2 + s3);
    }
}
