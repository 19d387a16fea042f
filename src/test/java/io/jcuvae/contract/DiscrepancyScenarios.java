package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.ARITHMETIC;
import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static io.jcuvae.contract.Tolerances.sum;
import static java.lang.Math.abs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The verbs of {@link io.jcuvae.tensor.DiscrepancyOps} with their inputs and the tolerance of what they write. */
final class DiscrepancyScenarios {
    private static final int SCALES = 7;

    private DiscrepancyScenarios() {}

    /** Each verb by name on large shapes, see {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("discrepancy", List.of(discrepancy(131, 33, 1)));
        verbs.put("discrepancyBackward", List.of(discrepancyBackward(131, 33)));
        return verbs;
    }

    private static double distance(Pair a, int i, Pair b, int j, int latents) {
        double sum = 0;
        for (int d = 0; d < latents; d++) {
            sum += Math.pow(a.at(i * latents + d) - b.at(j * latents + d), 2);
        }
        return sum;
    }

    /** How well the kernel between two rows can be known, or its slope with power 2: the distance has an error, too. */
    private static double uncertainty(Pair a, int i, Pair b, int j, int latents, int power) {
        double distance = distance(a, i, b, j, latents);
        return functionSum(SCALES) * ReferenceDiscrepancy.kernel(distance, latents, power)
                + power * ReferenceDiscrepancy.kernel(distance, latents, power + 1) * sum(latents) * distance;
    }

    static Scenario discrepancy(int rows, int latents, double spread) {
        return new Scenario("discrepancy [" + rows + "x" + latents + "], spread " + spread, lab -> {
            Pair z = lab.normal("z", spread, rows, latents);
            Pair prior = lab.normal("prior", 1, rows, latents);
            Pair values = lab.blank("values", rows);
            Pair slopes = lab.scratch("slopes", 2 * rows, rows);
            lab.run(s -> s.ops().discrepancy(s.at(values), s.at(slopes), s.at(z), s.at(prior)));
            lab.expect(
                    values,
                    () -> each(rows, i -> {
                        double total = 0;
                        double terms = 0;
                        for (int j = 0; j < rows; j++) {
                            double share = rows == 1 ? 0 : 1.0 / (rows - 1);
                            total += share * uncertainty(z, i, z, j, latents, 1);
                            total += share * uncertainty(prior, i, prior, j, latents, 1);
                            total += 2 * uncertainty(prior, i, z, j, latents, 1) / rows;
                            terms += (2 * share + 2.0 / rows) * SCALES;
                        }
                        return total + sum(rows) * terms;
                    }));
        });
    }

    static Scenario discrepancyBackward(int rows, int latents) {
        return new Scenario("discrepancyBackward [" + rows + "x" + latents + "]", lab -> {
            Pair z = lab.normal("z", 1, rows, latents);
            Pair prior = lab.normal("prior", 1, rows, latents);
            Pair values = lab.scratch("values", rows);
            Pair slopes = lab.scratch("slopes", 2 * rows, rows);
            Pair dz = lab.normal("dz", 1, rows, latents);
            float weight = 0.3f;
            lab.run(s -> {
                s.ops().discrepancy(s.at(values), s.at(slopes), s.at(z), s.at(prior));
                s.ops().discrepancyBackward(s.at(dz), s.at(slopes), s.at(z), s.at(prior), weight);
            });
            lab.expect(
                    dz,
                    () -> each(rows * latents, at -> {
                        int j = at / latents;
                        double total = 0;
                        for (int i = 0; i < rows && rows > 1; i++) {
                            double own = abs(z.at(at) - z.at(i * latents + at % latents)) / (rows - 1);
                            double cross = abs(z.at(at) - prior.at(i * latents + at % latents)) / rows;
                            total += own * slope(z, i, z, j, latents, rows)
                                    + cross * slope(prior, i, z, j, latents, rows);
                        }
                        return 4 * weight * total + ARITHMETIC * abs(dz.at(at)) + FLUSH;
                    }));
        });
    }

    /** How well a slope in a sum over the rows can be known. */
    private static double slope(Pair a, int i, Pair b, int j, int latents, int rows) {
        return uncertainty(a, i, b, j, latents, 2)
                + (sum(2L * rows) + ARITHMETIC)
                        * ReferenceDiscrepancy.kernel(distance(a, i, b, j, latents), latents, 2);
    }
}
