package io.jcuvae.jobs;

import java.util.Arrays;

/**
 * What the reconstruction term of each value usually is: the median over the first rows, which a few anomalies among them do
 * not move.
 */
final class UsualTerms {
    /** Rows that are looked at, fewer where they are wide. */
    static final int MOST_ROWS = 10_000;

    private static final int MOST_VALUES = 1 << 24;

    private final int width;
    private final int most;
    private float[] terms;
    private int rows;

    UsualTerms(int width) {
        this.width = width;
        this.most = rows(width);
        this.terms = new float[Math.min(most, 1024) * width];
    }

    /** How many rows are looked at. */
    static int rows(int width) {
        return Math.max(1, Math.min(MOST_ROWS, MOST_VALUES / width));
    }

    /**
     * Adds rows, as long as there is room.
     *
     * @param some [count, D]
     */
    void add(float[] some, int count) {
        int taken = Math.min(count, most - rows);
        if ((rows + taken) * width > terms.length) {
            terms = Arrays.copyOf(terms, Math.min(most * width, Math.max(2 * terms.length, (rows + taken) * width)));
        }
        System.arraycopy(some, 0, terms, rows * width, taken * width);
        rows += taken;
    }

    /** [D]: the lower median of each. */
    float[] medians() {
        float[] medians = new float[width];
        float[] column = new float[rows];
        for (int i = 0; i < width; i++) {
            for (int r = 0; r < rows; r++) {
                column[r] = terms[r * width + i];
            }
            Arrays.sort(column);
            medians[i] = column[(rows - 1) / 2];
        }
        return medians;
    }
}
