package io.jcuvae.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Fits a {@link CodeTree} to codes: of all trees the one whose edges have the most mutual information, which is the one
 * of greatest likelihood (Chow, Liu 1968, Approximating Discrete Probability Distributions with Dependence Trees).
 * Counts are whole numbers, so that nothing depends on an order; of equal edges the one of the lowest slots is taken.
 */
public final class CodeTreeFit {
    private CodeTreeFit() {}

    /**
     * Fits.
     *
     * @param codes [N][S], from 0 to K - 1, N at least 1
     * @param count K
     */
    public static CodeTree fit(int[][] codes, int count) {
        int slots = codes[0].length;
        long[][] counts = new long[slots][count];
        for (int[] code : codes) {
            for (int s = 0; s < slots; s++) {
                counts[s][code[s]]++;
            }
        }
        int[] parents = parents(information(codes, counts, count));
        List<long[]> pairs = new ArrayList<>();
        for (int s = 0; s < slots; s++) {
            if (parents[s] >= 0) {
                Map<Long, Long> seen = new TreeMap<>();
                for (int[] code : codes) {
                    seen.merge((long) code[parents[s]] * count + code[s], 1L, Long::sum);
                }
                int slot = s;
                seen.forEach((pair, number) -> pairs.add(new long[] {slot, pair / count, pair % count, number}));
            }
        }
        return new CodeTree(parents, counts, pairs.toArray(long[][]::new));
    }

    /**
     * I(s; t) = sum over code pairs of p log (p / (p_s p_t)) of the frequencies, nats.
     *
     * @return [S][S], symmetric
     */
    static double[][] information(int[][] codes, long[][] counts, int count) {
        int slots = counts.length;
        double[][] information = new double[slots][slots];
        long[] pairs = new long[codes.length];
        for (int s = 0; s < slots; s++) {
            for (int t = s + 1; t < slots; t++) {
                for (int n = 0; n < codes.length; n++) {
                    pairs[n] = (long) codes[n][s] * count + codes[n][t];
                }
                // Equal pairs become neighbours: no table of K^2 entries is ever made.
                Arrays.sort(pairs);
                information[s][t] = ofSorted(pairs, counts[s], counts[t]);
                information[t][s] = information[s][t];
            }
        }
        return information;
    }

    private static double ofSorted(long[] pairs, long[] first, long[] second) {
        int count = first.length;
        double sum = 0;
        double samples = pairs.length;
        int start = 0;
        for (int end = 1; end <= pairs.length; end++) {
            if (end == pairs.length || pairs[end] != pairs[start]) {
                double number = end - start;
                double alone = (double) first[(int) (pairs[start] / count)] * second[(int) (pairs[start] % count)];
                sum += number / samples * Math.log(number * samples / alone);
                start = end;
            }
        }
        return sum;
    }

    /** The spanning tree of the largest sum (Prim 1957), hanging from slot 0. */
    static int[] parents(double[][] information) {
        int slots = information.length;
        int[] parents = new int[slots];
        boolean[] within = new boolean[slots];
        parents[0] = -1;
        within[0] = true;
        for (int added = 1; added < slots; added++) {
            int from = -1;
            int to = -1;
            for (int s = 0; s < slots; s++) {
                for (int t = 0; within[s] && t < slots; t++) {
                    if (!within[t] && (from < 0 || information[s][t] > information[from][to])) {
                        from = s;
                        to = t;
                    }
                }
            }
            parents[to] = from;
            within[to] = true;
        }
        return parents;
    }
}
