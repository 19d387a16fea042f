package io.jcuvae.cpu;

/**
 * One row-major matrix product c = op(a) op(b) (+ c) on heap arrays, on the calling thread.
 */
@FunctionalInterface
interface Gemm {
    /**
     * Multiplies.
     *
     * @param rows rows of c
     * @param columns columns of c
     * @param inner columns of op(a)
     * @param c written from {@code cStart}, rows {@code cStride} apart; a and b likewise
     */
    void multiply(
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
            boolean accumulate);
}
