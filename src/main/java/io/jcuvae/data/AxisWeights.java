package io.jcuvae.data;

/**
 * How the pixels along one axis make those of another length. Fewer: each is the mean of the stretch that it covers,
 * pixels that it covers in part by that part, so nothing is skipped and no pattern appears that is not there. More: each
 * lies on the straight line between its two neighbours, by the distance between centres.
 *
 * @param first index of the first source pixel for each target pixel
 * @param weights of the source pixels from there on, adding up to 1
 */
record AxisWeights(int[] first, float[][] weights) {
    /** Weights from a number of pixels to another. */
    static AxisWeights of(int from, int to) {
        int[] first = new int[to];
        float[][] weights = new float[to][];
        for (int o = 0; o < to; o++) {
            if (from >= to) {
                // In units of 1/to of a source pixel, where both borders are whole numbers.
                long start = (long) o * from;
                long end = start + from;
                first[o] = (int) (start / to);
                weights[o] = new float[(int) ((end + to - 1) / to) - first[o]];
                for (int k = 0; k < weights[o].length; k++) {
                    long left = (long) (first[o] + k) * to;
                    long cover = Math.min(end, left + to) - Math.max(start, left);
                    weights[o][k] = (float) ((double) cover / from);
                }
            } else {
                double centre = Math.max(0, (o + 0.5) * from / to - 0.5);
                first[o] = Math.min((int) centre, from - 1);
                float share = (float) (centre - first[o]);
                weights[o] = first[o] + 1 < from ? new float[] {1 - share, share} : new float[] {1};
            }
        }
        return new AxisWeights(first, weights);
    }

    /** The source pixel after the last that a target pixel needs. */
    int end(int target) {
        return first[target] + weights[target].length;
    }
}
