package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.ARITHMETIC;
import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.FUNCTION;
import static io.jcuvae.contract.Tolerances.UNIT;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.sum;
import static java.lang.Math.abs;
import static java.lang.Math.sqrt;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Scalars;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;

/** The verbs of norms and dropout with their inputs and the tolerance of what they write. */
final class NormScenarios {
    private static final long KEY = 0x0FED_CBA9_8765_4321L;
    private static final float EPSILON = 1e-5f;

    private NormScenarios() {}

    /** See {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("columnMoments", List.of(columnMoments(9001, 5, 0), columnMoments(1031, 33, 0)));
        verbs.put("normalizeColumns", List.of(normalizeColumns(9001, 5), normalizeColumns(131, 301)));
        verbs.put("batchNormBackward", List.of(batchNormBackward(9001, 5, true), batchNormBackward(1031, 33, true)));
        verbs.put("trackMoments", List.of(trackMoments(1031, 0, false)));
        verbs.put("layerNorm", List.of(layerNorm(1031, 33, 0), layerNorm(67, 601, 0)));
        verbs.put("layerNormBackward", List.of(layerNormBackward(1031, 33, true), layerNormBackward(67, 601, true)));
        verbs.put("dropoutMask", List.of(dropoutMask(131, 301, 0.3f, 17)));
        verbs.put("multiply", List.of(multiply(70_001)));
        verbs.put("dropout", List.of(dropout(131, 301, 0.3f, 17)));
        return verbs;
    }

    /**
     * Sums over columns or rows of a matrix.
     *
     * @param count of the sums
     * @param terms of a sum
     * @param place of term t of sum i is place(i) + t step
     */
    private static double[] sums(int count, int terms, int step, IntUnaryOperator place, IntToDoubleFunction term) {
        return each(count, i -> {
            double sum = 0;
            for (int t = 0; t < terms; t++) {
                sum += term.applyAsDouble(place.applyAsInt(i) + t * step);
            }
            return sum;
        });
    }

    private static double[] columnSums(int rows, int width, IntToDoubleFunction term) {
        return sums(width, rows, width, c -> c, term);
    }

    private static double[] rowSums(int rows, int width, IntToDoubleFunction term) {
        return sums(rows, width, 1, r -> r * width, term);
    }

    /** Deviations from the first row are what is added up, and what is rounded. */
    static Scenario columnMoments(int rows, int width, double offset) {
        String label = "columnMoments [" + rows + "x" + width + "]" + (offset == 0 ? "" : " around " + offset);
        return new Scenario(label, lab -> {
            Pair x = lab.drawn("x", () -> offset + lab.random().nextGaussian(), rows, width);
            Pair mean = lab.blank("mean", width);
            Pair variance = lab.blank("variance", width);
            lab.run(s -> s.ops().columnMoments(s.at(mean), s.at(variance), s.at(x)));
            double[] exact = columnSums(rows, width, i -> x.at(i) / rows);
            double[] spread = columnSums(rows, width, i -> abs(x.at(i) - x.at(i % width)) / rows);
            lab.expect(mean, () -> each(width, c -> UNIT * abs(exact[c]) + sum(rows) * spread[c] + FLUSH));
            lab.expect(variance, () -> {
                double[] squares = columnSums(rows, width, i -> {
                    double d = abs(x.at(i) - exact[i % width]);
                    return (d * d + d * abs(x.at(i) - x.at(i % width))) / rows;
                });
                return each(width, c -> sum(rows) * squares[c] + FLUSH);
            });
        });
    }

    static Scenario normalizeColumns(int rows, int width) {
        return new Scenario("normalizeColumns [" + rows + "x" + width + "]", lab -> {
            Pair x = lab.normal("x", 2, rows, width);
            Pair mean = lab.normal("mean", 1, width);
            Pair variance = lab.uniform("variance", 0, 3, width);
            Pair weight = lab.normal("weight", 1, width);
            Pair bias = lab.normal("bias", 1, width);
            Pair y = lab.blank("y", rows, width);
            lab.run(s -> s.ops()
                    .normalizeColumns(s.at(y), s.at(x), s.at(mean), s.at(variance), s.at(weight), s.at(bias), EPSILON));
            lab.expect(
                    y,
                    () -> each(y.count(), i -> {
                        int c = i % width;
                        double n = (x.at(i) - mean.at(c)) / sqrt(variance.at(c) + EPSILON);
                        return FUNCTION * abs(n * weight.at(c)) + ARITHMETIC * abs(bias.at(c)) + FLUSH;
                    }));
        });
    }

    /** Mean and variance need not be those of x for the formula to hold. */
    static Scenario batchNormBackward(int rows, int width, boolean withInput) {
        String label = "batchNormBackward [" + rows + "x" + width + "]" + (withInput ? "" : ", without dx");
        return new Scenario(label, lab -> {
            Pair x = lab.normal("x", 2, rows, width);
            Pair dy = lab.normal("dy", 1, rows, width);
            Pair mean = lab.normal("mean", 0.1, width);
            Pair variance = lab.uniform("variance", 0.01, 3, width);
            Pair weight = lab.normal("weight", 1, width);
            Pair dweight = lab.blank("dweight", width);
            Pair dbias = lab.blank("dbias", width);
            Pair dx = withInput ? lab.blank("dx", rows, width) : null;
            lab.run(s -> s.ops()
                    .batchNormBackward(
                            s.at(dx),
                            s.at(dweight),
                            s.at(dbias),
                            s.at(dy),
                            s.at(x),
                            s.at(mean),
                            s.at(variance),
                            s.at(weight),
                            EPSILON));
            double[] n =
                    each(x.count(), i -> abs(x.at(i) - mean.at(i % width)) / sqrt(variance.at(i % width) + EPSILON));
            double[] bias = columnSums(rows, width, i -> abs(dy.at(i)));
            double[] weights = columnSums(rows, width, i -> abs(dy.at(i)) * n[i]);
            double share = FUNCTION + sum(rows);
            lab.expect(dbias, () -> each(width, c -> share * bias[c] + FLUSH));
            lab.expect(dweight, () -> each(width, c -> share * weights[c] + FLUSH));
            if (withInput) {
                lab.expect(
                        dx,
                        () -> each(x.count(), i -> {
                            int c = i % width;
                            double scale = abs(weight.at(c)) / sqrt(variance.at(c) + EPSILON);
                            return share * scale * (abs(dy.at(i)) + (bias[c] + n[i] * weights[c]) / rows) + FLUSH;
                        }));
            }
        });
    }

    /** A step that was halted moves nothing. */
    static Scenario trackMoments(int width, long counted, boolean halted) {
        String label = "trackMoments [" + width + "] after " + counted + (halted ? ", halted" : "");
        int rows = 33;
        float momentum = 0.1f;
        return new Scenario(label, lab -> {
            Pair mean = lab.normal("mean", 1, width);
            Pair variance = lab.uniform("variance", 0, 3, width);
            Pair runningMean = lab.normal("running_mean", 1, width);
            Pair runningVariance = lab.uniform("running_var", 0, 3, width);
            int base = ParameterLayout.COUNTER_BASE;
            double[] count = {(double) (counted % base), (double) (counted / base)};
            Pair batches = lab.given("num_batches_tracked", count, 2);
            Pair scalars = lab.scalars(Map.of(Scalars.STEP, 4.0, Scalars.HALTED_AT, halted ? 4.0 : 0.0));
            lab.run(s -> s.ops()
                    .trackMoments(
                            s.at(runningMean),
                            s.at(runningVariance),
                            s.at(batches),
                            s.at(mean),
                            s.at(variance),
                            s.at(scalars),
                            rows,
                            momentum));
            lab.expectExact(batches);
            double share = halted ? 0 : FUNCTION;
            lab.expect(
                    runningMean, () -> each(width, c -> share * (abs(runningMean.at(c)) + momentum * abs(mean.at(c)))));
            lab.expect(
                    runningVariance,
                    () -> each(width, c -> share * (runningVariance.at(c) + 2 * momentum * variance.at(c))));
        });
    }

    static Scenario layerNorm(int rows, int width, double offset) {
        String label = "layerNorm [" + rows + "x" + width + "]" + (offset == 0 ? "" : " around " + offset);
        return new Scenario(label, lab -> {
            Pair x = lab.drawn("x", () -> offset + lab.random().nextGaussian(), rows, width);
            Pair weight = lab.normal("weight", 1, width);
            Pair bias = lab.normal("bias", 1, width);
            Pair mean = lab.blank("mean", rows);
            Pair deviation = lab.blank("deviation", rows);
            Pair y = lab.blank("y", rows, width);
            lab.run(s -> s.ops()
                    .layerNorm(s.at(y), s.at(mean), s.at(deviation), s.at(x), s.at(weight), s.at(bias), EPSILON));
            double[] exact = rowSums(rows, width, i -> x.at(i) / width);
            double[] spread = rowSums(rows, width, i -> abs(x.at(i) - exact[i / width]) / width);
            double[] ofMean = each(rows, r -> UNIT * abs(exact[r]) + sum(width) * spread[r] + FLUSH);
            double[] squares = rowSums(rows, width, i -> Math.pow(x.at(i) - exact[i / width], 2) / width);
            // A variance that is off by e moves 1 / sqrt(variance + epsilon) by e / 2 (variance + epsilon)^(-3/2).
            double[] ofDeviation = each(rows, r -> {
                double variance = squares[r] + EPSILON;
                double ofVariance = 2 * sum(width) * squares[r] + 4 * ofMean[r] * (ofMean[r] + UNIT * sqrt(squares[r]));
                return (FUNCTION + ofVariance / variance) / sqrt(variance);
            });
            lab.expect(mean, () -> ofMean);
            lab.expect(deviation, () -> ofDeviation);
            lab.expect(
                    y,
                    () -> each(y.count(), i -> {
                        int r = i / width;
                        double d = abs(x.at(i) - exact[r]);
                        double s = 1 / sqrt(squares[r] + EPSILON);
                        double ofN = ofMean[r] * s + d * ofDeviation[r] + FUNCTION * d * s;
                        return abs(weight.at(i % width)) * ofN + ARITHMETIC * abs(bias.at(i % width)) + FLUSH;
                    }));
        });
    }

    static Scenario layerNormBackward(int rows, int width, boolean withInput) {
        String label = "layerNormBackward [" + rows + "x" + width + "]" + (withInput ? "" : ", without dx");
        return new Scenario(label, lab -> {
            Pair x = lab.normal("x", 2, rows, width);
            Pair dy = lab.normal("dy", 1, rows, width);
            Pair mean = lab.normal("mean", 0.1, rows);
            Pair deviation = lab.uniform("deviation", 0.2, 3, rows);
            Pair weight = lab.normal("weight", 1, width);
            Pair dweight = lab.blank("dweight", width);
            Pair dbias = lab.blank("dbias", width);
            Pair dx = withInput ? lab.blank("dx", rows, width) : null;
            lab.run(s -> s.ops()
                    .layerNormBackward(
                            s.at(dx),
                            s.at(dweight),
                            s.at(dbias),
                            s.at(dy),
                            s.at(x),
                            s.at(mean),
                            s.at(deviation),
                            s.at(weight)));
            double[] n = each(x.count(), i -> abs(x.at(i) - mean.at(i / width)) * deviation.at(i / width));
            double[] g = each(x.count(), i -> abs(dy.at(i) * weight.at(i % width)));
            double[] bias = columnSums(rows, width, i -> abs(dy.at(i)));
            double[] weights = columnSums(rows, width, i -> abs(dy.at(i)) * n[i]);
            double down = FUNCTION + sum(rows);
            lab.expect(dbias, () -> each(width, c -> down * bias[c] + FLUSH));
            lab.expect(dweight, () -> each(width, c -> down * weights[c] + FLUSH));
            if (withInput) {
                double[] first = rowSums(rows, width, i -> g[i] / width);
                double[] second = rowSums(rows, width, i -> g[i] * n[i] / width);
                double across = FUNCTION + sum(width);
                lab.expect(
                        dx,
                        () -> each(x.count(), i -> {
                            int r = i / width;
                            return across * deviation.at(r) * (g[i] + first[r] + n[i] * second[r]) + FLUSH;
                        }));
            }
        });
    }

    private static Pair at(Lab lab, long rowsTrained) {
        return lab.scalars(Map.of(Scalars.ROWS_TRAINED, (double) rowsTrained));
    }

    static Scenario dropoutMask(int rows, int width, float rate, long rowsTrained) {
        String label = "dropoutMask [" + rows + "x" + width + "] at " + rate + " after " + rowsTrained;
        return new Scenario(label, lab -> {
            Pair scalars = at(lab, rowsTrained);
            Pair mask = lab.blank("mask", rows, width);
            lab.run(s -> s.ops().dropoutMask(s.at(mask), s.at(scalars), rate, KEY));
            lab.expectExact(mask);
        });
    }

    static Scenario dropout(int rows, int width, float rate, long rowsTrained) {
        String label = "dropout [" + rows + "x" + width + "] at " + rate + " after " + rowsTrained;
        return new Scenario(label, lab -> {
            Pair scalars = at(lab, rowsTrained);
            Pair x = lab.normal("x", 1, rows, width);
            Pair mask = lab.blank("mask", rows, width);
            Pair y = lab.blank("y", rows, width);
            lab.run(s -> s.ops().dropout(s.at(y), s.at(mask), s.at(x), s.at(scalars), rate, KEY));
            lab.expectExact(mask);
            lab.expect(y, () -> each(y.count(), i -> UNIT * abs(x.at(i)) / (1 - rate)));
        });
    }

    static Scenario multiply(int count) {
        return new Scenario("multiply [" + count + "]", lab -> {
            Pair a = lab.normal("a", 1, count);
            Pair b = lab.normal("b", 1, count);
            Pair y = lab.blank("y", count);
            lab.run(s -> s.ops().multiply(s.at(y), s.at(a), s.at(b)));
            lab.expect(y, () -> each(count, i -> UNIT * abs(a.at(i) * b.at(i)) + FLUSH));
        });
    }
}
