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
}
