package io.jcuvae.cpu;

import java.util.Arrays;

/** The matrix product in plain Java, for machines without a BLAS: about a tenth of its speed. */
final class JavaGemm implements Gemm {
    @Override
    public void multiply(
            int rows,
            int columns,
            int inner,
            float[] c,
            int cStart,
            int cStride,
            float[] a,
            int aStart,
            int aStride,
            boolean transposeA,
            float[] b,
            int bStart,
            int bStride,
            boolean transposeB,
            boolean accumulate) {
        float[] right = b;
        int rightStart = bStart;
        int rightStride = bStride;
        if (transposeB) {
            // The inner loop runs along rows of the right factor; only so does the JIT vectorize it.
            right = new float[inner * columns];
            rightStart = 0;
            rightStride = columns;
            for (int j = 0; j < columns; j++) {
                for (int k = 0; k < inner; k++) {
                    right[k * columns + j] = b[bStart + j * bStride + k];
                }
            }
        }
        float[] factors = new float[inner];
        for (int i = 0; i < rows; i++) {
            for (int k = 0; k < inner; k++) {
                factors[k] = transposeA ? a[aStart + k * aStride + i] : a[aStart + i * aStride + k];
            }
            int row = cStart + i * cStride;
            if (!accumulate) {
                Arrays.fill(c, row, row + columns, 0f);
            }
            int k = 0;
            for (; k + 4 <= inner; k += 4) {
                addFourRows(c, row, columns, right, rightStart + k * rightStride, rightStride, factors, k);
            }
            for (; k < inner; k++) {
                float factor = factors[k];
                int from = rightStart + k * rightStride;
                for (int j = 0; j < columns; j++) {
                    c[row + j] += factor * right[from + j];
                }
            }
        }
    }

    private static void addFourRows(
            float[] c, int row, int columns, float[] b, int from, int stride, float[] factors, int k) {
        float f0 = factors[k];
        float f1 = factors[k + 1];
        float f2 = factors[k + 2];
        float f3 = factors[k + 3];
        int from1 = from + stride;
        int from2 = from1 + stride;
        int from3 = from2 + stride;
        for (int j = 0; j < columns; j++) {
            c[row + j] += f0 * b[from + j] + f1 * b[from1 + j] + f2 * b[from2 + j] + f3 * b[from3 + j];
        }
    }
}
