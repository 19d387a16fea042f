package io.jcuvae.cpu;

import io.jcuvae.tensor.Tensor;

/**
 * A matrix product cut into tiles that threads share out. The cut depends on the shape and on the machine's processors, never
 * on the number of threads, so that the result has the same bits for any number of them even with a BLAS whose sums depend
 * on the shape of a tile.
 */
final class MatrixProduct {
    /**
     * A tile per processor, as long as each has this much to do: below, cutting costs more than another thread brings. No
     * more, since each tile packs the shared factor anew: four tiles for two processors are 5 % slower than two.
     */
    private static final double LEAST_FLOPS = 1e6;

    private static final int MOST_TILES = 64;
    /** Tiles start at multiples of this, the widest vector of floats. */
    private static final int GRAIN = 16;

    private final Gemm gemm;
    private final Tensor c;
    private final Tensor a;
    private final Tensor b;
    private final boolean transposeA;
    private final boolean transposeB;
    private final boolean accumulate;
    private final int rows;
    private final int columns;
    private final int inner;
    private final boolean byRows;
    private final int tiles;

    /**
     * Cuts c = op(a) op(b), plus c itself if accumulating.
     *
     * @param processors what the machine has
     */
    MatrixProduct(
            Gemm gemm,
            int processors,
            Tensor c,
            Tensor a,
            boolean transposeA,
            Tensor b,
            boolean transposeB,
            boolean accumulate) {
        this.gemm = gemm;
        this.c = c;
        this.a = a;
        this.b = b;
        this.transposeA = transposeA;
        this.transposeB = transposeB;
        this.accumulate = accumulate;
        rows = c.rows();
        columns = c.columns();
        inner = transposeA ? a.rows() : a.columns();
        int innerOfB = transposeB ? b.columns() : b.rows();
        if ((transposeA ? a.columns() : a.rows()) != rows
                || (transposeB ? b.rows() : b.columns()) != columns
                || inner != innerOfB) {
            throw new IllegalArgumentException("matmul: " + c.shape() + " = " + a.shape() + (transposeA ? "' " : " ")
                    + b.shape() + (transposeB ? "'" : ""));
        }
        // A column slice of a wider matrix than the slack would fail the binding's bounds check.
        boolean columnsCut = Math.max(columns, b.columns()) <= CpuBuffer.SLACK;
        boolean rowsCut = !transposeA || a.columns() <= CpuBuffer.SLACK;
        byRows = (rowsCut && rows >= columns) || !columnsCut;
        int extent = byRows ? rows : columns;
        double flops = 2.0 * rows * columns * inner;
        int wanted = (int) Math.min(Math.min(processors, MOST_TILES), flops / LEAST_FLOPS);
        tiles = rowsCut || columnsCut ? Math.max(1, Math.min(wanted, extent / GRAIN)) : 1;
    }

    int tiles() {
        return tiles;
    }

    int firstRow(int tile) {
        return byRows ? cut(rows, tile) : 0;
    }

    int endRow(int tile) {
        return byRows ? cut(rows, tile + 1) : rows;
    }

    int firstColumn(int tile) {
        return byRows ? 0 : cut(columns, tile);
    }

    int endColumn(int tile) {
        return byRows ? columns : cut(columns, tile + 1);
    }

    private int cut(int extent, int tile) {
        return tile == tiles ? extent : (int) ((long) extent * tile / tiles) / GRAIN * GRAIN;
    }

    void multiply(int tile) {
        int r0 = firstRow(tile);
        int c0 = firstColumn(tile);
        gemm.multiply(
                endRow(tile) - r0,
                endColumn(tile) - c0,
                inner,
                CpuBuffer.floats(c),
                CpuBuffer.start(c) + r0 * columns + c0,
                columns,
                CpuBuffer.floats(a),
                CpuBuffer.start(a) + (transposeA ? r0 : r0 * inner),
                a.columns(),
                transposeA,
                CpuBuffer.floats(b),
                CpuBuffer.start(b) + (transposeB ? c0 * inner : c0),
                b.columns(),
                transposeB,
                accumulate);
    }
}
