package io.jcuvae.cpu;

import java.util.Arrays;

/**
 * Norms over blocks of up to {@value #BLOCK} columns, one thread's share at a time. All loops run over arrays that begin with the
 * block, which is what the JIT vectorizes.
 */
final class NormLoops {
    /** Columns of a block. */
    static final int BLOCK = 256;

    private final float[] v = new float[BLOCK];
    private final float[] d = new float[BLOCK];
    private final float[] t = new float[BLOCK];
    private final float[] w = new float[BLOCK];
    private final float[] b = new float[BLOCK];

    /**
     * What belongs to the columns of a block, each [{@value #BLOCK}].
     *
     * @param first origin or mean
     * @param second scale
     * @param third bias or shift
     * @param fourth slope
     */
    record Coefficients(float[] first, float[] second, float[] third, float[] fourth) {
        Coefficients() {
            this(new float[BLOCK], new float[BLOCK], new float[BLOCK], new float[BLOCK]);
        }
    }

    // ---- batch norm: rows of a tile, columns of a block

    /**
     * A part of a matrix: rows of which the last may be shorter.
     *
     * @param start its first element
     * @param stride from row to row
     * @param last columns of the last row
     */
    record Tile(int start, int stride, int rows, int columns, int last) {
        int at(int row) {
            return start + row * stride;
        }

        int width(int row) {
            return row == rows - 1 ? last : columns;
        }

        /** Rows that reach as far as this column. */
        int count(int column) {
            return column < last ? rows : rows - 1;
        }
    }

    /**
     * Mean and sum of squared deviations of each column of a tile, both of what is left after the origin is taken off: first the
     * mean, then the deviations from it, while the tile is in the cache.
     */
    void moments(float[] mean, float[] squares, float[] x, int xStart, Tile tile, float[] origin) {
        int columns = tile.columns();
        Arrays.fill(mean, 0, columns, 0f);
        Arrays.fill(squares, 0, columns, 0f);
        for (int r = 0; r < tile.rows(); r++) {
            int n = tile.width(r);
            System.arraycopy(x, xStart + tile.at(r), v, 0, n);
            addDifference(mean, v, origin, n);
        }
        for (int i = 0; i < columns; i++) {
            mean[i] /= Math.max(1, tile.count(i));
        }
        for (int r = 0; r < tile.rows(); r++) {
            int n = tile.width(r);
            System.arraycopy(x, xStart + tile.at(r), v, 0, n);
            addSquare(squares, v, origin, mean, n);
        }
    }

    private static void addDifference(float[] to, float[] v, float[] origin, int n) {
        for (int i = 0; i < n; i++) {
            to[i] += v[i] - origin[i];
        }
    }

    private static void addSquare(float[] to, float[] v, float[] origin, float[] mean, int n) {
        for (int i = 0; i < n; i++) {
            float deviation = (v[i] - origin[i]) - mean[i];
            to[i] += deviation * deviation;
        }
    }

    /** y = (x - first) second + third, in a tile. */
    void normalize(float[] y, int yStart, float[] x, int xStart, Tile tile, Coefficients c) {
        for (int r = 0; r < tile.rows(); r++) {
            int n = tile.width(r);
            System.arraycopy(x, xStart + tile.at(r), v, 0, n);
            scale(v, c.first, c.second, c.third, n);
            System.arraycopy(v, 0, y, yStart + tile.at(r), n);
        }
    }

    private static void scale(float[] v, float[] mean, float[] scale, float[] bias, int n) {
        for (int i = 0; i < n; i++) {
            v[i] = (v[i] - mean[i]) * scale[i] + bias[i];
        }
    }

    /** The sums of dy and of dy (x - mean) over the rows of a tile. */
    void backwardSums(
            float[] sums, float[] products, float[] dy, int dyStart, float[] x, int xStart, Tile tile, float[] mean) {
        Arrays.fill(sums, 0, tile.columns(), 0f);
        Arrays.fill(products, 0, tile.columns(), 0f);
        for (int r = 0; r < tile.rows(); r++) {
            int n = tile.width(r);
            System.arraycopy(dy, dyStart + tile.at(r), d, 0, n);
            System.arraycopy(x, xStart + tile.at(r), v, 0, n);
            addProduct(sums, products, d, v, mean, n);
        }
    }

    private static void addProduct(float[] sums, float[] products, float[] d, float[] v, float[] mean, int n) {
        for (int i = 0; i < n; i++) {
            sums[i] += d[i];
            products[i] += d[i] * (v[i] - mean[i]);
        }
    }

    /** dx = second (dy - third - (x - first) fourth), in a tile. */
    void backward(float[] dx, int dxStart, float[] dy, int dyStart, float[] x, int xStart, Tile tile, Coefficients c) {
        for (int r = 0; r < tile.rows(); r++) {
            int n = tile.width(r);
            System.arraycopy(dy, dyStart + tile.at(r), d, 0, n);
            System.arraycopy(x, xStart + tile.at(r), v, 0, n);
            centre(d, v, c.first, c.second, c.third, c.fourth, n);
            System.arraycopy(d, 0, dx, dxStart + tile.at(r), n);
        }
    }

    private static void centre(float[] d, float[] v, float[] mean, float[] scale, float[] shift, float[] slope, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (d[i] - shift[i] - (v[i] - mean[i]) * slope[i]) * scale[i];
        }
    }

    // ---- layer norm: one row, in blocks

    /** Mean of a row. */
    double mean(float[] x, int start, int width) {
        double sum = 0;
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            System.arraycopy(x, start + done, v, 0, n);
            sum += sum(v, n);
        }
        return sum / width;
    }

    /** Biased variance of a row. */
    double variance(float[] x, int start, int width, float mean) {
        double sum = 0;
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            System.arraycopy(x, start + done, v, 0, n);
            for (int i = 0; i < n; i++) {
                t[i] = (v[i] - mean) * (v[i] - mean);
            }
            sum += sum(t, n);
        }
        return sum / width;
    }

    /** y = weight (x - mean) deviation + bias, for a row. */
    void normalizeRow(
            float[] y,
            int yStart,
            float[] x,
            int xStart,
            float[] weight,
            int wStart,
            float[] bias,
            int bStart,
            int width,
            float mean,
            float deviation) {
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            System.arraycopy(x, xStart + done, v, 0, n);
            System.arraycopy(weight, wStart + done, w, 0, n);
            System.arraycopy(bias, bStart + done, b, 0, n);
            for (int i = 0; i < n; i++) {
                v[i] = (v[i] - mean) * deviation * w[i] + b[i];
            }
            System.arraycopy(v, 0, y, yStart + done, n);
        }
    }

    /**
     * A row's share in the gradients of weight and bias, and the gradient of the row.
     *
     * @param dx null where nobody asks for it
     * @param dweight added to, from its first element
     * @param dbias likewise
     */
    void backwardRow(
            float[] dx,
            int dxStart,
            float[] dweight,
            float[] dbias,
            float[] dy,
            int dyStart,
            float[] x,
            int xStart,
            float[] weight,
            int wStart,
            int width,
            float mean,
            float deviation) {
        double first = 0;
        double second = 0;
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            loadRow(dy, dyStart + done, x, xStart + done, weight, wStart + done, n, mean, deviation);
            System.arraycopy(dbias, done, b, 0, n);
            ActivationLoops.add(b, d, n);
            System.arraycopy(b, 0, dbias, done, n);
            System.arraycopy(dweight, done, b, 0, n);
            multiply(t, d, v, n);
            ActivationLoops.add(b, t, n);
            System.arraycopy(b, 0, dweight, done, n);
            multiply(d, d, w, n);
            first += sum(d, n);
            multiply(t, d, v, n);
            second += sum(t, n);
        }
        if (dx == null) {
            return;
        }
        float shift = (float) (first / width);
        float slope = (float) (second / width);
        for (int done = 0; done < width; done += BLOCK) {
            int n = Math.min(BLOCK, width - done);
            loadRow(dy, dyStart + done, x, xStart + done, weight, wStart + done, n, mean, deviation);
            for (int i = 0; i < n; i++) {
                d[i] = deviation * (d[i] * w[i] - shift - v[i] * slope);
            }
            System.arraycopy(d, 0, dx, dxStart + done, n);
        }
    }

    /** d = dy, v = (x - mean) deviation, w = weight. */
    private void loadRow(
            float[] dy,
            int dyStart,
            float[] x,
            int xStart,
            float[] weight,
            int wStart,
            int n,
            float mean,
            float deviation) {
        System.arraycopy(dy, dyStart, d, 0, n);
        System.arraycopy(x, xStart, v, 0, n);
        System.arraycopy(weight, wStart, w, 0, n);
        for (int i = 0; i < n; i++) {
            v[i] = (v[i] - mean) * deviation;
        }
    }

    // ---- element by element

    /** y = a b. */
    void multiply(float[] y, int yStart, float[] a, int aStart, float[] with, int start, int count) {
        for (int done = 0; done < count; done += BLOCK) {
            int n = Math.min(BLOCK, count - done);
            System.arraycopy(a, aStart + done, v, 0, n);
            System.arraycopy(with, start + done, w, 0, n);
            multiply(v, v, w, n);
            System.arraycopy(v, 0, y, yStart + done, n);
        }
    }

    private static void multiply(float[] to, float[] a, float[] b, int n) {
        for (int i = 0; i < n; i++) {
            to[i] = a[i] * b[i];
        }
    }

    /** Uniforms to a mask: zero below the rate, else the scale. */
    static void mask(float[] uniforms, int start, int count, float rate, float scale) {
        for (int i = start; i < start + count; i++) {
            uniforms[i] = uniforms[i] < rate ? 0f : scale;
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
