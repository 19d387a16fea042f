package io.jcuvae.cpu;

/** Likelihoods, one row at a time, in blocks that stay in the first-level cache. Rows are summed in double. */
final class LikelihoodLoops {
    private final Exponential exponential = new Exponential();
    private final float[] e = new float[Exponential.BLOCK];
    private final float[] t = new float[Exponential.BLOCK];

    /**
     * Cross-entropy of a row under sigmoid(logits), and if {@code dlogits} is not null its gradient times {@code weight}.
     */
    float bernoulli(float[] dlogits, int dlo, float[] logits, int lo, float[] x, int xo, int width, float weight) {
        double sum = 0;
        for (int done = 0; done < width; done += Exponential.BLOCK) {
            int n = Math.min(Exponential.BLOCK, width - done);
            int l = lo + done;
            int xs = xo + done;
            exponential.ofMinusAbs(e, 0, logits, l, n, 1f);
            Exponential.logOnePlus(t, 0, e, 0, n);
            for (int i = 0; i < n; i++) {
                t[i] += Math.max(logits[l + i], 0f) - logits[l + i] * x[xs + i];
            }
            sum += sum(t, n);
            if (dlogits != null) {
                gradient(dlogits, dlo + done, logits, l, x, xs, n, weight);
            }
        }
        return (float) sum;
    }

    /** dlogits = weight (sigmoid(logits) - x). */
    void bernoulliBackward(float[] dlogits, int dlo, float[] logits, int lo, float[] x, int xo, int width, float weight) {
        for (int done = 0; done < width; done += Exponential.BLOCK) {
            int n = Math.min(Exponential.BLOCK, width - done);
            exponential.ofMinusAbs(e, 0, logits, lo + done, n, 1f);
            gradient(dlogits, dlo + done, logits, lo + done, x, xo + done, n, weight);
        }
    }

    private void gradient(float[] dlogits, int dlo, float[] logits, int lo, float[] x, int xo, int n, float weight) {
        Exponential.sigmoid(t, 0, logits, lo, e, n);
        for (int i = 0; i < n; i++) {
            dlogits[dlo + i] = weight * (t[i] - x[xo + i]);
        }
    }

    /** Sum of squared differences of two rows. */
    double squaredError(float[] mean, int mo, float[] x, int xo, int width) {
        double sum = 0;
        for (int done = 0; done < width; done += Exponential.BLOCK) {
            int n = Math.min(Exponential.BLOCK, width - done);
            for (int i = 0; i < n; i++) {
                float d = mean[mo + done + i] - x[xo + done + i];
                t[i] = d * d;
            }
            sum += sum(t, n);
        }
        return sum;
    }

    /** dmean = factor (mean - x). */
    static void difference(float[] dmean, int dmo, float[] mean, int mo, float[] x, int xo, int width, float factor) {
        for (int i = 0; i < width; i++) {
            dmean[dmo + i] = factor * (mean[mo + i] - x[xo + i]);
        }
    }

    /** Four running sums: the additions of one would wait for each other. The order is fixed all the same. */
    private static double sum(float[] values, int count) {
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
