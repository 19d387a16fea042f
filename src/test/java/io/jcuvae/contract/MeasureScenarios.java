package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.UNIT;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static java.lang.Math.abs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The verbs of {@link io.jcuvae.tensor.MeasureOps} with their inputs and the tolerance of what they write. */
final class MeasureScenarios {
    private MeasureScenarios() {}

    /** Each verb by name on large shapes, see {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("bernoulliDraws", List.of(bernoulliDraws(43, 3, 785, 20)));
        verbs.put("startWeights", List.of(startWeights(1031)));
        verbs.put("addWeights", List.of(addWeights(301, 77, 70, 3, false)));
        verbs.put("meanWeight", List.of(meanWeight(1031)));
        return verbs;
    }

    static Scenario bernoulliDraws(int samples, int draws, int width, double size) {
        int rows = samples * draws;
        String label = "bernoulliDraws [" + samples + " x " + draws + ", " + width + "], logits to " + size;
        return new Scenario(label, lab -> {
            Pair logits = lab.uniform("logits", -size, size, rows, width);
            Pair x = Scenarios.pixels(lab, samples, width);
            Pair sums = lab.blank("rows", rows);
            lab.run(s -> s.ops().bernoulliDraws(s.at(sums), s.at(logits), s.at(x)));
            // Beside a share of the terms, a few units of 1 for each factor 1 + exp(-|l|) that was rounded before its
            // logarithm.
            lab.expect(
                    sums,
                    () -> Tolerances.rows(rows, width, functionSum(2L * width), i -> {
                        double l = logits.at(i);
                        double v = x.at(i / width / draws * width + i % width);
                        double least = 3 * UNIT / functionSum(2L * width) / Math.sqrt(width);
                        return abs(l) + abs(l * (0.5 - v)) + Math.log1p(Math.exp(-abs(l))) + least;
                    }));
        });
    }

    static Scenario startWeights(int samples) {
        return new Scenario("startWeights [" + samples + "]", lab -> {
            Pair state =
                    lab.doubles("state", lab.normal("before", 1, 2 * samples).initial(), samples, 2);
            lab.run(s -> s.ops().startWeights(s.at(state)));
            lab.expectExact(state);
        });
    }

    /**
     * Onto nothing or onto weights that were added before.
     *
     * @param spread of the logarithms of the weights
     */
    static Scenario addWeights(int samples, int draws, int counted, double spread, boolean first) {
        String label = "addWeights [" + samples + " x " + counted + " of " + draws + "], spread " + spread;
        return new Scenario(label + (first ? ", the first" : ""), lab -> {
            Pair rows = lab.drawn("rows", () -> 90 + spread * lab.random().nextGaussian(), samples * draws);
            Pair ratio = lab.normal("ratio", 5, samples * draws);
            double[] before = new double[2 * samples];
            for (int b = 0; b < samples; b++) {
                before[2 * b] = first
                        ? Double.NEGATIVE_INFINITY
                        : -90 + 2 * spread * lab.random().nextGaussian();
                before[2 * b + 1] = first ? 0 : 1 + 30 * lab.random().nextDouble();
            }
            Pair state = lab.doubles("state", before, samples, 2);
            lab.run(s -> s.ops().addWeights(s.at(state), s.at(rows), s.at(ratio), counted));
            // In double: logarithms are exact to 2^-46, and so are exps of their differences.
            lab.expect(state, () -> each(2 * samples, i -> i % 2 == 0 ? 0 : 1e-12 * (31 + counted)));
        });
    }

    static Scenario meanWeight(int samples) {
        return new Scenario("meanWeight [" + samples + "]", lab -> {
            double[] values = new double[2 * samples];
            for (int b = 0; b < samples; b++) {
                values[2 * b] = -90 + 10 * lab.random().nextGaussian();
                values[2 * b + 1] = 1 + 1000 * lab.random().nextDouble();
            }
            Pair state = lab.doubles("state", values, samples, 2);
            Pair loss = lab.blank("loss", samples);
            lab.run(s -> s.ops().meanWeight(s.at(loss), s.at(state), 5_000_000_000L));
            // One rounding, of the double's value to a float.
            lab.expect(loss, () -> each(samples, b -> 2 * UNIT * (abs(values[2 * b]) + 23)));
        });
    }
}
