package io.jcuvae.contract;

import static io.jcuvae.contract.Tolerances.ARITHMETIC;
import static io.jcuvae.contract.Tolerances.DOUBLE_FUNCTION;
import static io.jcuvae.contract.Tolerances.EXACT;
import static io.jcuvae.contract.Tolerances.FLUSH;
import static io.jcuvae.contract.Tolerances.FUNCTION;
import static io.jcuvae.contract.Tolerances.UNIT;
import static io.jcuvae.contract.Tolerances.each;
import static io.jcuvae.contract.Tolerances.functionSum;
import static java.lang.Math.abs;

import io.jcuvae.tensor.Scalars;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;

/** The verbs of {@link io.jcuvae.tensor.TrainingOps} with their inputs and the tolerance of what they write. */
final class TrainingScenarios {
    private static final float BETA_1 = 0.9f;
    private static final float BETA_2 = 0.999f;
    private static final float EPSILON = 1e-8f;

    private TrainingScenarios() {}

    /** Each verb by name on large shapes, see {@link Scenarios#large}. */
    static Map<String, List<Scenario>> large() {
        Map<String, List<Scenario>> verbs = new LinkedHashMap<>();
        verbs.put("schedule", List.of(schedule(500, 1017, 257)));
        verbs.put("freeBits", List.of(freeBits(1031, 33, 0.4f)));
        verbs.put("sampleGaussianBackwardWeighted", List.of(sampleGaussianBackwardWeighted(1031, 31)));
        verbs.put("capacityElbo", List.of(capacityElbo(10_007, 20), capacityElbo(10_007, 30)));
        verbs.put("add", List.of(add(70_001)));
        verbs.put("gradientNorm", List.of(gradientNorm(70_001, 0.25f, 1)));
        verbs.put("adamW", List.of(adamW(70_001, 3, true, true), adamW(40_009, 3, false, false)));
        verbs.put("average", List.of(average(70_001, 3)));
        return verbs;
    }

    /** Tolerances of the slots; exact where none is given. */
    private static double[] slots(Map<Scalars, Double> tolerances) {
        return each(Scalars.COUNT, i -> tolerances.getOrDefault(Scalars.values()[i], EXACT));
    }

    /** A step in the middle of a table that begins after others. */
    static Scenario schedule(int start, int step, int longer) {
        int rows = step - start + longer;
        return new Scenario("schedule at step " + step + " of a table from " + start, lab -> {
            Pair scalars = lab.scalars(
                    Map.of(Scalars.STEP, (double) step, Scalars.SCHEDULE_START, (double) start, Scalars.KL_SUM, 3.0));
            double[] values = new double[3 * rows];
            Arrays.setAll(values, i -> lab.random().nextGaussian());
            Pair table = lab.doubles("table", values, rows, 3);
            lab.run(s -> s.ops().schedule(s.at(scalars), s.at(table)));
            lab.expectExact(scalars);
        });
    }

    /** Posteriors whose latents carry between next to nothing and much. */
    private static Pair heads(Lab lab, int rows, int latents) {
        AtomicInteger next = new AtomicInteger();
        return lab.drawn(
                "head",
                () -> {
                    int j = next.getAndIncrement() % latents;
                    return lab.random().nextGaussian() * 1.7 * (j + 0.5) / latents;
                },
                rows,
                2 * latents);
    }

    private static double klSize(Pair head, int latents, int r, int j) {
        double mu = head.at(2 * r * latents + j);
        double logvar = head.at((2 * r + 1) * latents + j);
        return 0.5 * (mu * mu + abs(Math.expm1(logvar)) + abs(logvar));
    }

    static Scenario freeBits(int rows, int latents, float floor) {
        return new Scenario("freeBits [" + rows + "x" + latents + "] above " + floor, lab -> {
            Pair head = heads(lab, rows, latents);
            Pair kl = lab.blank("kl", rows);
            Pair active = lab.blank("active", latents);
            lab.run(s -> s.ops().freeBits(s.at(kl), s.at(active), s.at(head), floor));
            lab.expectExact(active);
            lab.expect(
                    kl,
                    () -> Tolerances.rows(
                            rows,
                            latents,
                            functionSum(latents),
                            i -> Math.max(floor, klSize(head, latents, i / latents, i % latents))));
        });
    }

    static Scenario sampleGaussianBackwardWeighted(int rows, int latents) {
        return new Scenario("sampleGaussianBackwardWeighted [" + rows + "x" + latents + "]", lab -> {
            Pair head = lab.normal("head", 1, rows, 2 * latents);
            Pair dz = lab.normal("dz", 1, rows, latents);
            Pair noise = lab.normal("noise", 1, rows, latents);
            Pair weights = lab.normal("weights", 1, rows);
            Pair active = lab.drawn("active", () -> lab.random().nextInt(2), latents);
            Pair dhead = lab.blank("dhead", rows, 2 * latents);
            lab.run(s -> s.ops()
                    .sampleGaussianBackwardWeighted(
                            s.at(dhead), s.at(dz), s.at(head), s.at(noise), s.at(weights), s.at(active)));
            lab.expect(
                    dhead,
                    () -> each(2 * rows * latents, i -> {
                        int r = i / (2 * latents);
                        int j = i % latents;
                        double weight = abs(weights.at(r)) * active.at(j);
                        double gradient = abs(dz.at(r * latents + j));
                        if (i % (2 * latents) < latents) {
                            return ARITHMETIC * (gradient + weight * abs(head.at(i))) + FLUSH;
                        }
                        double through = gradient * abs(noise.at(r * latents + j)) * Math.exp(0.5 * head.at(i));
                        return FUNCTION * (through + weight * (1 + Math.exp(head.at(i)))) + FLUSH;
                    }));
        });
    }

    /** KL is 25 on average, so that both sides of it are tried. */
    static Scenario capacityElbo(int rows, double capacity) {
        return new Scenario("capacityElbo [" + rows + "] at " + capacity, lab -> {
            double beta = 3;
            Pair scalars = lab.scalars(Map.of(Scalars.BETA, beta, Scalars.CAPACITY, capacity));
            Pair reconstruction = lab.uniform("reconstruction", 0, 500, rows);
            Pair kl = lab.uniform("kl", 24, 26, rows);
            Pair loss = lab.blank("loss", rows);
            Pair klWeights = lab.blank("klWeights", rows);
            float scale = 1f / rows;
            lab.run(s -> s.ops()
                    .capacityElbo(s.at(loss), s.at(klWeights), s.at(reconstruction), s.at(kl), s.at(scalars), scale));
            lab.expect(loss, () -> each(rows, r -> ARITHMETIC * (reconstruction.at(r) + beta * (kl.at(r) + capacity))));
            lab.expect(klWeights, () -> Tolerances.all(rows, ARITHMETIC * scale * beta));
        });
    }

    static Scenario add(int count) {
        return new Scenario("add [" + count + "]", lab -> {
            Pair total = lab.normal("total", 1, count);
            Pair x = lab.normal("x", 1, count);
            lab.run(s -> s.ops().add(s.at(total), s.at(x)));
            lab.expect(total, () -> each(count, i -> UNIT * (abs(total.at(i)) + abs(x.at(i)))));
        });
    }

    static Scenario gradientNorm(int count, float scale, float limit) {
        String label = "gradientNorm [" + count + "] times " + scale + ", to " + limit;
        return new Scenario(label, lab -> {
            Pair scalars = lab.scalars(
                    Map.of(Scalars.STEP, 4.0, Scalars.GRADIENT_NORM_SUM, 5.0, Scalars.GRADIENT_NORM_MAX, 2.0));
            Pair g = lab.normal("g", 0.1, count);
            lab.run(s -> s.ops().gradientNorm(s.at(scalars), s.at(g), scale, limit));
            double norm =
                    scale * Math.sqrt(Arrays.stream(g.initial()).map(x -> x * x).sum());
            // Sums of doubles; the factors may be rounded to floats before they are multiplied.
            double share = 2 * UNIT + 1e-12;
            lab.expect(
                    scalars,
                    () -> slots(Map.of(
                            Scalars.GRADIENT_SCALE,
                            share,
                            Scalars.GRADIENT_NORM_SUM,
                            share * norm + DOUBLE_FUNCTION * 5,
                            Scalars.GRADIENT_NORM_MAX,
                            share * norm)));
        });
    }

    static Scenario adamW(int count, int step, boolean decays, boolean blocks) {
        String label =
                "adamW [" + count + "], step " + step + (decays ? ", decaying" : "") + (blocks ? ", whole blocks" : "");
        return new Scenario(label, lab -> {
            double rate = 1e-3;
            double clipped = 0.37;
            float scale = 0.125f;
            double correction1 = 1 - Math.pow(BETA_1, step);
            double correction2 = 1 - Math.pow(BETA_2, step);
            Pair scalars = lab.scalars(Map.of(
                    Scalars.STEP,
                    (double) step,
                    Scalars.LEARNING_RATE,
                    rate,
                    Scalars.GRADIENT_SCALE,
                    clipped,
                    Scalars.ADAM_CORRECTION_1,
                    correction1,
                    Scalars.ADAM_CORRECTION_2,
                    correction2));
            if (blocks) {
                lab.wholeBlocks();
            }
            RandomGenerator random = lab.random();
            DoubleSupplier gradients =
                    () -> random.nextInt(8) == 0 ? 0 : random.nextGaussian() * Math.pow(10, -12 * random.nextDouble());
            Pair p = lab.normal("p", 1, count);
            Pair m = lab.drawn("m", gradients, count);
            Pair v = lab.drawn("v", () -> Math.pow(gradients.getAsDouble(), 2), count);
            Pair g = lab.drawn("g", gradients, count);
            Pair decay = decays ? lab.drawn("decay", () -> random.nextInt(3) == 0 ? 0 : 0.1, count) : null;
            lab.run(s -> s.ops()
                    .adamW(
                            s.at(p),
                            s.at(m),
                            s.at(v),
                            s.at(g),
                            s.at(decay),
                            s.at(scalars),
                            BETA_1,
                            BETA_2,
                            EPSILON,
                            scale));
            double lost = (1 - BETA_1) * Tolerances.ADAM_GRADIENT + FLUSH;
            double[] first = each(count, i -> BETA_1 * abs(m.at(i)) + (1 - BETA_1) * scale * clipped * abs(g.at(i)));
            double[] second =
                    each(count, i -> BETA_2 * v.at(i) + (1 - BETA_2) * Math.pow(scale * clipped * g.at(i), 2));
            // One rounding more than Adam's, of the factor that clipping leaves.
            lab.expect(m, () -> each(count, i -> 1.5 * ARITHMETIC * first[i] + lost));
            lab.expect(v, () -> each(count, i -> 3 * ARITHMETIC * second[i] + FLUSH));
            lab.expect(
                    p,
                    () -> each(count, i -> {
                        double size = rate / correction1 / (Math.sqrt(second[i] / correction2) + EPSILON);
                        double update = size * first[i];
                        return 2 * UNIT * (abs(p.at(i)) + update)
                                + 1.5 * Tolerances.ADAM_UPDATE * update
                                + size * lost
                                + FLUSH;
                    }));
        });
    }

    static Scenario average(int count, int step) {
        return new Scenario("average [" + count + "], step " + step, lab -> {
            Pair scalars = lab.scalars(Map.of(Scalars.STEP, (double) step));
            Pair average = lab.normal("average", 1, count);
            Pair p = lab.normal("p", 1, count);
            lab.run(s -> s.ops().average(s.at(average), s.at(p), s.at(scalars), 0.99));
            lab.expect(average, () -> each(count, i -> ARITHMETIC * (abs(average.at(i)) + abs(p.at(i)))));
        });
    }
}
