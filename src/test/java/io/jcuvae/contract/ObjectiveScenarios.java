package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.ARITHMETIC;
import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.FUNCTION;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static java.lang.Math.abs;

import io.jcuvae.tensor.Scalars;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The verbs of {@link io.jcuvae.tensor.ObjectiveOps} with their inputs and the tolerance of what they write. */
final class ObjectiveScenarios {
    private ObjectiveScenarios() {}

    /** Each verb by name on large shapes, see {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("drawGaussian", List.of(drawGaussian(211, 5, 33)));
        verbs.put("importance", List.of(importance(1031, 7, 1, 3, true)));
        verbs.put(
                "drawGaussianBackward",
                List.of(drawGaussianBackward(211, 5, 33, false), drawGaussianBackward(211, 5, 33, true)));
        verbs.put("totalCorrelation", List.of(totalCorrelation(131, 33)));
        verbs.put("totalCorrelationBackward", List.of(totalCorrelationBackward(131, 33)));
        verbs.put("addTerm", List.of(addTerm(10_007)));
        verbs.put("recordTerm", List.of(recordTerm(10_007, 0)));
        return verbs;
    }

    /** |mu| + deviation |noise| of latent j of row r: what rounding of z is relative to. */
    private static double size(Pair head, Pair noise, int draws, int latents, int r, int j) {
        int mean = 2 * (r / draws) * latents + j;
        return abs(head.at(mean)) + Math.exp(0.5 * head.at(mean + latents)) * abs(noise.at(r * latents + j));
    }

    static Scenario drawGaussian(int samples, int draws, int latents) {
        int rows = samples * draws;
        return new Scenario("drawGaussian [" + samples + " x " + draws + ", " + latents + "]", lab -> {
            Pair head = lab.normal("head", 1, samples, 2 * latents);
            Pair noise = lab.normal("noise", 1, rows, latents);
            Pair z = lab.blank("z", rows, latents);
            Pair ratio = lab.blank("ratio", rows);
            lab.run(s -> s.ops().drawGaussian(s.at(z), s.at(ratio), s.at(head), s.at(noise)));
            lab.expect(
                    z,
                    () -> each(
                            rows * latents,
                            i -> FUNCTION * size(head, noise, draws, latents, i / latents, i % latents)));
            lab.expect(
                    ratio,
                    () -> Tolerances.rows(rows, latents, functionSum(latents), i -> {
                        int r = i / latents;
                        int j = i % latents;
                        double size = size(head, noise, draws, latents, r, j);
                        double logvar = head.at((2 * (r / draws) + 1) * latents + j);
                        // Half of each, and z counts twice more for its own rounding.
                        return 0.5 * (abs(logvar) + noise.at(i) * noise.at(i) + 3 * size * size);
                    }));
        });
    }

    /** What the draws of a sample weigh, and how well that can be known: differences of logarithms of this size. */
    private record Share(double share, double logs) {
        static Share of(Pair rows, Pair ratio, int draws, double beta, int r) {
            double own = beta * ratio.at(r) - rows.at(r);
            double sum = 0;
            double logs = 0;
            for (int k = r - r % draws; k < r - r % draws + draws; k++) {
                sum += Math.exp(beta * ratio.at(k) - rows.at(k) - own);
                logs = Math.max(logs, beta * abs(ratio.at(k)) + abs(rows.at(k)));
            }
            return new Share(1 / sum, logs);
        }
    }

    static Scenario importance(int samples, int draws, double beta, double spread, boolean factored) {
        int rows = samples * draws;
        float scale = 1f / samples;
        String label = "importance [" + samples + " x " + draws + "], beta " + beta + ", spread " + spread;
        return new Scenario(label + (factored ? ", factors" : ""), lab -> {
            Pair scalars = lab.scalars(Map.of(Scalars.BETA, beta));
            Pair likelihood = lab.drawn("rows", () -> 90 + spread * lab.random().nextGaussian(), rows);
            Pair ratio = lab.normal("ratio", 5, rows);
            Pair loss = lab.blank("loss", samples);
            Pair reconstruction = lab.blank("reconstruction", samples);
            Pair weights = lab.blank("weights", rows);
            Pair ratioWeights = lab.blank("ratio weights", rows);
            Pair factors = factored ? lab.blank("factors", rows) : null;
            lab.run(s -> s.ops()
                    .importance(
                            s.at(loss),
                            s.at(reconstruction),
                            s.at(weights),
                            s.at(ratioWeights),
                            s.at(factors),
                            s.at(likelihood),
                            s.at(ratio),
                            s.at(scalars),
                            scale));
            double[] shares = each(rows, r -> {
                Share share = Share.of(likelihood, ratio, draws, beta, r);
                return share.share() * (functionSum(draws) + 2 * FUNCTION * share.logs());
            });
            lab.expect(
                    loss,
                    () -> each(
                            samples,
                            b -> functionSum(draws)
                                    + FUNCTION
                                            * Share.of(likelihood, ratio, draws, beta, b * draws)
                                                    .logs()));
            lab.expect(
                    reconstruction,
                    () -> each(
                            samples,
                            b -> Tolerances.rows(1, draws, Tolerances.sum(draws), k -> likelihood.at(b * draws + k))[0]
                                    / draws));
            lab.expect(weights, () -> each(rows, r -> scale * shares[r] + FLUSH));
            lab.expect(ratioWeights, () -> each(rows, r -> beta * scale * shares[r] + FLUSH));
            if (factored) {
                lab.expect(factors, () -> each(rows, r -> beta * shares[r] + ARITHMETIC));
            }
        });
    }

    static Scenario drawGaussianBackward(int samples, int draws, int latents, boolean factored) {
        int rows = samples * draws;
        String label = "drawGaussianBackward [" + samples + " x " + draws + ", " + latents + "]";
        return new Scenario(label + (factored ? ", factors" : ""), lab -> {
            Pair head = lab.normal("head", 1, samples, 2 * latents);
            Pair dz = lab.normal("dz", 1, rows, latents);
            Pair noise = lab.normal("noise", 1, rows, latents);
            Pair z = lab.normal("z", 1, rows, latents);
            Pair weights = lab.uniform("ratio weights", 0, 1, rows);
            Pair factors = factored ? lab.uniform("factors", 0, 1, rows) : null;
            Pair dhead = lab.blank("dhead", samples, 2 * latents);
            lab.run(s -> s.ops()
                    .drawGaussianBackward(
                            s.at(dhead), s.at(dz), s.at(head), s.at(noise), s.at(z), s.at(weights), s.at(factors)));
            lab.expect(
                    dhead,
                    () -> each(2 * samples * latents, i -> {
                        int b = i / (2 * latents);
                        int j = i % latents;
                        double deviation = Math.exp(0.5 * head.at((2 * b + 1) * latents + j));
                        double sum = 0;
                        for (int r = b * draws; r < (b + 1) * draws; r++) {
                            int at = r * latents + j;
                            double through = factored ? abs(noise.at(at)) / deviation : 0;
                            double g = abs(dz.at(at)) + weights.at(r) * (abs(z.at(at)) + through);
                            boolean mean = i % (2 * latents) < latents;
                            sum += mean ? g : 0.5 * (g * abs(noise.at(at)) * deviation + weights.at(r));
                        }
                        return functionSum(draws) * sum + FLUSH;
                    }));
        });
    }

    /** |log q(z_i,d | x_j)| with its parts apart, so that cancellation is forgiven. */
    private static double logSize(Pair z, Pair head, int latents, int i, int j, int d) {
        double logvar = head.at((2 * j + 1) * latents + d);
        double distance = abs(z.at(i * latents + d)) + abs(head.at(2 * j * latents + d));
        return 0.5 * (Math.log(2 * Math.PI) + abs(logvar) + distance * distance * Math.exp(-logvar));
    }

    /** How well any logarithm of row i can be known: the largest of its pairs, summed over the latents. */
    private static double rowSize(Pair z, Pair head, int rows, int latents, int i) {
        double most = 0;
        for (int j = 0; j < rows; j++) {
            double sum = 0;
            for (int d = 0; d < latents; d++) {
                sum += logSize(z, head, latents, i, j, d);
            }
            most = Math.max(most, sum);
        }
        return functionSum(latents) * most + functionSum(rows);
    }

    private static Pair posteriors(Lab lab, int rows, int latents) {
        return lab.normal("head", 0.5, rows, 2 * latents);
    }

    static Scenario totalCorrelation(int rows, int latents) {
        return new Scenario("totalCorrelation [" + rows + "x" + latents + "]", lab -> {
            Pair head = posteriors(lab, rows, latents);
            Pair z = lab.normal("z", 1, rows, latents);
            Pair values = lab.blank("values", rows);
            Pair pairs = lab.blank("pairs", rows, rows);
            Pair joint = lab.blank("joint", rows);
            Pair marginals = lab.blank("marginals", rows, latents);
            lab.run(s -> s.ops()
                    .totalCorrelation(
                            s.at(values), s.at(pairs), s.at(joint), s.at(marginals), s.at(z), s.at(head), 7.5f));
            double[] sizes = each(rows, i -> rowSize(z, head, rows, latents, i));
            lab.expect(pairs, () -> each(rows * rows, i -> sizes[i / rows]));
            lab.expect(joint, () -> each(rows, i -> 2 * sizes[i]));
            lab.expect(marginals, () -> each(rows * latents, i -> 2 * sizes[i / latents]));
            lab.expect(values, () -> each(rows, i -> (4 + latents) * sizes[i]));
        });
    }

    static Scenario totalCorrelationBackward(int rows, int latents) {
        return new Scenario("totalCorrelationBackward [" + rows + "x" + latents + "]", lab -> {
            Pair head = posteriors(lab, rows, latents);
            Pair z = lab.normal("z", 1, rows, latents);
            Pair values = lab.scratch("values", rows);
            Pair pairs = lab.scratch("pairs", rows, rows);
            Pair joint = lab.scratch("joint", rows);
            Pair marginals = lab.scratch("marginals", rows, latents);
            Pair dz = lab.normal("dz", 1, rows, latents);
            Pair dhead = lab.blank("dhead", rows, 2 * latents);
            float weight = 0.3f;
            lab.run(s -> {
                s.ops()
                        .totalCorrelation(
                                s.at(values), s.at(pairs), s.at(joint), s.at(marginals), s.at(z), s.at(head), 0);
                s.ops()
                        .totalCorrelationBackward(
                                s.at(dz),
                                s.at(dhead),
                                s.at(pairs),
                                s.at(joint),
                                s.at(marginals),
                                s.at(z),
                                s.at(head),
                                weight);
            });
            double[] sizes = each(rows, i -> rowSize(z, head, rows, latents, i));
            // Shares are at most one, so what counts of them is how well their logarithms are known.
            lab.expect(
                    dz,
                    () -> each(rows * latents, at -> {
                        double sum = 0;
                        for (int j = 0; j < rows; j++) {
                            sum += slope(z, head, latents, at / latents, j, at % latents);
                        }
                        return weight * 8 * sizes[at / latents] * sum + ARITHMETIC * abs(dz.at(at));
                    }));
            lab.expect(
                    dhead,
                    () -> each(2 * rows * latents, at -> {
                        int j = at / (2 * latents);
                        int d = at % latents;
                        double sum = 0;
                        for (int i = 0; i < rows; i++) {
                            double slope = slope(z, head, latents, i, j, d);
                            double distance = abs(z.at(i * latents + d)) + abs(head.at(2 * j * latents + d));
                            boolean mean = at % (2 * latents) < latents;
                            sum += sizes[i] * (mean ? slope : 0.5 * (distance * slope + 1));
                        }
                        return weight * 8 * sum + FLUSH;
                    }));
        });
    }

    private static double slope(Pair z, Pair head, int latents, int i, int j, int d) {
        double distance = abs(z.at(i * latents + d)) + abs(head.at(2 * j * latents + d));
        return distance * Math.exp(-head.at((2 * j + 1) * latents + d));
    }

    static Scenario addTerm(int rows) {
        return new Scenario("addTerm [" + rows + "]", lab -> {
            Pair loss = lab.normal("loss", 100, rows);
            Pair values = lab.normal("values", 10, rows);
            lab.run(s -> s.ops().addTerm(s.at(loss), s.at(values), 5));
            lab.expect(loss, () -> each(rows, r -> ARITHMETIC * (abs(loss.at(r)) + 5 * abs(values.at(r)))));
        });
    }

    static Scenario recordTerm(int rows, int haltedAt) {
        return new Scenario("recordTerm [" + rows + "]" + (haltedAt > 0 ? ", halted" : ""), lab -> {
            Pair scalars = lab.scalars(
                    Map.of(Scalars.STEP, 4.0, Scalars.TERM_SUM, 10.0, Scalars.HALTED_AT, (double) haltedAt));
            Pair values = lab.normal("values", 10, rows);
            lab.run(s -> s.ops().recordTerm(s.at(scalars), s.at(values)));
            double size = Tolerances.rows(1, rows, Tolerances.sum(rows), values::at)[0];
            lab.expect(
                    scalars,
                    () -> each(
                            Scalars.COUNT,
                            i -> i == Scalars.TERM_SUM.ordinal() && haltedAt == 0 ? size + 1e-14 : Tolerances.EXACT));
        });
    }
}
