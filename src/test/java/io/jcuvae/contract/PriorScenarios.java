package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.FUNCTION;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static java.lang.Math.abs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The verbs of {@link io.jcuvae.tensor.PriorOps} with their inputs and the tolerance of what they write. */
final class PriorScenarios {
    private PriorScenarios() {}

    /** Each verb by name on large shapes, see {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put(
                "mixtureLogRatio",
                List.of(mixtureLogRatio(131, 3, 101, 33, false, 1), mixtureLogRatio(131, 3, 101, 33, true, 1)));
        verbs.put(
                "mixtureLogRatioBackward",
                List.of(mixtureLogRatioBackward(257, 101, 33, false), mixtureLogRatioBackward(257, 101, 33, true)));
        verbs.put("meanOfDraws", List.of(meanOfDraws(10_007, 3, -1)));
        verbs.put("clamp", List.of(clamp(70_001, 1)));
        verbs.put("clampBackward", List.of(clampBackward(70_001, 1)));
        return verbs;
    }

    /** A table of components: side by side as heads have them, or means above log variances as a mixture's parameters are. */
    private record Table(Pair pair, boolean sideBySide, int count, int latents) {
        static Table of(Lab lab, String name, boolean sideBySide, int count, int latents, boolean blank) {
            int[] extents = sideBySide ? new int[] {count, 2 * latents} : new int[] {2 * count, latents};
            Pair pair = blank ? lab.blank(name, extents) : lab.normal(name, 0.7, extents);
            return new Table(pair, sideBySide, count, latents);
        }

        double mean(int k, int d) {
            return pair.at((sideBySide ? 2 * k : k) * latents + d);
        }

        double logvar(int k, int d) {
            return pair.at((sideBySide ? 2 * k + 1 : count + k) * latents + d);
        }

        /** The component and latent of an element, and whether it is a log variance. */
        int component(int element) {
            return sideBySide ? element / (2 * latents) : element / latents % count;
        }

        boolean isLogvar(int element) {
            return sideBySide ? element / latents % 2 == 1 : element >= count * latents;
        }
    }

    /** log p_k N(z_r; k), and how large its parts are, so that cancellation is forgiven. */
    private record Log(double value, double size) {
        static Log of(Table table, Pair logits, Pair z, int r, int k) {
            double most = 0;
            double sum = 0;
            for (int j = 0; j < table.count(); j++) {
                double logit = logits == null ? 0 : logits.at(j);
                most = Math.max(most, abs(logit));
                sum += Math.exp(logit);
            }
            double value = (logits == null ? 0 : logits.at(k)) - Math.log(sum);
            double size = 0;
            for (int d = 0; d < table.latents(); d++) {
                double own = z.at(r * table.latents() + d);
                double logvar = table.logvar(k, d);
                double distance = own - table.mean(k, d);
                double far = abs(own) + abs(table.mean(k, d));
                value -= 0.5 * (logvar + distance * distance * Math.exp(-logvar));
                size += 0.5 * (abs(logvar) + far * far * Math.exp(-logvar));
            }
            // A component counts by what is left of it; the logits' own sum has as many terms as there are of them.
            double error = functionSum(table.latents()) * size
                    + FUNCTION * (2 * most + Math.log(table.count()))
                    + functionSum(table.count());
            return new Log(value, error);
        }
    }

    static Scenario mixtureLogRatio(int samples, int draws, int count, int latents, boolean weighted, double spread) {
        int rows = samples * draws;
        String label = "mixtureLogRatio [" + samples + " x " + draws + ", " + count + ", " + latents + "], spread ";
        return new Scenario(label + spread + (weighted ? ", weights" : ""), lab -> {
            Table table = Table.of(lab, "components", !weighted, count, latents, false);
            Pair logits = weighted ? lab.normal("logits", 3, count) : null;
            Pair head = lab.normal("head", 1, samples, 2 * latents);
            Pair noise = lab.normal("noise", 1, rows, latents);
            Pair z = lab.normal("z", spread, rows, latents);
            Pair ratio = lab.blank("ratio", rows);
            Pair shares = lab.blank("shares", rows, count);
            lab.run(s -> s.ops()
                    .mixtureLogRatio(
                            s.at(ratio),
                            s.at(shares),
                            s.at(z),
                            s.at(head),
                            s.at(noise),
                            s.at(table.pair()),
                            s.at(logits)));
            double[] densities = new double[rows];
            double[] errors = new double[rows];
            Log[][] logs = new Log[rows][count];
            for (int r = 0; r < rows; r++) {
                double most = Double.NEGATIVE_INFINITY;
                for (int k = 0; k < count; k++) {
                    logs[r][k] = Log.of(table, logits, z, r, k);
                    most = Math.max(most, logs[r][k].value());
                }
                double sum = 0;
                for (int k = 0; k < count; k++) {
                    sum += Math.exp(logs[r][k].value() - most);
                }
                densities[r] = most + Math.log(sum);
                // Each logarithm counts with its share.
                for (int k = 0; k < count; k++) {
                    errors[r] += Math.exp(logs[r][k].value() - densities[r]) * logs[r][k].size();
                }
                errors[r] += functionSum(count) + FUNCTION * abs(densities[r]);
            }
            lab.expect(
                    ratio,
                    () -> each(rows, r -> {
                        double posterior = 0;
                        for (int d = 0; d < latents; d++) {
                            double e = noise.at(r * latents + d);
                            posterior += 0.5 * (abs(head.at((2 * (r / draws) + 1) * latents + d)) + e * e);
                        }
                        return errors[r] + functionSum(latents) * posterior;
                    }));
            lab.expect(
                    shares,
                    () -> each(rows * count, i -> {
                        Log log = logs[i / count][i % count];
                        double share = Math.exp(log.value() - densities[i / count]);
                        return share * (log.size() + errors[i / count]) + FLUSH;
                    }));
        });
    }

    static Scenario mixtureLogRatioBackward(int rows, int count, int latents, boolean weighted) {
        String label = "mixtureLogRatioBackward [" + rows + ", " + count + ", " + latents + "]";
        return new Scenario(label + (weighted ? ", weights" : ""), lab -> {
            Table table = Table.of(lab, "components", !weighted, count, latents, false);
            Pair logits = weighted ? lab.normal("logits", 3, count) : null;
            Pair shares = lab.uniform("shares", 0, 1, rows, count);
            Pair z = lab.normal("z", 1, rows, latents);
            Pair weights = lab.normal("weights", 1, rows);
            Pair slope = lab.blank("slope", rows, latents);
            Table gradient = Table.of(lab, "dcomponents", !weighted, count, latents, true);
            Pair dlogits = weighted ? lab.blank("dlogits", count) : null;
            lab.run(s -> s.ops()
                    .mixtureLogRatioBackward(
                            s.at(slope),
                            s.at(gradient.pair()),
                            s.at(dlogits),
                            s.at(shares),
                            s.at(z),
                            s.at(table.pair()),
                            s.at(logits),
                            s.at(weights)));
            lab.expect(
                    slope,
                    () -> each(rows * latents, i -> {
                        double sum = 0;
                        for (int k = 0; k < count; k++) {
                            double precision = Math.exp(-table.logvar(k, i % latents));
                            sum += shares.at(i / latents * count + k)
                                    * far(table, z, i / latents, k, i % latents)
                                    * precision;
                        }
                        return functionSum(count) * sum + FLUSH;
                    }));
            lab.expect(
                    gradient.pair(),
                    () -> each(2 * count * latents, i -> {
                        int k = table.component(i);
                        int d = i % latents;
                        double precision = Math.exp(-table.logvar(k, d));
                        double sum = 0;
                        for (int r = 0; r < rows; r++) {
                            double far = far(table, z, r, k, d);
                            double part = table.isLogvar(i) ? 0.5 * (far * far * precision + 1) : far * precision;
                            sum += abs(weights.at(r)) * shares.at(r * count + k) * part;
                        }
                        return functionSum(rows) * sum + FLUSH;
                    }));
            if (weighted) {
                lab.expect(
                        dlogits,
                        () -> each(count, k -> {
                            double sum = 0;
                            for (int r = 0; r < rows; r++) {
                                sum += abs(weights.at(r)) * (shares.at(r * count + k) + 1);
                            }
                            return (functionSum(rows) + functionSum(count)) * sum + FLUSH;
                        }));
            }
        });
    }

    /** |z| + |mean|: what rounding of their difference is relative to. */
    private static double far(Table table, Pair z, int r, int k, int d) {
        return abs(z.at(r * table.latents() + d)) + abs(table.mean(k, d));
    }

    static Scenario meanOfDraws(int samples, int draws, float factor) {
        return new Scenario("meanOfDraws [" + samples + " x " + draws + "]", lab -> {
            Pair rows = lab.normal("rows", 5, samples * draws);
            Pair mean = lab.blank("mean", samples);
            lab.run(s -> s.ops().meanOfDraws(s.at(mean), s.at(rows), factor));
            lab.expect(
                    mean,
                    () -> each(samples, b -> {
                        double sum = 0;
                        for (int k = 0; k < draws; k++) {
                            sum += abs(rows.at(b * draws + k));
                        }
                        return Tolerances.sum(draws) * abs(factor) * sum / draws;
                    }));
        });
    }

    static Scenario clamp(int count, float high) {
        return new Scenario("clamp [" + count + "], up to " + high, lab -> {
            Pair x = lab.normal("x", 1, count);
            Pair y = lab.blank("y", count);
            lab.run(s -> s.ops().clamp(s.at(y), s.at(x), 0, high));
            lab.expectExact(y);
        });
    }

    static Scenario clampBackward(int count, float high) {
        return new Scenario("clampBackward [" + count + "], up to " + high, lab -> {
            Pair x = lab.normal("x", 1, count);
            Pair dy = lab.normal("dy", 1, count);
            Pair dx = lab.blank("dx", count);
            lab.run(s -> s.ops().clampBackward(s.at(dx), s.at(dy), s.at(x), 0, high));
            lab.expectExact(dx);
        });
    }
}
