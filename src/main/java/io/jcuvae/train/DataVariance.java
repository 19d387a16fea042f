package io.jcuvae.train;

import io.jcuvae.data.Dataset;

/** How far values lie from their feature's mean: the error of a model that has learned the means and nothing else. */
final class DataVariance {
    private DataVariance() {}

    /** The mean over features of each feature's biased variance over the rows. */
    static double of(Dataset data) {
        int width = data.width();
        float[] first = new float[width];
        float[] row = new float[width];
        double[] sums = new double[width];
        double[] squares = new double[width];
        data.copyRow(0, first, 0);
        for (int i = 1; i < data.count(); i++) {
            data.copyRow(i, row, 0);
            for (int j = 0; j < width; j++) {
                // From the first row, so that a large mean costs no digits.
                double away = (double) row[j] - first[j];
                sums[j] += away;
                squares[j] += away * away;
            }
        }
        double total = 0;
        for (int j = 0; j < width; j++) {
            double mean = sums[j] / data.count();
            total += Math.max(0, squares[j] / data.count() - mean * mean);
        }
        return total / width;
    }
}
