package io.jcuvae.cpu;

import io.jcuvae.tensor.Activation;

/** Activations and their derivatives over runs of floats, one thread's share at a time. */
final class ActivationLoops {
    private static final double SQRT_HALF = Math.sqrt(0.5);
    private static final double INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);

    private final Exponential exponential = new Exponential();
    private final float[] e = new float[Exponential.BLOCK];
    private final float[] t = new float[Exponential.BLOCK];

    /** y = f(x). */
    void forward(float[] y, int yStart, float[] x, int xStart, int count, Activation f) {
        for (int done = 0; done < count; done += Exponential.BLOCK) {
            int part = Math.min(Exponential.BLOCK, count - done);
            forwardBlock(y, yStart + done, x, xStart + done, part, f);
        }
    }

    private void forwardBlock(float[] y, int yo, float[] x, int xo, int n, Activation f) {
        switch (f) {
            case IDENTITY -> System.arraycopy(x, xo, y, yo, n);
            case RELU -> {
                for (int i = 0; i < n; i++) {
                    y[yo + i] = Math.max(x[xo + i], 0f);
                }
            }
            case LEAKY_RELU -> {
                for (int i = 0; i < n; i++) {
                    y[yo + i] = Math.max(x[xo + i], 0f) + Activation.LEAKY_SLOPE * Math.min(x[xo + i], 0f);
                }
            }
            case TANH -> {
                exponential.ofMinusAbs(e, 0, x, xo, n, 2f);
                for (int i = 0; i < n; i++) {
                    y[yo + i] = Math.copySign((1f - e[i]) / (1f + e[i]), x[xo + i]);
                }
            }
            case SIGMOID -> {
                exponential.ofMinusAbs(e, 0, x, xo, n, 1f);
                Exponential.sigmoid(y, yo, x, xo, e, n);
            }
            case SOFTPLUS -> {
                exponential.ofMinusAbs(e, 0, x, xo, n, 1f);
                Exponential.logOnePlus(t, 0, e, 0, n);
                for (int i = 0; i < n; i++) {
                    y[yo + i] = Math.max(x[xo + i], 0f) + t[i];
                }
            }
            case ELU -> {
                exponential.ofMinusAbs(e, 0, x, xo, n, 1f);
                for (int i = 0; i < n; i++) {
                    float above = Exponential.step(x[xo + i]);
                    y[yo + i] = Math.max(x[xo + i], 0f) + (1f - above) * (e[i] - 1f);
                }
            }
            case SILU -> {
                exponential.ofMinusAbs(e, 0, x, xo, n, 1f);
                Exponential.sigmoid(t, 0, x, xo, e, n);
                for (int i = 0; i < n; i++) {
                    y[yo + i] = x[xo + i] * t[i];
                }
            }
            case GELU -> {
                for (int i = 0; i < n; i++) {
                    double v = x[xo + i];
                    y[yo + i] = (float) (v * normalDistribution(v));
                }
            }
        }
    }

    /** dx = dy f'(x); dx may be dy. */
    void backward(float[] dx, int dxo, float[] dy, int dyo, float[] x, int xo, float[] y, int yo, int n, Activation f) {
        switch (f) {
            case IDENTITY -> System.arraycopy(dy, dyo, dx, dxo, n);
            case RELU -> {
                for (int i = 0; i < n; i++) {
                    dx[dxo + i] = dy[dyo + i] * Exponential.step(y[yo + i]);
                }
            }
            case LEAKY_RELU -> {
                for (int i = 0; i < n; i++) {
                    float above = Exponential.step(y[yo + i]);
                    dx[dxo + i] = dy[dyo + i] * (Activation.LEAKY_SLOPE + above * (1f - Activation.LEAKY_SLOPE));
                }
            }
            case TANH -> {
                for (int i = 0; i < n; i++) {
                    dx[dxo + i] = dy[dyo + i] * (1f - y[yo + i] * y[yo + i]);
                }
            }
            case SIGMOID -> {
                for (int i = 0; i < n; i++) {
                    dx[dxo + i] = dy[dyo + i] * (y[yo + i] * (1f - y[yo + i]));
                }
            }
            case SOFTPLUS -> {
                // f'(x) = 1 - exp(-y), and y >= 0.
                for (int done = 0; done < n; done += Exponential.BLOCK) {
                    int part = Math.min(Exponential.BLOCK, n - done);
                    exponential.ofMinusAbs(e, 0, y, yo + done, part, 1f);
                    for (int i = 0; i < part; i++) {
                        dx[dxo + done + i] = dy[dyo + done + i] * (1f - e[i]);
                    }
                }
            }
            case ELU -> {
                for (int i = 0; i < n; i++) {
                    dx[dxo + i] = dy[dyo + i] * (1f + Math.min(y[yo + i], 0f));
                }
            }
            case SILU -> backwardSilu(dx, dxo, dy, dyo, x, xo, n);
            case GELU -> {
                for (int i = 0; i < n; i++) {
                    double v = x[xo + i];
                    double density = INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * v * v);
                    dx[dxo + i] = (float) (dy[dyo + i] * (normalDistribution(v) + v * density));
                }
            }
        }
    }

    private void backwardSilu(float[] dx, int dxo, float[] dy, int dyo, float[] x, int xo, int n) {
        for (int done = 0; done < n; done += Exponential.BLOCK) {
            int part = Math.min(Exponential.BLOCK, n - done);
            exponential.ofMinusAbs(e, 0, x, xo + done, part, 1f);
            Exponential.sigmoid(t, 0, x, xo + done, e, part);
            for (int i = 0; i < part; i++) {
                float v = x[xo + done + i];
                dx[dxo + done + i] = dy[dyo + done + i] * (t[i] * (1f + v * (1f - t[i])));
            }
        }
    }

    /** Phi(x) = erfc(-x / sqrt 2) / 2. */
    private static double normalDistribution(double x) {
        return 0.5 * complementaryErrorFunction(-x * SQRT_HALF);
    }

    /** erfc by the rational fit of W. J. Cody's kind given in Numerical Recipes (1992), relative error below 1.2e-7. */
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
