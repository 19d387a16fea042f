package io.jcuvae.cpu;

import io.jcuvae.tensor.Activation;

/** Activations and their derivatives over runs of floats, one thread's share at a time. */
final class ActivationLoops {
    private static final int BLOCK = Exponential.BLOCK;
    private static final double SQRT_HALF = Math.sqrt(0.5);
    private static final double INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);

    private final Exponential exponential = new Exponential();
    private final float[] v = new float[BLOCK];
    private final float[] d = new float[BLOCK];
    private final float[] e = new float[BLOCK];
    private final float[] t = new float[BLOCK];

    /** y = f(x). */
    void forward(float[] y, int yStart, float[] x, int xStart, int count, Activation f) {
        if (f == Activation.RELU && x == y && xStart == yStart) {
            // All floats are indexed alike as they lie: no copies are needed.
            for (int i = yStart; i < yStart + count; i++) {
                y[i] = Math.max(y[i], 0f);
            }
            return;
        }
        for (int done = 0; done < count; done += BLOCK) {
            int n = Math.min(BLOCK, count - done);
            System.arraycopy(x, xStart + done, v, 0, n);
            apply(n, f);
            System.arraycopy(v, 0, y, yStart + done, n);
        }
    }

    /** y += what. */
    void add(float[] y, int yStart, float[] what, int start, int count) {
        add(y, yStart, y, yStart, what, start, count);
    }

    /** y = a + b. */
    void add(float[] y, int yStart, float[] a, int aStart, float[] b, int bStart, int count) {
        for (int done = 0; done < count; done += BLOCK) {
            int n = Math.min(BLOCK, count - done);
            System.arraycopy(a, aStart + done, v, 0, n);
            System.arraycopy(b, bStart + done, t, 0, n);
            add(v, t, n);
            System.arraycopy(v, 0, y, yStart + done, n);
        }
    }

    static void add(float[] to, float[] what, int count) {
        for (int i = 0; i < count; i++) {
            to[i] += what[i];
        }
    }

    /** v = f(v). */
    private void apply(int n, Activation f) {
        switch (f) {
            case IDENTITY -> {}
            case RELU -> {
                for (int i = 0; i < n; i++) {
                    v[i] = Math.max(v[i], 0f);
                }
            }
            case LEAKY_RELU -> {
                for (int i = 0; i < n; i++) {
                    v[i] = Math.max(v[i], 0f) + Activation.LEAKY_SLOPE * Math.min(v[i], 0f);
                }
            }
            case TANH -> {
                exponential.ofMinusAbs(e, v, n, 2f);
                Exponential.step(t, v, n);
                for (int i = 0; i < n; i++) {
                    v[i] = (2f * t[i] - 1f) * (1f - e[i]) / (1f + e[i]);
                }
            }
            case SIGMOID -> {
                exponential.ofMinusAbs(e, v, n, 1f);
                Exponential.sigmoid(t, v, e, n);
                System.arraycopy(t, 0, v, 0, n);
            }
            case SOFTPLUS -> {
                exponential.ofMinusAbs(e, v, n, 1f);
                Exponential.logOnePlus(t, e, n);
                for (int i = 0; i < n; i++) {
                    v[i] = Math.max(v[i], 0f) + t[i];
                }
            }
            case ELU -> {
                exponential.ofMinusAbs(e, v, n, 1f);
                Exponential.step(t, v, n);
                for (int i = 0; i < n; i++) {
                    v[i] = Math.max(v[i], 0f) + (1f - t[i]) * (e[i] - 1f);
                }
            }
            case SILU -> {
                exponential.ofMinusAbs(e, v, n, 1f);
                Exponential.sigmoid(t, v, e, n);
                for (int i = 0; i < n; i++) {
                    v[i] *= t[i];
                }
            }
            case GELU -> {
                for (int i = 0; i < n; i++) {
                    v[i] = (float) (v[i] * normalDistribution(v[i]));
                }
            }
        }
    }

    /** dx = dy f'(x); dx may be dy. */
    void backward(
            float[] dx,
            int dxStart,
            float[] dy,
            int dyStart,
            float[] x,
            int xStart,
            float[] y,
            int yStart,
            int count,
            Activation f) {
        for (int done = 0; done < count; done += BLOCK) {
            int n = Math.min(BLOCK, count - done);
            if (f.derivativeFromOutput()) {
                System.arraycopy(y, yStart + done, v, 0, n);
            } else {
                System.arraycopy(x, xStart + done, v, 0, n);
            }
            System.arraycopy(dy, dyStart + done, d, 0, n);
            derive(n, f);
            System.arraycopy(d, 0, dx, dxStart + done, n);
        }
    }

    /** d *= f', from v, which is the output where that suffices, else the input. */
    private void derive(int n, Activation f) {
        switch (f) {
            case IDENTITY -> {}
            case RELU -> {
                Exponential.step(v, v, n);
                for (int i = 0; i < n; i++) {
                    d[i] *= v[i];
                }
            }
            case LEAKY_RELU -> {
                Exponential.step(v, v, n);
                for (int i = 0; i < n; i++) {
                    d[i] *= Activation.LEAKY_SLOPE + v[i] * (1f - Activation.LEAKY_SLOPE);
                }
            }
            case TANH -> {
                for (int i = 0; i < n; i++) {
                    d[i] *= 1f - v[i] * v[i];
                }
            }
            case SIGMOID -> {
                for (int i = 0; i < n; i++) {
                    d[i] *= v[i] * (1f - v[i]);
                }
            }
            case SOFTPLUS -> {
                // f'(x) = 1 - exp(-y), and y >= 0.
                exponential.ofMinusAbs(e, v, n, 1f);
                for (int i = 0; i < n; i++) {
                    d[i] *= 1f - e[i];
                }
            }
            case ELU -> {
                for (int i = 0; i < n; i++) {
                    d[i] *= 1f + Math.min(v[i], 0f);
                }
            }
            case SILU -> {
                exponential.ofMinusAbs(e, v, n, 1f);
                Exponential.sigmoid(t, v, e, n);
                for (int i = 0; i < n; i++) {
                    d[i] *= t[i] * (1f + v[i] * (1f - t[i]));
                }
            }
            case GELU -> {
                for (int i = 0; i < n; i++) {
                    double x = v[i];
                    double density = INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * x * x);
                    d[i] = (float) (d[i] * (normalDistribution(x) + x * density));
                }
            }
        }
    }

    /** Phi(x) = erfc(-x / sqrt 2) / 2. */
    private static double normalDistribution(double x) {
        return 0.5 * complementaryErrorFunction(-x * SQRT_HALF);
    }

    /** erfc by the Chebyshev fit in Press et al., Numerical Recipes (1992), section 6.2; relative error below 1.2e-7. */
    private static double complementaryErrorFunction(double x) {
        double z = Math.abs(x);
        double t = 1 / (1 + 0.5 * z);
        double p = 0.17087277;
        p = p * t - 0.82215223;
        p = p * t + 1.48851587;
        p = p * t - 1.13520398;
        p = p * t + 0.27886807;
        p = p * t - 0.18628806;
        p = p * t + 0.09678418;
        p = p * t + 0.37409196;
        p = p * t + 1.00002368;
        p = p * t - 1.26551223;
        double tail = t * Math.exp(-z * z + p);
        return x >= 0 ? tail : 2 - tail;
    }
}
