package io.jcuvae.jobs;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A first-order dependency tree over S slots of K codes each (Chow, Liu 1968): p(c) is the product over the slots of
 * p(c_s | c_parent of s). It keeps counts, from which the probabilities follow with additive smoothing: of the root and
 * of every slot alone, p(c) = (n_c + 1 / K) / (N + 1), one observation spread over all codes; of a slot given its
 * parent's code, p(c | a) = (n_ac + p(c)) / (n_a + 1), one observation spread as the slot is by itself.
 */
public final class CodeTree {
    private final int[] parents;
    /** The slots, each after its parent. */
    private final int[] order;
    /** [S][K]: how often a slot has a code. */
    private final long[][] counts;
    /** [S]: of each code of the parent the codes that came with it, as often. */
    private final List<Map<Integer, Map<Integer, Long>>> pairs = new ArrayList<>();

    private final long samples;

    /**
     * A tree.
     *
     * @param parents of each slot, -1 for the root
     * @param counts [S][K]
     * @param pairs [M][4]: slot, code of its parent, its own code, how often
     * @throws IllegalArgumentException when that is no tree, or the counts contradict each other
     */
    public CodeTree(int[] parents, long[][] counts, long[][] pairs) {
        this.parents = parents.clone();
        this.counts = Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
        if (parents.length == 0 || counts.length != parents.length) {
            throw new IllegalArgumentException(parents.length + " parents and counts of " + counts.length + " slots");
        }
        order = order(parents);
        samples = Arrays.stream(counts[0]).sum();
        for (int s = 0; s < parents.length; s++) {
            this.pairs.add(new TreeMap<>());
        }
        for (long[] pair : pairs) {
            int slot = index(pair[0], parents.length);
            int given = index(pair[1], counts[0].length);
            int code = index(pair[2], counts[0].length);
            if (parents[slot] < 0 || pair[3] < 1) {
                throw new IllegalArgumentException("the pair " + Arrays.toString(pair) + " is none of the tree's");
            }
            this.pairs.get(slot).computeIfAbsent(given, k -> new TreeMap<>()).merge(code, pair[3], Long::sum);
        }
        for (int s = 0; s < parents.length; s++) {
            check(s);
        }
    }

    private static int index(long value, int end) {
        if (value < 0 || value >= end) {
            throw new IllegalArgumentException("there is no slot or code " + value + " of " + end);
        }
        return (int) value;
    }

    private static int[] order(int[] parents) {
        int[] order = new int[parents.length];
        boolean[] placed = new boolean[parents.length];
        int count = 0;
        // As many rounds as the tree is deep; what is left then hangs in a circle.
        for (int round = 0; round < parents.length; round++) {
            for (int s = 0; s < parents.length; s++) {
                int parent = parents[s];
                if (parent >= parents.length || parent < -1) {
                    throw new IllegalArgumentException("slot " + s + " has the parent " + parent);
                }
                if (!placed[s] && (parent < 0 || placed[parent])) {
                    placed[s] = true;
                    order[count++] = s;
                }
            }
        }
        if (count < parents.length || Arrays.stream(parents).filter(p -> p < 0).count() != 1) {
            throw new IllegalArgumentException("the parents " + Arrays.toString(parents) + " make no tree");
        }
        return order;
    }

    private void check(int slot) {
        long[] own = counts[slot];
        boolean fits = own.length == counts[0].length
                && Arrays.stream(own).allMatch(n -> n >= 0)
                && Arrays.stream(own).sum() == samples
                && samples > 0;
        if (fits && parents[slot] >= 0) {
            long[] of = new long[own.length];
            for (int a = 0; a < own.length; a++) {
                long sum = 0;
                for (Map.Entry<Integer, Long> entry :
                        pairs.get(slot).getOrDefault(a, Map.of()).entrySet()) {
                    sum += entry.getValue();
                    of[entry.getKey()] += entry.getValue();
                }
                fits &= sum == counts[parents[slot]][a];
            }
            fits &= Arrays.equals(of, own);
        }
        if (!fits) {
            throw new IllegalArgumentException("the counts of slot " + slot + " do not fit together");
        }
    }

    /** S. */
    public int slots() {
        return parents.length;
    }

    /** K. */
    public int codes() {
        return counts[0].length;
    }

    /** What it was fitted to. */
    public long samples() {
        return samples;
    }

    /** [S]: of each slot, -1 for the root. */
    public int[] parents() {
        return parents.clone();
    }

    /** [S][K]: how often a slot has a code. */
    public long[][] counts() {
        return Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
    }

    /** [M][4]: slot, code of its parent, its own code, how often; ascending. */
    public long[][] pairs() {
        List<long[]> all = new ArrayList<>();
        for (int s = 0; s < parents.length; s++) {
            int slot = s;
            pairs.get(s)
                    .forEach((given, codes) ->
                            codes.forEach((code, number) -> all.add(new long[] {slot, given, code, number})));
        }
        return all.toArray(long[][]::new);
    }

    /**
     * p(c | the parent's code) of a slot, for every code.
     *
     * @param probabilities receives [K]
     * @param given the code of its parent; of no account for the root
     */
    void conditional(double[] probabilities, int slot, int given) {
        int codes = codes();
        for (int c = 0; c < codes; c++) {
            probabilities[c] = (counts[slot][c] + 1.0 / codes) / (samples + 1.0);
        }
        if (parents[slot] < 0) {
            return;
        }
        pairs.get(slot).getOrDefault(given, Map.of()).forEach((code, number) -> probabilities[code] += number);
        double whole = counts[parents[slot]][given] + 1.0;
        for (int c = 0; c < codes; c++) {
            probabilities[c] /= whole;
        }
    }

    /** log p(c), nats. */
    public double logProbability(int[] code) {
        double[] probabilities = new double[codes()];
        double sum = 0;
        for (int s = 0; s < parents.length; s++) {
            conditional(probabilities, s, parents[s] < 0 ? 0 : code[parents[s]]);
            sum += Math.log(probabilities[code[s]]);
        }
        return sum;
    }

    /**
     * Draws code i: slot s by uniform i S + s of the seed's generation stream.
     *
     * @param code receives [S]
     * @param temperature T: each slot is drawn with probabilities p^(1 / T), divided by their sum; 1 is the tree itself,
     *     at 0 a slot is its likeliest code, of equal ones the first
     */
    public void draw(int[] code, long i, long seed, double temperature) {
        float[] uniforms = new float[parents.length];
        Philox.fillUniform(uniforms, 0, uniforms.length, Stream.GENERATION.key(seed), 0, i * uniforms.length);
        double[] probabilities = new double[codes()];
        for (int s : order) {
            conditional(probabilities, s, parents[s] < 0 ? 0 : code[parents[s]]);
            code[s] = choose(probabilities, uniforms[s], temperature);
        }
    }

    private static int choose(double[] probabilities, double uniform, double temperature) {
        int likeliest = 0;
        for (int c = 1; c < probabilities.length; c++) {
            likeliest = probabilities[c] > probabilities[likeliest] ? c : likeliest;
        }
        if (temperature == 0) {
            return likeliest;
        }
        double most = probabilities[likeliest];
        double sum = 0;
        for (int c = 0; c < probabilities.length; c++) {
            if (temperature != 1) {
                probabilities[c] = Math.pow(probabilities[c] / most, 1 / temperature);
            }
            sum += probabilities[c];
        }
        double below = 0;
        for (int c = 0; c < probabilities.length; c++) {
            below += probabilities[c];
            if (uniform * sum < below) {
                return c;
            }
        }
        // Probabilities whose rounded sum stays below the choice.
        return likeliest;
    }
}
