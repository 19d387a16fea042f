package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.ARITHMETIC;
import static io.jcuvae.contract.Tolerances.EXACT;
import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.FUNCTION;
import static io.jcuvae.contract.Tolerances.UNIT;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static io.jcuvae.contract.Tolerances.product;
import static io.jcuvae.contract.Tolerances.sum;
import static java.lang.Math.abs;
import static java.lang.Math.exp;
import static java.lang.Math.max;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Scalars;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;
import java.util.function.DoubleSupplier;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Each verb with its inputs and the tolerance of what it writes. */
final class Scenarios {
    private static final long KEY = 0x1234_5678_9ABC_DEF0L;
    private static final float BETA_1 = 0.9f;
    private static final float BETA_2 = 0.999f;
    private static final float EPSILON = 1e-8f;

    private Scenarios() {}

    /**
     * Each verb by name on shapes large enough for several threads, tiles and thread blocks, the widths no multiple of a
     * vector.
     */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put(
                "matmul",
                List.of(
                        matmul(257, 129, 801, false, true, false),
                        matmul(67, 1031, 401, false, false, false),
                        matmul(301, 201, 257, true, false, true)));
        verbs.put("addBias", List.of(addBias(301, 331)));
        verbs.put("sumRows", List.of(sumRows(257, 1031)));
        verbs.put(
                "activate",
                Arrays.stream(Activation.values())
                        .map(f -> activate(f, 70_001, false))
                        .toList());
        verbs.put(
                "activateBackward",
                Arrays.stream(Activation.values())
                        .map(f -> activateBackward(f, 70_001, false, false))
                        .toList());
        verbs.put(
                "dense",
                List.of(
                        dense(Activation.RELU, 129, 301, 401, true),
                        dense(Activation.GELU, 129, 301, 200, false),
                        dense(Activation.TANH, 31, 1601, 200, false)));
        verbs.put(
                "denseBackward",
                List.of(
                        denseBackward(Activation.RELU, 129, 301, 401, true),
                        denseBackward(Activation.SILU, 129, 201, 331, true)));
        verbs.put(
                "biasActivate",
                List.of(biasActivate(Activation.GELU, 301, 331, false), biasActivate(Activation.RELU, 1301, 33, true)));
        verbs.put(
                "biasActivateBackward",
                List.of(
                        biasActivateBackward(Activation.RELU, 257, 1031),
                        biasActivateBackward(Activation.GELU, 1301, 33),
                        biasActivateBackward(Activation.IDENTITY, 1301, 33)));
        verbs.putAll(CodebookScenarios.large());
        verbs.putAll(ConditionScenarios.large());
        verbs.putAll(HierarchyScenarios.large());
        verbs.putAll(DiscrepancyScenarios.large());
        verbs.putAll(SpatialScenarios.large());
        verbs.put("reparameterize", List.of(reparameterize(1031, 31)));
        verbs.put("gaussianKl", List.of(gaussianKl(1031, 31)));
        verbs.put("sampleGaussian", List.of(sampleGaussian(1031, 31)));
        verbs.put("sampleGaussianBackward", List.of(sampleGaussianBackward(1031, 31)));
        verbs.put("gaussianLogRatio", List.of(gaussianLogRatio(1031, 31)));
        verbs.put("bernoulliRows", List.of(bernoulliRows(129, 785, 20)));
        verbs.put("bernoulliBackward", List.of(bernoulliBackward(129, 785, 20)));
        verbs.put("bernoulli", List.of(bernoulli(129, 785, 20)));
        verbs.put("squaredErrorRows", List.of(squaredErrorRows(129, 785)));
        verbs.put("squaredErrorBackward", List.of(squaredErrorBackward(129, 785)));
        verbs.put("gaussianRows", List.of(gaussianRows(129, 785, 0.3)));
        verbs.put("gaussianBackward", List.of(gaussianBackward(129, 785, 0.3, true)));
        verbs.putAll(LikelihoodScenarios.large());
        verbs.putAll(TableScenarios.large());
        verbs.putAll(NormScenarios.large());
        verbs.put("elbo", List.of(elbo(10_007)));
        verbs.put("fill", List.of(fill(70_001)));
        verbs.put("repeatRows", List.of(repeatRows(67, 50, 33)));
        verbs.put(
                "gather",
                List.of(
                        gather(129, 785, 500, ElementType.U8, Binarization.DYNAMIC),
                        gather(129, 785, 500, ElementType.F32, Binarization.STATIC)));
        verbs.put(
                "gatherFed",
                List.of(
                        gatherFed(129, 785, 300, ElementType.U8, Binarization.DYNAMIC),
                        gatherFed(129, 785, 131, ElementType.F32, Binarization.STATIC)));
        verbs.put("quantize", List.of(quantize(70_001)));
        verbs.put("logitPixels", List.of(logitPixels(301, 785)));
        verbs.put("finiteRows", List.of(finiteRows(301, 785)));
        verbs.put("normal", List.of(normal(100_003, 262_144 - 7)));
        verbs.put("beginStep", List.of(beginStep(7)));
        verbs.put("recordLoss", List.of(recordLoss(10_007)));
        verbs.put("adam", List.of(adam(70_001, 3, true), adam(40_009, 3, false)));
        verbs.put("endStep", List.of(endStep()));
        verbs.putAll(ObjectiveScenarios.large());
        verbs.putAll(PriorScenarios.large());
        verbs.putAll(TrainingScenarios.large());
        verbs.putAll(MeasureScenarios.large());
        return verbs;
    }

    // ---- linear

    static Scenario matmul(int rows, int columns, int inner, boolean ta, boolean tb, boolean accumulate) {
        String label = "matmul [" + rows + "x" + columns + "] over " + inner + (ta ? ", a'" : "") + (tb ? ", b'" : "")
                + (accumulate ? ", accumulating" : "");
        return new Scenario(label, lab -> {
            Pair a = ta ? lab.normal("a", 1, inner, rows) : lab.normal("a", 1, rows, inner);
            Pair b = tb ? lab.normal("b", 1, columns, inner) : lab.normal("b", 1, inner, columns);
            Pair c = accumulate ? lab.normal("c", 1, rows, columns) : lab.blank("c", rows, columns);
            lab.run(s -> s.ops().matmul(s.at(c), s.at(a), ta, s.at(b), tb, accumulate));
            lab.expect(c, () -> {
                double[] magnitude = product(a.initial(), ta, b.initial(), tb, rows, columns, inner);
                return each(
                        c.count(),
                        i -> lab.products(inner + 1) * (magnitude[i] + (accumulate ? abs(c.at(i)) : 0)) + FLUSH);
            });
        });
    }

    static Scenario addBias(int rows, int width) {
        return new Scenario("addBias [" + rows + "x" + width + "]", lab -> {
            Pair y = lab.normal("y", 1, rows, width);
            Pair bias = lab.normal("bias", 1, width);
            lab.run(s -> s.ops().addBias(s.at(y), s.at(bias)));
            lab.expect(y, () -> each(y.count(), i -> UNIT * (abs(y.at(i)) + abs(bias.at(i % width)))));
        });
    }

    static Scenario sumRows(int rows, int width) {
        return new Scenario("sumRows [" + rows + "x" + width + "]", lab -> {
            Pair x = lab.normal("x", 1, rows, width);
            Pair sum = lab.blank("sum", width);
            lab.run(s -> s.ops().sumRows(s.at(sum), s.at(x)));
            lab.expect(sum, () -> Tolerances.columns(rows, width, sum(rows), x::at));
        });
    }

    // ---- activation

    /** Values of ordinary size, some far out, zeros of both signs, and tiny ones. */
    private static DoubleSupplier inputs(RandomGenerator random) {
        double[] special = {0, -0.0, 1e-30, -1e-30, 1e-5, -1e-5, 1, -1, 20, -20, 80, -80, 1e4, -1e4};
        return () -> random.nextInt(4) == 0 ? special[random.nextInt(special.length)] : 3 * random.nextGaussian();
    }

    static Scenario activate(Activation f, int count, boolean inPlace) {
        return new Scenario("activate " + f + " [" + count + "]" + (inPlace ? ", y = x" : ""), lab -> {
            Pair x = lab.drawn("x", inputs(lab.random()), count);
            Pair y = inPlace ? x : lab.blank("y", count);
            lab.run(s -> s.ops().activate(s.at(y), s.at(x), f));
            lab.expect(y, () -> each(count, i -> Tolerances.activation(f, x.at(i))));
        });
    }

    static Scenario activateBackward(Activation f, int count, boolean inPlace, boolean outputAsInput) {
        String label = "activateBackward " + f + " [" + count + "]" + (inPlace ? ", dx = dy" : "")
                + (outputAsInput ? ", x = y" : "");
        return new Scenario(label, lab -> {
            DoubleSupplier inputs = inputs(lab.random());
            double[] before = new double[count];
            Arrays.setAll(before, i -> (float) inputs.getAsDouble());
            Pair y = lab.given("y", outputs(f, before), count);
            Pair x = outputAsInput ? y : lab.given("x", before, count);
            Pair dy = lab.normal("dy", 1, count);
            Pair dx = inPlace ? dy : lab.blank("dx", count);
            lab.run(s -> s.ops().activateBackward(s.at(dx), s.at(dy), s.at(x), s.at(y), f));
            lab.expect(dx, () -> each(count, i -> Tolerances.derivative(f, before[i]) * abs(dy.at(i)) + flush(f)));
        });
    }

    static double flush(Activation f) {
        return f == Activation.IDENTITY || f == Activation.RELU ? EXACT : FLUSH;
    }

    /** f of each, rounded to floats. */
    static double[] outputs(Activation f, double[] x) {
        return Arrays.stream(x).map(v -> (float) ReferenceOps.activation(f, v)).toArray();
    }

    static Scenario biasActivate(Activation f, int rows, int width, boolean inPlace) {
        String label = "biasActivate " + f + " [" + rows + "x" + width + "]" + (inPlace ? ", a = y" : "");
        return new Scenario(label, lab -> {
            Pair a = lab.normal("a", 2, rows, width);
            Pair bias = lab.normal("bias", 1, width);
            Pair y = inPlace ? a : lab.blank("y", rows, width);
            lab.run(s -> s.ops().biasActivate(s.at(y), s.at(a), s.at(bias), f));
            IntToDoubleFunction ofSum = i -> UNIT * (abs(a.at(i)) + abs(bias.at(i % width)));
            if (!inPlace) {
                lab.expect(a, () -> each(a.count(), ofSum));
            }
            lab.expect(
                    y,
                    () -> each(
                            y.count(),
                            i -> Tolerances.steepest(f) * ofSum.applyAsDouble(i)
                                    + Tolerances.activation(f, a.at(i) + bias.at(i % width))));
        });
    }

    static Scenario biasActivateBackward(Activation f, int rows, int width) {
        return new Scenario("biasActivateBackward " + f + " [" + rows + "x" + width + "]", lab -> {
            double[] before = new double[rows * width];
            Arrays.setAll(before, i -> (float) (2 * lab.random().nextGaussian()));
            Pair y = lab.given("y", outputs(f, before), rows, width);
            Pair a = f.derivativeFromOutput() ? y : lab.given("a", before, rows, width);
            Pair dy = lab.normal("dy", 1, rows, width);
            Pair dbias = lab.blank("dbias", width);
            lab.run(s -> s.ops().biasActivateBackward(s.at(dbias), s.at(dy), s.at(a), s.at(y), f));
            IntToDoubleFunction da = i -> Tolerances.derivative(f, before[i]) * abs(dy.at(i)) + flush(f);
            lab.expect(dy, () -> each(dy.count(), da));
            lab.expect(
                    dbias,
                    () -> Tolerances.columns(
                            rows,
                            width,
                            1,
                            i -> sum(rows) * Tolerances.steepest(f) * abs(dy.at(i)) + da.applyAsDouble(i)));
        });
    }

    static Scenario dense(Activation f, int rows, int out, int in, boolean inPlace) {
        String label = "dense " + f + " [" + rows + "x" + out + "] of " + in + (inPlace ? ", a = y" : "");
        return new Scenario(label, lab -> {
            Pair x = lab.normal("x", 1, rows, in);
            Pair w = lab.normal("w", 1 / Math.sqrt(in), out, in);
            Pair bias = lab.normal("bias", 1, out);
            Pair y = lab.blank("y", rows, out);
            Pair a = inPlace ? y : lab.blank("a", rows, out);
            lab.run(s -> s.ops().dense(s.at(y), s.at(a), s.at(x), s.at(w), s.at(bias), f));
            Supplier<double[]> ofSums = () -> {
                double[] sums = product(x.initial(), false, w.initial(), true, rows, out, in);
                return each(rows * out, i -> lab.products(in + 1) * (sums[i] + abs(bias.at(i % out))) + FLUSH);
            };
            if (!inPlace) {
                lab.expect(a, ofSums);
            }
            lab.expect(y, () -> {
                double[] sums = ofSums.get();
                double[] exact = preactivation(x.initial(), w.initial(), bias.initial(), in);
                return each(y.count(), i -> Tolerances.steepest(f) * sums[i] + Tolerances.activation(f, exact[i]));
            });
        });
    }

    /** x w' + bias. */
    private static double[] preactivation(double[] x, double[] w, double[] bias, int in) {
        return each(x.length / in * bias.length, i -> {
            double sum = bias[i % bias.length];
            for (int k = 0; k < in; k++) {
                sum += x[i / bias.length * in + k] * w[i % bias.length * in + k];
            }
            return sum;
        });
    }

    static Scenario denseBackward(Activation f, int rows, int out, int in, boolean withInput) {
        String label = "denseBackward " + f + " [" + rows + "x" + out + "] of " + in + (withInput ? "" : ", dx = null");
        return new Scenario(label, lab -> {
            Pair x = lab.normal("x", 1, rows, in);
            Pair w = lab.normal("w", 1 / Math.sqrt(in), out, in);
            double[] before = new double[rows * out];
            Arrays.setAll(before, i -> (float) (2 * lab.random().nextGaussian()));
            Pair y = lab.given("y", outputs(f, before), rows, out);
            Pair a = f.derivativeFromOutput() ? y : lab.given("a", before, rows, out);
            Pair dy = lab.normal("dy", 1, rows, out);
            Pair dx = withInput ? lab.blank("dx", rows, in) : null;
            Pair dw = lab.blank("dw", out, in);
            Pair dbias = lab.blank("dbias", out);
            lab.run(s -> s.ops()
                    .denseBackward(s.at(dx), s.at(dw), s.at(dbias), s.at(dy), s.at(x), s.at(w), s.at(a), s.at(y), f));
            IntToDoubleFunction da = i -> Tolerances.derivative(f, before[i]) * abs(dy.at(i)) + flush(f);
            lab.expect(dy, () -> each(dy.count(), da));
            // What each element of da adds to the error of a sum that it is part of, by that sum's share.
            DoubleFunction<IntToDoubleFunction> within =
                    share -> i -> share * Tolerances.steepest(f) * abs(dy.at(i)) + da.applyAsDouble(i);
            lab.expect(dbias, () -> Tolerances.columns(rows, out, 1, within.apply(sum(rows))));
            lab.expect(dw, () -> {
                double[] each = each(dy.count(), within.apply(lab.products(rows)));
                return product(each, true, x.initial(), false, out, in, rows);
            });
            if (withInput) {
                lab.expect(dx, () -> {
                    double[] each = each(dy.count(), within.apply(lab.products(out)));
                    return product(each, false, w.initial(), false, rows, in, out);
                });
            }
        });
    }

    // ---- the Gaussian posterior

    /** [B, 2Z]: means of ordinary size, log variances from -20 to 10. */
    private static Pair head(Lab lab, int rows, int latents) {
        RandomGenerator random = lab.random();
        int[] next = {0};
        DoubleSupplier source =
                () -> next[0]++ % (2 * latents) < latents ? random.nextGaussian() : -20 + 30 * random.nextDouble();
        return lab.drawn("head", source, rows, 2 * latents);
    }

    private static double mu(Pair head, int latents, int i) {
        return head.at(i / latents * 2 * latents + i % latents);
    }

    private static double logvar(Pair head, int latents, int i) {
        return head.at(i / latents * 2 * latents + latents + i % latents);
    }

    private static double[] latentTolerance(Pair head, Pair noise, int latents) {
        return each(
                noise.count(),
                i -> FUNCTION * (abs(mu(head, latents, i)) + exp(logvar(head, latents, i) / 2) * abs(noise.at(i))));
    }

    private static double[] klTolerance(Pair head, int rows, int latents) {
        return Tolerances.rows(rows, latents, functionSum(4L * latents), i -> {
            double mu = mu(head, latents, i);
            double logvar = logvar(head, latents, i);
            return (1 + abs(logvar) + mu * mu + exp(logvar)) / 2;
        });
    }

    static Scenario reparameterize(int rows, int latents) {
        return new Scenario("reparameterize [" + rows + "x" + latents + "]", lab -> {
            Pair head = head(lab, rows, latents);
            Pair noise = lab.normal("noise", 1, rows, latents);
            Pair z = lab.blank("z", rows, latents);
            lab.run(s -> s.ops().reparameterize(s.at(z), s.at(head), s.at(noise)));
            lab.expect(z, () -> latentTolerance(head, noise, latents));
        });
    }

    static Scenario gaussianKl(int rows, int latents) {
        return new Scenario("gaussianKl [" + rows + "x" + latents + "]", lab -> {
            Pair head = head(lab, rows, latents);
            Pair kl = lab.blank("kl", rows);
            lab.run(s -> s.ops().gaussianKl(s.at(kl), s.at(head)));
            lab.expect(kl, () -> klTolerance(head, rows, latents));
        });
    }

    static Scenario sampleGaussian(int rows, int latents) {
        return new Scenario("sampleGaussian [" + rows + "x" + latents + "]", lab -> {
            Pair head = head(lab, rows, latents);
            Pair noise = lab.normal("noise", 1, rows, latents);
            Pair z = lab.blank("z", rows, latents);
            Pair kl = lab.blank("kl", rows);
            lab.run(s -> s.ops().sampleGaussian(s.at(z), s.at(kl), s.at(head), s.at(noise)));
            lab.expect(z, () -> latentTolerance(head, noise, latents));
            lab.expect(kl, () -> klTolerance(head, rows, latents));
        });
    }

    static Scenario sampleGaussianBackward(int rows, int latents) {
        return new Scenario("sampleGaussianBackward [" + rows + "x" + latents + "]", lab -> {
            Pair head = head(lab, rows, latents);
            Pair noise = lab.normal("noise", 1, rows, latents);
            Pair dz = lab.normal("dz", 1, rows, latents);
            Pair weights = lab.uniform("weights", 0, 2, rows);
            Pair dhead = lab.blank("dhead", rows, 2 * latents);
            lab.run(s -> s.ops().sampleGaussianBackward(s.at(dhead), s.at(dz), s.at(head), s.at(noise), s.at(weights)));
            lab.expect(
                    dhead,
                    () -> each(dhead.count(), j -> {
                        int row = j / (2 * latents);
                        int i = row * latents + j % latents;
                        double w = weights.at(row);
                        if (j % (2 * latents) < latents) {
                            return ARITHMETIC * (abs(dz.at(i)) + abs(w * head.at(j))) + FLUSH;
                        }
                        double deviation = exp(head.at(j) / 2);
                        return FUNCTION
                                        * (abs(dz.at(i) * noise.at(i)) * deviation + w * (deviation * deviation + 1))
                                        / 2
                                + FLUSH;
                    }));
        });
    }

    static Scenario gaussianLogRatio(int rows, int latents) {
        return new Scenario("gaussianLogRatio [" + rows + "x" + latents + "]", lab -> {
            Pair head = head(lab, rows, latents);
            Pair noise = lab.normal("noise", 1, rows, latents);
            Pair z = lab.normal("z", 3, rows, latents);
            Pair ratio = lab.blank("ratio", rows);
            lab.run(s -> s.ops().gaussianLogRatio(s.at(ratio), s.at(z), s.at(head), s.at(noise)));
            lab.expect(
                    ratio,
                    () -> Tolerances.rows(
                            rows,
                            latents,
                            sum(3L * latents),
                            i -> (abs(logvar(head, latents, i)) + noise.at(i) * noise.at(i) + z.at(i) * z.at(i)) / 2));
        });
    }

    // ---- likelihoods

    /** Values in [0, 1], the ends among them. */
    static Pair pixels(Lab lab, int rows, int width) {
        RandomGenerator random = lab.random();
        return lab.drawn("x", () -> random.nextInt(3) > 0 ? random.nextInt(2) : random.nextDouble(), rows, width);
    }

    private static double[] bernoulliTolerance(Pair logits, Pair x, int rows, int width) {
        return Tolerances.rows(rows, width, functionSum(2L * width), i -> {
            double l = logits.at(i);
            return max(l, 0) + abs(l * x.at(i)) + Math.log1p(exp(-abs(l)));
        });
    }

    private static double[] bernoulliGradientTolerance(Pair weights, int rows, int width) {
        return each(rows * width, i -> FUNCTION * abs(weights.at(i / width)));
    }

    static Scenario bernoulliRows(int rows, int width, double size) {
        return new Scenario("bernoulliRows [" + rows + "x" + width + "], logits to " + size, lab -> {
            Pair logits = lab.uniform("logits", -size, size, rows, width);
            Pair x = pixels(lab, rows, width);
            Pair sums = lab.blank("rows", rows);
            lab.run(s -> s.ops().bernoulliRows(s.at(sums), s.at(logits), s.at(x)));
            lab.expect(sums, () -> bernoulliTolerance(logits, x, rows, width));
        });
    }

    static Scenario bernoulliBackward(int rows, int width, double size) {
        return new Scenario("bernoulliBackward [" + rows + "x" + width + "], logits to " + size, lab -> {
            Pair logits = lab.uniform("logits", -size, size, rows, width);
            Pair x = pixels(lab, rows, width);
            Pair weights = lab.uniform("weights", -1, 2, rows);
            Pair dlogits = lab.blank("dlogits", rows, width);
            lab.run(s -> s.ops().bernoulliBackward(s.at(dlogits), s.at(logits), s.at(x), s.at(weights)));
            lab.expect(dlogits, () -> bernoulliGradientTolerance(weights, rows, width));
        });
    }

    static Scenario bernoulli(int rows, int width, double size) {
        return new Scenario("bernoulli [" + rows + "x" + width + "], logits to " + size, lab -> {
            Pair logits = lab.uniform("logits", -size, size, rows, width);
            Pair x = pixels(lab, rows, width);
            Pair weights = lab.uniform("weights", -1, 2, rows);
            Pair sums = lab.blank("rows", rows);
            Pair dlogits = lab.blank("dlogits", rows, width);
            lab.run(s -> s.ops().bernoulli(s.at(sums), s.at(dlogits), s.at(logits), s.at(x), s.at(weights)));
            lab.expect(sums, () -> bernoulliTolerance(logits, x, rows, width));
            lab.expect(dlogits, () -> bernoulliGradientTolerance(weights, rows, width));
        });
    }

    static Scenario squaredErrorRows(int rows, int width) {
        return new Scenario("squaredErrorRows [" + rows + "x" + width + "]", lab -> {
            Pair mean = lab.normal("mean", 1, rows, width);
            Pair x = lab.normal("x", 1, rows, width);
            Pair sums = lab.blank("rows", rows);
            lab.run(s -> s.ops().squaredErrorRows(s.at(sums), s.at(mean), s.at(x)));
            lab.expect(sums, () -> Tolerances.rows(rows, width, sum(width), i -> square(mean.at(i) - x.at(i))));
        });
    }

    static Scenario squaredErrorBackward(int rows, int width) {
        return new Scenario("squaredErrorBackward [" + rows + "x" + width + "]", lab -> {
            Pair mean = lab.normal("mean", 1, rows, width);
            Pair x = lab.normal("x", 1, rows, width);
            Pair weights = lab.uniform("weights", -1, 2, rows);
            Pair dmean = lab.blank("dmean", rows, width);
            lab.run(s -> s.ops().squaredErrorBackward(s.at(dmean), s.at(mean), s.at(x), s.at(weights)));
            lab.expect(
                    dmean,
                    () -> each(
                            dmean.count(),
                            i -> ARITHMETIC * abs(2 * weights.at(i / width) * (mean.at(i) - x.at(i))) + FLUSH));
        });
    }

    static Scenario gaussianRows(int rows, int width, double v) {
        return new Scenario("gaussianRows [" + rows + "x" + width + "], logvar " + v, lab -> {
            Pair mean = lab.normal("mean", 1, rows, width);
            Pair x = lab.normal("x", 1, rows, width);
            Pair logvar = lab.given("logvar", new double[] {(float) v}, 1);
            Pair sums = lab.blank("rows", rows);
            lab.run(s -> s.ops().gaussianRows(s.at(sums), s.at(mean), s.at(x), s.at(logvar)));
            double precision = exp(-logvar.at(0));
            lab.expect(
                    sums,
                    () -> Tolerances.rows(
                            rows,
                            width,
                            functionSum(2L * width),
                            i -> (Math.log(2 * Math.PI) + abs(v) + square(mean.at(i) - x.at(i)) * precision) / 2));
        });
    }

    static Scenario gaussianBackward(int rows, int width, double v, boolean learned) {
        String label =
                "gaussianBackward [" + rows + "x" + width + "], logvar " + v + (learned ? "" : ", dlogvar = null");
        return new Scenario(label, lab -> {
            Pair mean = lab.normal("mean", 1, rows, width);
            Pair x = lab.normal("x", 1, rows, width);
            Pair logvar = lab.given("logvar", new double[] {(float) v}, 1);
            Pair weights = lab.uniform("weights", -1, 2, rows);
            Pair dmean = lab.blank("dmean", rows, width);
            Pair dlogvar = learned ? lab.blank("dlogvar", 1) : null;
            lab.run(s -> s.ops()
                    .gaussianBackward(s.at(dmean), s.at(dlogvar), s.at(mean), s.at(x), s.at(logvar), s.at(weights)));
            double precision = exp(-logvar.at(0));
            lab.expect(
                    dmean,
                    () -> each(
                            dmean.count(),
                            i -> FUNCTION * abs(weights.at(i / width) * (mean.at(i) - x.at(i))) * precision + FLUSH));
            if (learned) {
                lab.expect(
                        dlogvar,
                        () -> Tolerances.rows(
                                1,
                                rows * width,
                                functionSum(2L * rows * width),
                                i -> weights.at(i / width) * (1 + square(mean.at(i) - x.at(i)) * precision) / 2));
            }
        });
    }

    private static double square(double x) {
        return x * x;
    }

    // ---- objective

    static Scenario elbo(int rows) {
        return new Scenario("elbo [" + rows + "]", lab -> {
            Pair scalars = lab.scalars(Map.of(Scalars.BETA, 0.7));
            Pair reconstruction = lab.uniform("reconstruction", 0, 500, rows);
            Pair kl = lab.uniform("kl", 0, 50, rows);
            Pair loss = lab.blank("loss", rows);
            Pair klWeights = lab.blank("klWeights", rows);
            float scale = 1f / rows;
            lab.run(s ->
                    s.ops().elbo(s.at(loss), s.at(klWeights), s.at(reconstruction), s.at(kl), s.at(scalars), scale));
            lab.expect(loss, () -> each(rows, r -> ARITHMETIC * (reconstruction.at(r) + 0.7 * kl.at(r))));
            lab.expect(klWeights, () -> Tolerances.all(rows, ARITHMETIC * scale * 0.7));
        });
    }

    // ---- structure and step

    static Scenario fill(int count) {
        return new Scenario("fill [" + count + "]", lab -> {
            Pair x = lab.blank("x", count);
            lab.run(s -> s.ops().fill(s.at(x), -0.3f));
            lab.expectExact(x);
        });
    }

    static Scenario repeatRows(int rows, int times, int width) {
        return new Scenario("repeatRows [" + rows + "x" + width + "] by " + times, lab -> {
            Pair x = lab.normal("x", 1, rows, width);
            Pair y = lab.blank("y", rows * times, width);
            lab.run(s -> s.ops().repeatRows(s.at(y), s.at(x)));
            lab.expectExact(y);
        });
    }

    /** The batch stands in the middle of an order that visits rows in no order, some twice. */
    static Scenario gather(int rows, int width, int samples, ElementType type, Binarization binarization) {
        String label = "gather [" + rows + "x" + width + "] of " + samples + " rows of " + type + ", " + binarization;
        return new Scenario(label, lab -> {
            Pair data = type == ElementType.U8
                    ? lab.bytes("data", samples, width)
                    : lab.uniform("data", 0, 1, samples, width);
            int position = 5;
            int[] rowNumbers = new int[position + rows + 3];
            Arrays.setAll(rowNumbers, i -> lab.random().nextInt(samples));
            Pair order = lab.integers("order", rowNumbers);
            Pair scalars = lab.scalars(Map.of(Scalars.ORDER_POSITION, (double) position, Scalars.EPOCH, 3.0));
            Pair x = lab.blank("x", rows, width);
            lab.run(s -> s.ops().gather(s.at(x), s.at(data), s.at(order), s.at(scalars), binarization, KEY));
            lab.expectExact(x);
        });
    }

    /** The batch stands in the third turn of the ring, across its end where that is possible. */
    static Scenario gatherFed(int rows, int width, int window, ElementType type, Binarization binarization) {
        String label = "gatherFed [" + rows + "x" + width + "] of a ring of " + window + " rows of " + type + ", "
                + binarization;
        return new Scenario(label, lab -> {
            Pair ring = type == ElementType.U8
                    ? lab.bytes("ring", window, width)
                    : lab.uniform("ring", 0, 1, window, width);
            int position = 3 * window - (rows + 1) / 2;
            int[] rowNumbers = new int[position + rows + 3];
            Arrays.setAll(rowNumbers, i -> lab.random().nextInt(5 * window));
            Pair order = lab.integers("order", rowNumbers);
            Pair scalars = lab.scalars(Map.of(Scalars.ORDER_POSITION, (double) position, Scalars.EPOCH, 3.0));
            Pair x = lab.blank("x", rows, width);
            lab.run(s -> s.ops().gatherFed(s.at(x), s.at(ring), s.at(order), s.at(scalars), binarization, KEY));
            lab.expectExact(x);
        });
    }

    /** Every byte's value and the floats beside the borders between two, some values outside, and some without meaning. */
    static Scenario quantize(int count) {
        return new Scenario("quantize [" + count + "]", lab -> {
            double[] odd = {-0.0, -1e-9, 1.0000001, -3, 7, 1e30, -1e30, Double.NaN, Float.MIN_VALUE};
            Pair x = lab.drawn(
                    "x",
                    () -> {
                        int i = lab.random().nextInt(256);
                        float border = (float) ((i + 0.5) / 255);
                        return switch (lab.random().nextInt(6)) {
                            case 0 -> i / 255f;
                            case 1 -> border;
                            case 2 -> Math.nextUp(border);
                            case 3 -> Math.nextDown(border);
                            case 4 -> odd[i % odd.length];
                            default -> lab.random().nextDouble();
                        };
                    },
                    count);
            Pair bytes = lab.bytes("bytes", count);
            lab.run(s -> s.ops().quantize(s.at(bytes), s.at(x)));
            lab.expectExact(bytes);
        });
    }

    /** Logits about every border between two pixels, and far out; either pixel counts where rounding decides. */
    static Scenario logitPixels(int rows, int width) {
        return new Scenario("logitPixels [" + rows + "x" + width + "]", lab -> {
            double[] odd = {0.0, -0.0, 1e30, -1e30, 7, -7, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
            Pair x = lab.usedUp(lab.drawn(
                    "x",
                    () -> {
                        int pixel = 1 + lab.random().nextInt(255);
                        return switch (lab.random().nextInt(4)) {
                            case 0 -> odd[pixel % odd.length];
                            case 1 ->
                                Math.log((pixel - 0.5) / (255.5 - pixel))
                                        + 1e-3 * lab.random().nextGaussian();
                            default -> 3 * lab.random().nextGaussian();
                        };
                    },
                    rows,
                    width));
            Pair pixels = lab.bytes("pixels", rows, width);
            Pair finite = lab.blank("rows", rows);
            lab.run(s -> s.ops().logitPixels(s.at(pixels), s.at(finite), s.at(x)));
            // A sigmoid in floats is within 4e-7, times 255.
            lab.expect(
                    pixels,
                    () -> each(pixels.count(), i -> {
                        double scaled = 255 / (1 + Math.exp(-x.at(i))) + 0.5;
                        return Math.abs(scaled - Math.rint(scaled)) < 1e-4 ? 1 : Tolerances.EXACT;
                    }));
            lab.expectExact(finite);
        });
    }

    static Scenario finiteRows(int rows, int width) {
        return new Scenario("finiteRows [" + rows + "x" + width + "]", lab -> {
            Pair x = lab.normal("x", 1e6, rows, width);
            Pair sums = lab.blank("rows", rows);
            lab.run(s -> s.ops().finiteRows(s.at(sums), s.at(x)));
            lab.expectExact(sums);
        });
    }

    static Scenario normal(int count, long position) {
        return new Scenario("normal [" + count + "] from " + position, lab -> {
            Pair scalars = lab.scalars(Map.of(Scalars.NOISE_POSITION, (double) position));
            Pair noise = lab.blank("noise", count);
            lab.reserveNoise(KEY, position, count);
            lab.run(s -> s.ops().normal(s.at(noise), s.at(scalars), KEY));
            lab.expect(noise, () -> Tolerances.all(count, Tolerances.NORMAL));
        });
    }

    static Scenario beginStep(int step) {
        return new Scenario("beginStep after " + step, lab -> {
            Pair scalars = lab.scalars(Map.of(Scalars.STEP, (double) step, Scalars.BETA, 0.5, Scalars.LOSS_SUM, 3.0));
            lab.run(s -> s.ops().beginStep(s.at(scalars), BETA_1, BETA_2));
            lab.expect(
                    scalars,
                    () -> slots(Map.of(
                            Scalars.ADAM_CORRECTION_1, Tolerances.DOUBLE_FUNCTION,
                            Scalars.ADAM_CORRECTION_2, Tolerances.DOUBLE_FUNCTION)));
        });
    }

    /** Tolerances of the slots; exact where none is given. */
    private static double[] slots(Map<Scalars, Double> tolerances) {
        return each(Scalars.COUNT, i -> tolerances.getOrDefault(Scalars.values()[i], EXACT));
    }

    static Scenario recordLoss(int rows) {
        return new Scenario("recordLoss [" + rows + "]", lab -> {
            Pair scalars = lab.scalars(Map.of(
                    Scalars.STEP,
                    9.0,
                    Scalars.LOSS_SUM,
                    1000.0,
                    Scalars.RECONSTRUCTION_SUM,
                    900.0,
                    Scalars.KL_SUM,
                    100.0,
                    Scalars.SAMPLES,
                    64.0));
            Pair loss = lab.uniform("loss", 50, 600, rows);
            Pair reconstruction = lab.uniform("reconstruction", -50, 500, rows);
            Pair kl = lab.uniform("kl", 0, 50, rows);
            lab.run(s -> s.ops().recordLoss(s.at(scalars), s.at(loss), s.at(reconstruction), s.at(kl)));
            lab.expect(
                    scalars,
                    () -> slots(Map.of(
                            Scalars.LOSS_SUM, sumTolerance(loss, 1000),
                            Scalars.RECONSTRUCTION_SUM, sumTolerance(reconstruction, 900),
                            Scalars.KL_SUM, sumTolerance(kl, 100))));
        });
    }

    /** The batch's sum may be a float's, what it is added to may not round any further. */
    private static double sumTolerance(Pair rows, double before) {
        return Tolerances.rows(1, rows.count(), sum(rows.count()), rows::at)[0] + 1e-15 * before;
    }

    static Scenario adam(int count, int step, boolean blocks) {
        return new Scenario("adam [" + count + "], step " + step + (blocks ? ", whole blocks" : ""), lab -> {
            double rate = 1e-3;
            double correction1 = 1 - Math.pow(BETA_1, step);
            double correction2 = 1 - Math.pow(BETA_2, step);
            Pair scalars = lab.scalars(Map.of(
                    Scalars.STEP,
                    (double) step,
                    Scalars.LEARNING_RATE,
                    rate,
                    Scalars.ADAM_CORRECTION_1,
                    correction1,
                    Scalars.ADAM_CORRECTION_2,
                    correction2));
            if (blocks) {
                lab.wholeBlocks();
            }
            RandomGenerator random = lab.random();
            // Gradients over many orders of magnitude, zeros among them.
            DoubleSupplier gradients =
                    () -> random.nextInt(8) == 0 ? 0 : random.nextGaussian() * Math.pow(10, -12 * random.nextDouble());
            Pair p = lab.normal("p", 1, count);
            Pair m = lab.drawn("m", gradients, count);
            Pair v = lab.drawn("v", () -> square(gradients.getAsDouble()), count);
            Pair g = lab.drawn("g", gradients, count);
            lab.run(s -> s.ops().adam(s.at(p), s.at(m), s.at(v), s.at(g), s.at(scalars), BETA_1, BETA_2, EPSILON));
            IntToDoubleFunction momentum = i -> BETA_1 * abs(m.at(i)) + (1 - BETA_1) * abs(g.at(i));
            IntToDoubleFunction second = i -> BETA_2 * v.at(i) + (1 - BETA_2) * square(g.at(i));
            double lost = (1 - BETA_1) * Tolerances.ADAM_GRADIENT + FLUSH;
            lab.expect(m, () -> each(count, i -> ARITHMETIC * momentum.applyAsDouble(i) + lost));
            lab.expect(v, () -> each(count, i -> 2 * ARITHMETIC * second.applyAsDouble(i) + FLUSH));
            lab.expect(
                    p,
                    () -> each(count, i -> {
                        double scale =
                                rate / correction1 / (Math.sqrt(second.applyAsDouble(i) / correction2) + EPSILON);
                        double update = scale * momentum.applyAsDouble(i);
                        return UNIT * (abs(p.at(i)) + update) + Tolerances.ADAM_UPDATE * update + scale * lost + FLUSH;
                    }));
        });
    }

    static Scenario endStep() {
        return new Scenario("endStep", lab -> {
            Pair scalars = lab.scalars(
                    Map.of(Scalars.STEP, 4.0, Scalars.ORDER_POSITION, 384.0, Scalars.NOISE_POSITION, 0x1p40 + 1));
            lab.run(s -> s.ops().endStep(s.at(scalars), 128, 2561));
            lab.expectExact(scalars);
        });
    }
}
