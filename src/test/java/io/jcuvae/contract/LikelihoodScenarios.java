package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.FUNCTION;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static java.lang.Math.abs;
import static java.lang.Math.exp;
import static java.lang.Math.log;

import io.jcuvae.contract.ReferenceDensity.Parameters;
import io.jcuvae.tensor.Density;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The verbs of {@link io.jcuvae.tensor.LikelihoodOps} with their inputs and the tolerance of what they write. */
final class LikelihoodScenarios {
    private LikelihoodScenarios() {}

    /** As {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        List<Scenario> fused = new java.util.ArrayList<>();
        List<Scenario> rows = new java.util.ArrayList<>();
        List<Scenario> backward = new java.util.ArrayList<>();
        List<Scenario> means = new java.util.ArrayList<>();
        for (Density density : Density.values()) {
            int parameters = parameters(density, 5);
            fused.add(score(density, 65, 786, parameters, 786, true, true));
            rows.add(score(density, 65, 786, parameters, 3, true, false));
            backward.add(score(density, 65, 786, parameters, 1, false, true));
            means.add(mean(density, 65, 786, parameters, 786));
        }
        verbs.put("density", fused);
        verbs.put("densityRows", rows);
        verbs.put("densityBackward", backward);
        verbs.put("densityMean", means);
        verbs.put("laplaceRows", List.of(laplaceRows(129, 785, -0.7)));
        verbs.put("laplaceBackward", List.of(laplaceBackward(129, 785, -0.7)));
        return verbs;
    }

    static int parameters(Density density, int levels) {
        return switch (density) {
            case CONTINUOUS_BERNOULLI -> 1;
            case GAUSSIAN, DISCRETIZED_LOGISTIC -> 2;
            case CATEGORICAL -> levels;
        };
    }

    /** Near levels, but never so near to the middle between two that rounding decides. */
    private static Pair values(Lab lab, Density density, int rows, int width, int parameters) {
        RandomGenerator random = lab.random();
        int top = density == Density.CATEGORICAL ? parameters - 1 : Density.LEVELS - 1;
        return lab.drawn(
                "x",
                () -> {
                    double level = random.nextInt(3) == 0 ? random.nextInt(2) * top : random.nextInt(top + 1);
                    return Math.max(0, Math.min(1, (level + 0.8 * (random.nextDouble() - 0.5)) / top));
                },
                rows,
                width);
    }

    private static Pair output(Lab lab, Density density, int rows, int width, int parameters, int run) {
        RandomGenerator random = lab.random();
        int[] at = {0};
        return lab.drawn(
                "output",
                () -> {
                    int column = at[0]++ % (width * parameters);
                    int p = column / run % parameters;
                    return switch (density) {
                        // A third close to where the closed form is 0 / 0, a third far out.
                        case CONTINUOUS_BERNOULLI ->
                            random.nextGaussian() * new double[] {0.01, 1, 80}[random.nextInt(3)];
                        case CATEGORICAL -> 4 * random.nextGaussian();
                        default -> p == 0 ? 0.5 + random.nextGaussian() : -4 + 4 * random.nextGaussian();
                    };
                },
                rows,
                width * parameters);
    }

    /** The sum of the absolute values of what a value's row term is made of. */
    private static double magnitude(Density density, Parameters of, double x) {
        return switch (density) {
            case CONTINUOUS_BERNOULLI -> abs(of.get(0)) + log(1 + abs(of.get(0))) + FUNCTION;
            case GAUSSIAN -> {
                double v = ReferenceDensity.logvar(of.get(1));
                double error = abs(x) + abs(of.get(0));
                // exp(-v) errs by v's rounding, too.
                yield 2 + (13 + abs(of.get(1))) * (1 + error * error * exp(-v));
            }
            case DISCRETIZED_LOGISTIC -> {
                double s = ReferenceDensity.logScale(of.get(1));
                yield 8 + (9 + abs(of.get(1))) * (1 + (1 + abs(of.get(0))) * exp(-s));
            }
            case CATEGORICAL -> 1 + 2 * largest(of);
        };
    }

    private static double largest(Parameters of) {
        double largest = 0;
        for (int p = 0; p < of.count(); p++) {
            largest = Math.max(largest, abs(of.get(p)));
        }
        return largest;
    }

    /** Of one parameter's gradient, without its weight. */
    private static double gradient(Density density, Parameters of, double x, int p) {
        return switch (density) {
            case CONTINUOUS_BERNOULLI -> 2;
            case GAUSSIAN -> {
                double precision = exp(-ReferenceDensity.logvar(of.get(1)));
                double error = abs(x) + abs(of.get(0));
                yield (13 + abs(of.get(1))) * precision * (p == 0 ? error : error * error) + (p == 0 ? 0 : 1);
            }
            case DISCRETIZED_LOGISTIC -> {
                double inverse = exp(-ReferenceDensity.logScale(of.get(1)));
                double bound = (1 + abs(of.get(0))) * inverse;
                yield (9 + abs(of.get(1))) * (1 + bound) * (p == 0 ? inverse : 1 + bound);
            }
            case CATEGORICAL -> 1 + largest(of);
        };
    }

    static Scenario score(
            Density density, int rows, int width, int parameters, int run, boolean sums, boolean gradients) {
        String label = "density " + density + " [" + rows + "x" + width + "], P = " + parameters + ", run " + run
                + (sums ? ", rows" : "") + (gradients ? ", gradient" : "");
        return new Scenario(label, lab -> {
            Pair output = output(lab, density, rows, width, parameters, run);
            Pair x = values(lab, density, rows, width, parameters);
            Pair weights = lab.uniform("weights", -1, 2, rows);
            Pair row = sums ? lab.blank("rows", rows) : null;
            Pair doutput = gradients ? lab.blank("doutput", rows, width * parameters) : null;
            lab.run(s -> {
                if (sums && gradients) {
                    s.ops().density(s.at(row), s.at(doutput), s.at(output), s.at(x), s.at(weights), density, run);
                } else if (sums) {
                    s.ops().densityRows(s.at(row), s.at(output), s.at(x), density, run);
                } else {
                    s.ops().densityBackward(s.at(doutput), s.at(output), s.at(x), s.at(weights), density, run);
                }
            });
            Lookup at = new Lookup(output, width, parameters, run);
            if (sums) {
                lab.expect(
                        row,
                        () -> Tolerances.rows(
                                rows, width, functionSum(2L * width), i -> magnitude(density, at.of(i), x.at(i))));
            }
            if (gradients) {
                lab.expect(
                        doutput,
                        () -> each(doutput.count(), i -> {
                            int inRow = i % (width * parameters);
                            int p = inRow / run % parameters;
                            int value =
                                    i / (width * parameters) * width + inRow / (run * parameters) * run + inRow % run;
                            return 2
                                            * FUNCTION
                                            * abs(weights.at(i / (width * parameters)))
                                            * gradient(density, at.of(value), x.at(value), p)
                                    + FLUSH;
                        }));
            }
        });
    }

    /** The parameters of value i of all. */
    private record Lookup(Pair output, int width, int count, int run) {
        Parameters of(int i) {
            int d = i % width;
            int start = i / width * width * count + d / run * run * count + d % run;
            return new Parameters(output.initial(), start, count, run);
        }
    }

    static Scenario mean(Density density, int rows, int width, int parameters, int run) {
        return new Scenario("densityMean " + density + " [" + rows + "x" + width + "], run " + run, lab -> {
            Pair output = output(lab, density, rows, width, parameters, run);
            Pair mean = lab.blank("mean", rows, width);
            lab.run(s -> s.ops().densityMean(s.at(mean), s.at(output), density, run));
            Lookup at = new Lookup(output, width, parameters, run);
            lab.expect(
                    mean,
                    () -> each(
                            mean.count(),
                            i -> density == Density.GAUSSIAN
                                    ? 0
                                    : 2
                                            * FUNCTION
                                            * (1
                                                    + largest(at.of(i))
                                                    + (density == Density.DISCRETIZED_LOGISTIC
                                                            ? exp(ReferenceDensity.logScale(at.of(i)
                                                                            .get(1))
                                                                    / 8)
                                                            : 0))));
        });
    }

    static Scenario laplaceRows(int rows, int width, double s) {
        return new Scenario("laplaceRows [" + rows + "x" + width + "], log scale " + s, lab -> {
            Pair mean = lab.normal("mean", 1, rows, width);
            Pair x = lab.normal("x", 1, rows, width);
            Pair logscale = lab.given("logscale", new double[] {(float) s}, 1);
            Pair sums = lab.blank("rows", rows);
            lab.run(t -> t.ops().laplaceRows(t.at(sums), t.at(mean), t.at(x), t.at(logscale)));
            double inverse = exp(-logscale.at(0));
            lab.expect(
                    sums,
                    () -> Tolerances.rows(
                            rows,
                            width,
                            functionSum(width),
                            i -> 1 + abs(s) + (abs(mean.at(i)) + abs(x.at(i))) * inverse));
        });
    }

    static Scenario laplaceBackward(int rows, int width, double s) {
        return new Scenario("laplaceBackward [" + rows + "x" + width + "], log scale " + s, lab -> {
            Pair mean = lab.normal("mean", 1, rows, width);
            Pair x = lab.normal("x", 1, rows, width);
            Pair logscale = lab.given("logscale", new double[] {(float) s}, 1);
            Pair weights = lab.uniform("weights", -1, 2, rows);
            Pair dmean = lab.blank("dmean", rows, width);
            Pair dlogscale = lab.blank("dlogscale", 1);
            lab.run(t -> t.ops()
                    .laplaceBackward(t.at(dmean), t.at(dlogscale), t.at(mean), t.at(x), t.at(logscale), t.at(weights)));
            double inverse = exp(-logscale.at(0));
            lab.expect(dmean, () -> each(dmean.count(), i -> FUNCTION * abs(weights.at(i / width)) * inverse + FLUSH));
            lab.expect(
                    dlogscale,
                    () -> Tolerances.rows(
                            1,
                            rows * width,
                            functionSum(2L * rows * width),
                            i -> weights.at(i / width) * (1 + (abs(mean.at(i)) + abs(x.at(i))) * inverse)));
        });
    }
}
