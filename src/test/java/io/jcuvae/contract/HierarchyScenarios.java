package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.ARITHMETIC;
import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.FUNCTION;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static java.lang.Math.abs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The verbs of {@link io.jcuvae.tensor.HierarchyOps} with their inputs and the tolerance of what they write. */
final class HierarchyScenarios {
    private HierarchyScenarios() {}

    /** Each verb by name on large shapes, see {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("conditionalPrior", List.of(conditionalPrior(1031, 33)));
        verbs.put("conditionalPriorBackward", List.of(conditionalPriorBackward(1031, 33)));
        verbs.put("meanDivergence", List.of(meanDivergence(1031, 7)));
        verbs.put("splitColumns", List.of(splitColumns(1031, 33, 20)));
        return verbs;
    }

    /** |z - m| with its parts apart, so that cancellation is forgiven. */
    private static double distance(Pair z, Pair prior, int latents, int r, int j) {
        return abs(z.at(r * latents + j)) + abs(prior.at(2 * r * latents + j));
    }

    private static double precision(Pair prior, int latents, int r, int j) {
        return Math.exp(-prior.at((2 * r + 1) * latents + j));
    }

    static Scenario conditionalPrior(int rows, int latents) {
        return new Scenario("conditionalPrior [" + rows + "x" + latents + "]", lab -> {
            Pair z = lab.normal("z", 2, rows, latents);
            Pair prior = lab.normal("prior", 1, rows, 2 * latents);
            Pair upper = lab.normal("upper", 10, rows);
            Pair ratio = lab.normal("ratio", 10, rows);
            double[] before = each(rows, r -> abs(ratio.at(r)));
            lab.run(s -> s.ops().conditionalPrior(s.at(ratio), s.at(upper), s.at(z), s.at(prior)));
            lab.expect(
                    ratio,
                    () -> each(rows, r -> {
                        double sum = 0;
                        for (int j = 0; j < latents; j++) {
                            double own = z.at(r * latents + j);
                            double far = distance(z, prior, latents, r, j);
                            sum += own * own
                                    + abs(prior.at((2 * r + 1) * latents + j))
                                    + far * far * precision(prior, latents, r, j);
                        }
                        return functionSum(latents) * (0.5 * sum + abs(upper.at(r)) + before[r]) + FLUSH;
                    }));
        });
    }

    static Scenario conditionalPriorBackward(int rows, int latents) {
        return new Scenario("conditionalPriorBackward [" + rows + "x" + latents + "]", lab -> {
            Pair z = lab.normal("z", 2, rows, latents);
            Pair prior = lab.normal("prior", 1, rows, 2 * latents);
            Pair weights = lab.uniform("weights", 0, 1, rows);
            Pair dz = lab.normal("dz", 1, rows, latents);
            Pair dprior = lab.blank("dprior", rows, 2 * latents);
            double[] before = each(rows * latents, i -> abs(dz.at(i)));
            lab.run(s -> s.ops().conditionalPriorBackward(s.at(dz), s.at(dprior), s.at(z), s.at(prior), s.at(weights)));
            lab.expect(
                    dz,
                    () -> each(rows * latents, i -> {
                        int r = i / latents;
                        int j = i % latents;
                        double slope = distance(z, prior, latents, r, j) * precision(prior, latents, r, j);
                        return FUNCTION * weights.at(r) * (slope + abs(z.at(i))) + ARITHMETIC * before[i] + FLUSH;
                    }));
            lab.expect(
                    dprior,
                    () -> each(2 * rows * latents, i -> {
                        int r = i / (2 * latents);
                        int j = i % latents;
                        double far = distance(z, prior, latents, r, j);
                        double slope = far * precision(prior, latents, r, j);
                        boolean mean = i % (2 * latents) < latents;
                        return 2 * FUNCTION * weights.at(r) * (mean ? slope : 0.5 * (1 + far * slope)) + FLUSH;
                    }));
        });
    }

    static Scenario meanDivergence(int samples, int draws) {
        return new Scenario("meanDivergence [" + samples + " x " + draws + "]", lab -> {
            Pair ratio = lab.normal("ratio", 10, samples * draws);
            Pair kl = lab.blank("kl", samples);
            lab.run(s -> s.ops().meanDivergence(s.at(kl), s.at(ratio)));
            lab.expect(
                    kl,
                    () -> each(
                            samples,
                            b -> Tolerances.rows(1, draws, Tolerances.sum(draws), k -> ratio.at(b * draws + k))[0]
                                    / draws));
        });
    }

    static Scenario splitColumns(int rows, int front, int behind) {
        return new Scenario("splitColumns [" + rows + "x(" + front + " + " + behind + ")]", lab -> {
            Pair both = lab.normal("both", 1, rows, front + behind);
            Pair first = lab.blank("first", rows, front);
            Pair second = lab.blank("second", rows, behind);
            lab.run(s -> s.ops().splitColumns(s.at(first), s.at(second), s.at(both)));
            lab.expectExact(first);
            lab.expectExact(second);
        });
    }
}
