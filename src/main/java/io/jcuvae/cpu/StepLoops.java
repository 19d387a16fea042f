package io.jcuvae.cpu;

import io.jcuvae.tensor.Philox;

/** What a training step needs besides the model: gathering rows, and Adam. */
final class StepLoops {
    private static final float[] BYTE_TO_UNIT = new float[256];

    static {
        for (int i = 0; i < BYTE_TO_UNIT.length; i++) {
            BYTE_TO_UNIT[i] = i / 255f;
        }
    }

    private StepLoops() {}

    /** Bytes to floats in [0, 1]. */
    static void scale(float[] x, int xo, byte[] data, int start, int width) {
        for (int i = 0; i < width; i++) {
            x[xo + i] = BYTE_TO_UNIT[data[start + i] & 0xFF];
        }
    }

    /** One where the uniform of (sample, place) is below the value, else zero. */
    static void binarize(float[] x, int xo, int width, long key, int epoch, long sample) {
        float[] uniforms = new float[width];
        Philox.fillUniform(uniforms, 0, width, key, epoch, sample * width);
        for (int i = 0; i < width; i++) {
            x[xo + i] = uniforms[i] < x[xo + i] ? 1f : 0f;
        }
    }

    /** One Adam step on a run of parameters; rate and root are lr / correction1 and 1 / sqrt(correction2). */
    static void adam(
            float[] p, int po, float[] m, int mo, float[] v, int vo, float[] g, int go, int count, float beta1, float beta2,
            float rate, float root, float epsilon) {
        float keep1 = 1 - beta1;
        float keep2 = 1 - beta2;
        for (int i = 0; i < count; i++) {
            float gradient = g[go + i];
            float first = beta1 * m[mo + i] + keep1 * gradient;
            float second = beta2 * v[vo + i] + keep2 * gradient * gradient;
            m[mo + i] = first;
            v[vo + i] = second;
            p[po + i] -= rate * first / ((float) Math.sqrt(second) * root + epsilon);
        }
    }
}
