package io.jcuvae.jobs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Collects how far found values are from expected ones, and keeps the worst of each quantity. */
final class Deviations {
    private final Map<String, Worst> worst = new LinkedHashMap<>();

    /** The worst error of a quantity, as a share of its tolerance. */
    private static final class Worst {
        private long compared;
        private double share = -1;
        private String where;
        private double found;
        private double expected;
        private double tolerance;
    }

    /** Compares one value. An error of zero passes even where the tolerance is zero; NaN never passes. */
    void add(String quantity, String where, double found, double expected, double tolerance) {
        double error = Math.abs(found - expected);
        double share = error == 0 ? 0 : error / tolerance;
        Worst so = worst.computeIfAbsent(quantity, key -> new Worst());
        so.compared++;
        if (Double.isNaN(share) ? !Double.isNaN(so.share) : share > so.share) {
            so.share = share;
            so.where = where;
            so.found = found;
            so.expected = expected;
            so.tolerance = tolerance;
        }
    }

    /** Compares a tensor with a tolerance relative to the largest expected value. */
    void addTensor(String quantity, String name, float[] found, double[] expected, double relative) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        for (int i = 0; i < expected.length; i++) {
            add(quantity, name + "[" + i + "]", found[i], expected[i], relative * largest);
        }
    }

    /** One line per quantity, in the order in which they came up. */
    List<GoldenCheck.Check> checks() {
        List<GoldenCheck.Check> checks = new ArrayList<>();
        worst.forEach((quantity, so) -> checks.add(
                new GoldenCheck.Check(quantity, so.compared, so.share, so.where, so.found, so.expected, so.tolerance)));
        return checks;
    }
}
