package io.jcuvae.jobs;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Precision and recall of generated samples (Kynkaanniemi et al., Improved precision and recall metric for assessing generative
 * models, 2019). The manifold of a set is the union of balls around its members' features, each out to the K-th nearest other
 * member. Precision is the share of generated samples within the real set's manifold, recall the share of real ones within the
 * generated set's.
 *
 * @param precision from 0 to 1
 * @param recall from 0 to 1
 */
record Manifolds(double precision, double recall) {
    /** K in the paper. */
    static final int NEIGHBOURS = 3;

    private static final int BLOCK = 256;

    /**
     * Compares two sets.
     *
     * @param real [N][Z] with N above the number of neighbours
     * @param generated [M][Z], likewise
     */
    static Manifolds of(float[][] real, float[][] generated, int neighbours, Progress progress) {
        long total = 2L * (real.length + generated.length);
        double[] realRadii = radii(real, neighbours, progress, 0, total);
        double[] generatedRadii = radii(generated, neighbours, progress, real.length, total);
        long done = (long) real.length + generated.length;
        double precision = share(generated, real, realRadii, progress, done, total);
        double recall = share(real, generated, generatedRadii, progress, done + generated.length, total);
        return new Manifolds(precision, recall);
    }

    /** The squared distance of each member to its K-th nearest other one. */
    private static double[] radii(float[][] set, int neighbours, Progress progress, long before, long total) {
        double[] radii = new double[set.length];
        blocks(set.length, progress, before, total, i -> {
            double[] nearest = new double[neighbours];
            Arrays.fill(nearest, Double.POSITIVE_INFINITY);
            for (int j = 0; j < set.length; j++) {
                double distance = j == i ? Double.POSITIVE_INFINITY : squaredDistance(set[i], set[j]);
                if (distance < nearest[neighbours - 1]) {
                    int at = neighbours - 1;
                    for (; at > 0 && nearest[at - 1] > distance; at--) {
                        nearest[at] = nearest[at - 1];
                    }
                    nearest[at] = distance;
                }
            }
            radii[i] = nearest[neighbours - 1];
        });
        return radii;
    }

    private static double share(
            float[][] points, float[][] set, double[] radii, Progress progress, long before, long total) {
        boolean[] inside = new boolean[points.length];
        blocks(points.length, progress, before, total, i -> {
            for (int j = 0; j < set.length && !inside[i]; j++) {
                inside[i] = squaredDistance(points[i], set[j]) <= radii[j];
            }
        });
        int count = 0;
        for (boolean is : inside) {
            count += is ? 1 : 0;
        }
        return (double) count / points.length;
    }

    private static void blocks(
            int count, Progress progress, long before, long total, java.util.function.IntConsumer each) {
        for (int first = 0; first < count; first += BLOCK) {
            int end = Math.min(count, first + BLOCK);
            IntStream.range(first, end).parallel().forEach(each);
            progress.at(before + end, total);
        }
    }

    private static double squaredDistance(float[] a, float[] b) {
        double sum = 0;
        for (int d = 0; d < a.length; d++) {
            double off = (double) a[d] - b[d];
            sum += off * off;
        }
        return sum;
    }
}
