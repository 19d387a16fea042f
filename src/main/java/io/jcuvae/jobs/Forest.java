package io.jcuvae.jobs;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A classifier of codes: {@value #TREES} trees, each grown on as many samples drawn with replacement (bagging, Breiman 1996;
 * every latent may split every node), cut between {@value #BINS} bins of equally many samples where Gini's impurity falls
 * most. What a latent is worth is the impurity that its splits take away, weighted by their samples (Breiman et al. 1984).
 */
final class Forest {
    static final int TREES = 10;
    static final int BINS = 32;
    private static final int DEPTH = 12;
    /** Samples below which a node is not split. */
    private static final int LEAST = 16;

    private final int classes;
    private final float[][] cuts;
    private final Node[] trees = new Node[TREES];
    private final double[] worth;

    /** A split, or a leaf with the frequencies of the classes among its samples. */
    private static final class Node {
        private int latent;
        private int bin;
        private Node below;
        private Node above;
        private double[] frequencies;
    }

    private Forest(int classes, float[][] cuts) {
        this.classes = classes;
        this.cuts = cuts;
        worth = new double[cuts.length];
    }

    /**
     * Fits to some rows.
     *
     * @param codes [N][Z]
     * @param labels [N], from 0
     * @param classes how many there are
     * @param rows numbers of the rows to fit to
     */
    static Forest fit(float[][] codes, int[] labels, int classes, int[] rows, SplittableRandom random) {
        int latents = codes[0].length;
        float[][] cuts = new float[latents][];
        for (int d = 0; d < latents; d++) {
            cuts[d] = cuts(codes, rows, d);
        }
        Forest forest = new Forest(classes, cuts);
        byte[][] bins = new byte[rows.length][];
        int[] own = new int[rows.length];
        for (int i = 0; i < rows.length; i++) {
            bins[i] = forest.bins(codes[rows[i]]);
            own[i] = labels[rows[i]];
        }
        for (int t = 0; t < TREES; t++) {
            int[] drawn = new int[rows.length];
            Arrays.setAll(drawn, i -> random.nextInt(rows.length));
            forest.trees[t] = forest.grow(bins, own, drawn, 0, drawn.length, 0);
        }
        return forest;
    }

    /** Upper ends of all bins but the last, in ascending order, without repeats. */
    private static float[] cuts(float[][] codes, int[] rows, int d) {
        float[] values = new float[rows.length];
        for (int i = 0; i < rows.length; i++) {
            values[i] = codes[rows[i]][d];
        }
        Arrays.sort(values);
        float[] cuts = new float[BINS - 1];
        int count = 0;
        for (int b = 1; b < BINS; b++) {
            float cut = values[(int) ((long) b * (values.length - 1) / BINS)];
            // Nothing lies above the largest.
            if (cut < values[values.length - 1] && (count == 0 || cut > cuts[count - 1])) {
                cuts[count++] = cut;
            }
        }
        return Arrays.copyOf(cuts, count);
    }

    /** The bins of a code: the number of cuts below each value. */
    private byte[] bins(float[] code) {
        byte[] bins = new byte[code.length];
        for (int d = 0; d < code.length; d++) {
            int at = Arrays.binarySearch(cuts[d], code[d]);
            bins[d] = (byte) (at >= 0 ? at : -at - 1);
        }
        return bins;
    }

    private Node grow(byte[][] bins, int[] labels, int[] drawn, int start, int end, int depth) {
        long[] counts = new long[classes];
        for (int i = start; i < end; i++) {
            counts[labels[drawn[i]]]++;
        }
        Node node = new Node();
        // The sum of squared counts over the count: impurity falls by what this grows by.
        double whole = squares(counts) / (end - start);
        boolean pure = Arrays.stream(counts).anyMatch(count -> count == end - start);
        double best = 0;
        if (!pure && depth < DEPTH && end - start >= LEAST) {
            best = split(node, bins, labels, drawn, start, end, counts) - whole;
        }
        if (best <= 1e-9 * (end - start)) {
            node.frequencies = Arrays.stream(counts)
                    .mapToDouble(count -> (double) count / (end - start))
                    .toArray();
            return node;
        }
        worth[node.latent] += best;
        int middle = start;
        for (int i = start; i < end; i++) {
            if (bins[drawn[i]][node.latent] <= node.bin) {
                int kept = drawn[i];
                drawn[i] = drawn[middle];
                drawn[middle++] = kept;
            }
        }
        node.below = grow(bins, labels, drawn, start, middle, depth + 1);
        node.above = grow(bins, labels, drawn, middle, end, depth + 1);
        return node;
    }

    /** Finds the best split; the sum over both sides of the squared counts over their count. */
    private double split(Node node, byte[][] bins, int[] labels, int[] drawn, int start, int end, long[] counts) {
        double best = Double.NEGATIVE_INFINITY;
        for (int d = 0; d < cuts.length; d++) {
            long[][] table = new long[cuts[d].length + 1][classes];
            for (int i = start; i < end; i++) {
                table[bins[drawn[i]][d]][labels[drawn[i]]]++;
            }
            long[] below = new long[classes];
            long[] above = counts.clone();
            long passed = 0;
            for (int b = 0; b < cuts[d].length; b++) {
                for (int k = 0; k < classes; k++) {
                    below[k] += table[b][k];
                    above[k] -= table[b][k];
                    passed += table[b][k];
                }
                if (passed > 0 && passed < end - start) {
                    double found = squares(below) / passed + squares(above) / (end - start - passed);
                    if (found > best) {
                        best = found;
                        node.latent = d;
                        node.bin = b;
                    }
                }
            }
        }
        return best;
    }

    private static double squares(long[] counts) {
        double sum = 0;
        for (long count : counts) {
            sum += (double) count * count;
        }
        return sum;
    }

    /** [Z]: the share of each latent in all that splits took away; zeros where nothing was to be split. */
    double[] importance() {
        double total = Arrays.stream(worth).sum();
        return Arrays.stream(worth).map(w -> total == 0 ? 0 : w / total).toArray();
    }

    /** The share of rows whose class has the largest mean frequency over the trees. */
    double accuracy(float[][] codes, int[] labels, int[] rows) {
        int right = 0;
        for (int row : rows) {
            byte[] bins = bins(codes[row]);
            double[] votes = new double[classes];
            for (Node tree : trees) {
                Node node = tree;
                while (node.frequencies == null) {
                    node = bins[node.latent] <= node.bin ? node.below : node.above;
                }
                for (int k = 0; k < classes; k++) {
                    votes[k] += node.frequencies[k];
                }
            }
            int most = 0;
            for (int k = 1; k < classes; k++) {
                most = votes[k] > votes[most] ? k : most;
            }
            right += most == labels[row] ? 1 : 0;
        }
        return (double) right / rows.length;
    }
}
