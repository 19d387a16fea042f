package io.jcuvae.cpu;

import io.jcuvae.tensor.Window;
import java.util.Arrays;

/**
 * Loops over pictures [B, H, W, C], one thread's share at a time. A line is a row of a window's positions: X of them.
 *
 * <p>Whole rows of a picture go through arrays with the padding around them, so that the runs of K C floats between picture and
 * columns need no looking at the rim, and are added up a row at a time with both operands indexed alike.
 */
final class SpatialLoops {
    /** Runs up to here are copied float by float: a call to copy them takes longer. */
    private static final int SHORT = 16;
    /** Side of a square that is exchanged at a time: both of its sides stay in the first cache. */
    private static final int SQUARE = 16;

    private float[] row = new float[0];
    /** What is added to a row: the columns of every {@code groups}-th position, whose windows do not overlap. */
    private float[][] addends = new float[0][];

    /** W + 2 padding pixels. */
    private static int paddedWidth(Window window) {
        return window.width() + 2 * window.padding();
    }

    /**
     * columns = what the window sees in lines first .. end - 1 of a picture.
     *
     * @param columns [(end - first) X, K K C] from {@code at}
     */
    void unfold(float[] columns, int at, float[] picture, int start, Window window, int first, int end) {
        int channels = window.channels();
        int run = window.kernel() * channels;
        int step = window.stride() * channels;
        int rim = window.padding() * channels;
        int width = window.width() * channels;
        float[] padded = row(paddedWidth(window) * channels);
        Arrays.fill(padded, 0, rim, 0f);
        Arrays.fill(padded, rim + width, width + 2 * rim, 0f);
        for (int line = first; line < end; line++) {
            for (int u = 0; u < window.kernel(); u++) {
                int h = line * window.stride() - window.padding() + u;
                if (h >= 0 && h < window.height()) {
                    System.arraycopy(picture, start + h * width, padded, rim, width);
                } else {
                    Arrays.fill(padded, rim, rim + width, 0f);
                }
                int to = at + (line - first) * window.outWidth() * window.seen() + u * run;
                spread(columns, to, window.seen(), padded, step, run, window.outWidth());
            }
        }
    }

    /** Runs of a row, {@code step} apart, to places {@code stride} apart. */
    private static void spread(float[] to, int at, int stride, float[] from, int step, int run, int count) {
        if (run <= SHORT) {
            for (int i = 0; i < count; i++) {
                int target = at + i * stride;
                int source = i * step;
                for (int k = 0; k < run; k++) {
                    to[target + k] = from[source + k];
                }
            }
        } else {
            for (int i = 0; i < count; i++) {
                System.arraycopy(from, i * step, to, at + i * stride, run);
            }
        }
    }

    /** Rows of a picture that lines 0 .. end - 1 have to do with, and those beyond where these are all lines. */
    static int touched(Window window, int end) {
        if (end == 0 || end == window.outHeight()) {
            return end == 0 ? 0 : window.height();
        }
        int beyond = (end - 1) * window.stride() - window.padding() + Math.max(window.kernel(), window.stride());
        return Math.max(0, Math.min(window.height(), beyond));
    }

    /** Rows of a picture that no line from {@code end} on has to do with. */
    static int finished(Window window, int end) {
        return end == window.outHeight()
                ? window.height()
                : Math.max(0, Math.min(window.height(), end * window.stride() - window.padding()));
    }

    /**
     * Adds the columns of lines first .. end - 1 to a picture, line by line and within a row group by group: the order of a
     * sum does not depend on how many lines come at once. Rows that earlier lines did not touch begin anew.
     *
     * @param columns [(end - first) X, K K C] from {@code at}
     * @param initial W C values that a row begins with, or null for zeros
     */
    void fold(float[] picture, int start, float[] columns, int at, Window window, int first, int end, float[] initial) {
        int channels = window.channels();
        int width = window.width() * channels;
        int rim = window.padding() * channels;
        int known = touched(window, first);
        int groups = (window.kernel() + window.stride() - 1) / window.stride();
        float[] sums = row(paddedWidth(window) * channels);
        clearAddends(groups, paddedWidth(window) * channels);
        for (int h = finished(window, first); h < touched(window, end); h++) {
            if (h < known) {
                System.arraycopy(picture, start + h * width, sums, rim, width);
            } else if (initial != null) {
                System.arraycopy(initial, 0, sums, rim, width);
            } else {
                Arrays.fill(sums, rim, rim + width, 0f);
            }
            // The lines whose window reaches this row: 0 <= h + padding - line stride < kernel.
            int reach = h + window.padding() - window.kernel();
            int from = Math.max(first, reach < 0 ? 0 : reach / window.stride() + 1);
            int until = Math.min(end - 1, (h + window.padding()) / window.stride());
            for (int line = from; line <= until; line++) {
                int u = h + window.padding() - line * window.stride();
                int source = at + (line - first) * window.outWidth() * window.seen() + u * window.kernel() * channels;
                addLine(sums, columns, source, window, groups);
            }
            System.arraycopy(sums, rim, picture, start + h * width, width);
        }
    }

    /** Adds one row of every window of a line to a padded row. */
    private void addLine(float[] sums, float[] columns, int source, Window window, int groups) {
        int channels = window.channels();
        int run = window.kernel() * channels;
        int step = window.stride() * channels;
        int count = window.outWidth();
        for (int group = 0; group < Math.min(groups, count); group++) {
            float[] addend = addends[group];
            int last = group;
            for (int i = group; i < count; i += groups) {
                int to = i * step;
                int from = source + i * window.seen();
                if (run <= SHORT) {
                    for (int k = 0; k < run; k++) {
                        addend[to + k] = columns[from + k];
                    }
                } else {
                    System.arraycopy(columns, from, addend, to, run);
                }
                last = i;
            }
            add(sums, addend, group * step, last * step + run);
        }
    }

    private static void add(float[] to, float[] what, int start, int end) {
        for (int i = start; i < end; i++) {
            to[i] += what[i];
        }
    }

    private float[] row(int length) {
        if (row.length < length) {
            row = new float[length];
        }
        return row;
    }

    /** Between the windows of a group there may be gaps, where nothing is to be added. */
    private void clearAddends(int groups, int length) {
        if (addends.length < groups || addends[0].length < length) {
            addends = new float[groups][length];
            return;
        }
        for (int group = 0; group < groups; group++) {
            Arrays.fill(addends[group], 0, length, 0f);
        }
    }

    /** y[m, n] = x[n, m]. */
    static void exchange(float[] y, int yStart, float[] x, int xStart, int rows, int columns) {
        for (int r0 = 0; r0 < rows; r0 += SQUARE) {
            int r1 = Math.min(rows, r0 + SQUARE);
            for (int c0 = 0; c0 < columns; c0 += SQUARE) {
                int c1 = Math.min(columns, c0 + SQUARE);
                for (int c = c0; c < c1; c++) {
                    int to = yStart + c * rows;
                    for (int r = r0; r < r1; r++) {
                        y[to + r] = x[xStart + r * columns + c];
                    }
                }
            }
        }
    }

    /** Each pixel of a row F times in a row, and the row F times. */
    static void upsample(float[] y, int yStart, float[] x, int xStart, int width, int channels, int factor) {
        int wide = width * factor * channels;
        for (int i = 0; i < width * factor; i++) {
            System.arraycopy(x, xStart + i / factor * channels, y, yStart + i * channels, channels);
        }
        for (int i = 1; i < factor; i++) {
            System.arraycopy(y, yStart, y, yStart + i * wide, wide);
        }
    }

    /** The sums of F by F pixels of F rows: first over the rows, then along them. */
    void upsampleBackward(float[] dx, int dxStart, float[] dy, int dyStart, int width, int channels, int factor) {
        int wide = width * factor * channels;
        float[] sums = row(wide);
        clearAddends(1, wide);
        System.arraycopy(dy, dyStart, sums, 0, wide);
        for (int i = 1; i < factor; i++) {
            System.arraycopy(dy, dyStart + i * wide, addends[0], 0, wide);
            add(sums, addends[0], 0, wide);
        }
        for (int w = 0; w < width; w++) {
            int to = dxStart + w * channels;
            int from = w * factor * channels;
            for (int c = 0; c < channels; c++) {
                float sum = 0f;
                for (int i = 0; i < factor; i++) {
                    sum += sums[from + i * channels + c];
                }
                dx[to + c] = sum;
            }
        }
    }
}
