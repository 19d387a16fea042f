package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Density;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;

/** Every backward verb against finite differences of its forward verb. */
class OpsGradientTest {
    private static final int ROWS = 5;
    private static final int WIDTH = 7;
    private static final int LATENTS = 3;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final Ops ops = backend.ops();
    private final SplittableRandom random = new SplittableRandom(11);

    private Tensor blank(int... extents) {
        Shape shape = Shape.of(extents);
        return Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
    }

    private Tensor drawn(DoubleSupplier source, int... extents) {
        Tensor tensor = blank(extents);
        double[] values = new double[(int) tensor.count()];
        Arrays.setAll(values, i -> source.getAsDouble());
        backend.set(tensor, values);
        return tensor;
    }

    private Tensor normal(int... extents) {
        return drawn(random::nextGaussian, extents);
    }

    /** Sum of the products of two tensors' elements: a loss whose gradient by the one is the other. */
    private double inner(Tensor a, Tensor b) {
        double[] as = backend.values(a);
        double[] bs = backend.values(b);
        double sum = 0;
        for (int i = 0; i < as.length; i++) {
            sum += as[i] * bs[i];
        }
        return sum;
    }

    /** Away from zero, where some derivatives jump. */
    private double offTheKink() {
        double x = 2 * random.nextGaussian();
        return x + Math.copySign(0.01, x);
    }

    @Test
    void activations() {
        for (Activation f : Activation.values()) {
            Tensor x = drawn(this::offTheKink, 101);
            Tensor y = blank(101);
            Tensor dy = normal(101);
            Tensor dx = blank(101);
            ops.activate(y, x, f);
            ops.activateBackward(dx, dy, f.derivativeFromOutput() ? y : x, y, f);
            new Directional(backend, () -> {
                        ops.activate(y, x, f);
                        return inner(y, dy);
                    })
                    .with("x", x, backend.values(dx))
                    .check(f.toString(), 1);
        }
    }

    @Test
    void denseLayers() {
        for (Activation f : Activation.values()) {
            for (boolean inPlace : new boolean[] {false, true}) {
                if (inPlace && !f.derivativeFromOutput()) {
                    continue;
                }
                Tensor x = normal(ROWS, WIDTH);
                Tensor w = normal(4, WIDTH);
                Tensor bias = normal(4);
                Tensor y = blank(ROWS, 4);
                Tensor a = inPlace ? y : blank(ROWS, 4);
                Tensor c = normal(ROWS, 4);
                Tensor dy = blank(ROWS, 4);
                backend.set(dy, backend.values(c));
                Tensor dx = blank(ROWS, WIDTH);
                Tensor dw = blank(4, WIDTH);
                Tensor dbias = blank(4);
                ops.dense(y, a, x, w, bias, f);
                ops.denseBackward(dx, dw, dbias, dy, x, w, a, y, f);
                new Directional(backend, () -> {
                            ops.dense(y, a, x, w, bias, f);
                            return inner(y, c);
                        })
                        .with("x", x, backend.values(dx))
                        .with("w", w, backend.values(dw))
                        .with("bias", bias, backend.values(dbias))
                        .check("dense " + f + (inPlace ? ", a = y" : ""), 2);
            }
        }
    }

    /** The loss sees both the sample and the divergence. */
    @Test
    void gaussianPosterior() {
        Tensor head = normal(ROWS, 2 * LATENTS);
        Tensor noise = normal(ROWS, LATENTS);
        Tensor z = blank(ROWS, LATENTS);
        Tensor kl = blank(ROWS);
        Tensor dz = normal(ROWS, LATENTS);
        Tensor weights = normal(ROWS);
        Tensor dhead = blank(ROWS, 2 * LATENTS);
        ops.sampleGaussianBackward(dhead, dz, head, noise, weights);
        new Directional(backend, () -> {
                    ops.sampleGaussian(z, kl, head, noise);
                    return inner(z, dz) + inner(kl, weights);
                })
                .with("head", head, backend.values(dhead))
                .check("sampleGaussian", 3);
    }

    @Test
    void bernoulli() {
        Tensor logits = drawn(() -> 4 * random.nextGaussian(), ROWS, WIDTH);
        Tensor x = drawn(random::nextDouble, ROWS, WIDTH);
        Tensor weights = normal(ROWS);
        Tensor rows = blank(ROWS);
        Tensor dlogits = blank(ROWS, WIDTH);
        ops.bernoulliBackward(dlogits, logits, x, weights);
        new Directional(backend, () -> {
                    ops.bernoulliRows(rows, logits, x);
                    return inner(rows, weights);
                })
                .with("logits", logits, backend.values(dlogits))
                .check("bernoulli", 4);
    }

    @Test
    void squaredError() {
        Tensor mean = normal(ROWS, WIDTH);
        Tensor x = normal(ROWS, WIDTH);
        Tensor weights = normal(ROWS);
        Tensor rows = blank(ROWS);
        Tensor dmean = blank(ROWS, WIDTH);
        ops.squaredErrorBackward(dmean, mean, x, weights);
        new Directional(backend, () -> {
                    ops.squaredErrorRows(rows, mean, x);
                    return inner(rows, weights);
                })
                .with("mean", mean, backend.values(dmean))
                .check("squaredError", 5);
    }

    @Test
    void gaussianWithItsVariance() {
        for (double v : new double[] {-3, 0, 2}) {
            Tensor mean = normal(ROWS, WIDTH);
            Tensor x = normal(ROWS, WIDTH);
            Tensor logvar = drawn(() -> v, 1);
            Tensor weights = normal(ROWS);
            Tensor rows = blank(ROWS);
            Tensor dmean = blank(ROWS, WIDTH);
            Tensor dlogvar = blank(1);
            ops.gaussianBackward(dmean, dlogvar, mean, x, logvar, weights);
            new Directional(backend, () -> {
                        ops.gaussianRows(rows, mean, x, logvar);
                        return inner(rows, weights);
                    })
                    .with("mean", mean, backend.values(dmean))
                    .with("logvar", logvar, backend.values(dlogvar))
                    .check("gaussian, logvar " + v, 6);
        }
    }

    @Test
    void densities() {
        for (Density density : Density.values()) {
            int parameters = LikelihoodScenarios.parameters(density, 4);
            for (int run : new int[] {1, WIDTH}) {
                Tensor output = normal(ROWS, parameters * WIDTH);
                Tensor x = drawn(() -> random.nextInt(256) / 255.0, ROWS, WIDTH);
                Tensor weights = normal(ROWS);
                Tensor rows = blank(ROWS);
                Tensor doutput = blank(ROWS, parameters * WIDTH);
                ops.densityBackward(doutput, output, x, weights, density, run);
                new Directional(backend, () -> {
                            ops.densityRows(rows, output, x, density, run);
                            return inner(rows, weights);
                        })
                        .with("output", output, backend.values(doutput))
                        .check(density + ", run " + run, 10);
            }
        }
    }

    @Test
    void tablesWithTheirVariances() {
        TableLayout layout = TableScenarios.layout(random, WIDTH);
        Tensor columns = blank(WIDTH, TableLayout.FIELDS);
        float[] fields = layout.descriptors();
        double[] descriptors = new double[fields.length];
        Arrays.setAll(descriptors, i -> fields[i]);
        backend.set(columns, descriptors);
        int[] at = {0};
        Tensor x = drawn(
                () -> {
                    TableLayout.Column column = layout.columns().get(at[0]++ % WIDTH);
                    return switch (column.kind()) {
                        case NUMERIC -> random.nextInt(4) == 0 ? Double.NaN : random.nextGaussian();
                        case BINARY -> random.nextInt(2);
                        case CATEGORICAL -> random.nextInt(column.levels());
                        case COUNT -> random.nextInt(9);
                    };
                },
                ROWS,
                WIDTH);
        Tensor output = normal(ROWS, layout.outputs());
        Tensor logvar = normal(WIDTH);
        Tensor weights = normal(ROWS);
        Tensor rows = blank(ROWS);
        Tensor doutput = blank(ROWS, layout.outputs());
        Tensor terms = blank(ROWS, WIDTH);
        Tensor dlogvar = blank(WIDTH);
        ops.tableBackward(doutput, terms, output, x, logvar, columns, weights);
        ops.sumRows(dlogvar, terms);
        new Directional(backend, () -> {
                    ops.tableRows(rows, output, x, logvar, columns);
                    return inner(rows, weights);
                })
                .with("output", output, backend.values(doutput))
                .with("logvar", logvar, backend.values(dlogvar))
                .check("table", 10);
    }

    @Test
    void laplaceWithItsScale() {
        for (double s : new double[] {-1, 0, 2}) {
            Tensor mean = drawn(this::offTheKink, ROWS, WIDTH);
            Tensor x = blank(ROWS, WIDTH);
            Tensor logscale = drawn(() -> s, 1);
            Tensor weights = normal(ROWS);
            Tensor rows = blank(ROWS);
            Tensor dmean = blank(ROWS, WIDTH);
            Tensor dlogscale = blank(1);
            ops.laplaceBackward(dmean, dlogscale, mean, x, logscale, weights);
            new Directional(backend, () -> {
                        ops.laplaceRows(rows, mean, x, logscale);
                        return inner(rows, weights);
                    })
                    .with("mean", mean, backend.values(dmean))
                    .with("logscale", logscale, backend.values(dlogscale))
                    .check("laplace, log scale " + s, 11);
        }
    }

    /** The objective is scale times the sum of the loss rows; its weights are what the backward verbs are given. */
    @Test
    void elboWeights() {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.BETA.ordinal()] = 2.5;
        backend.upload(scalars, slots);
        float scale = 1f / ROWS;
        Tensor reconstruction = normal(ROWS);
        Tensor kl = normal(ROWS);
        Tensor loss = blank(ROWS);
        Tensor klWeights = blank(ROWS);
        Tensor scales = drawn(() -> scale, ROWS);
        ops.elbo(loss, klWeights, reconstruction, kl, scalars, scale);
        new Directional(backend, () -> {
                    ops.elbo(loss, klWeights, reconstruction, kl, scalars, scale);
                    return inner(loss, scales);
                })
                .with("reconstruction", reconstruction, backend.values(scales))
                .with("kl", kl, backend.values(klWeights))
                .check("elbo", 7);
    }

    /** Some latents lie above the floor and some below; the weights are those of the mean over the rows, times beta. */
    @Test
    void freeBits() {
        float floor = 0.5f;
        Tensor head = drawn(() -> 2 * random.nextGaussian(), ROWS, 2 * LATENTS);
        double[] values = backend.values(head);
        for (int r = 0; r < ROWS; r++) {
            // The first latent is close to the prior.
            values[2 * r * LATENTS] *= 0.1;
            values[(2 * r + 1) * LATENTS] *= 0.1;
        }
        backend.set(head, values);
        Tensor noise = normal(ROWS, LATENTS);
        Tensor z = blank(ROWS, LATENTS);
        Tensor kl = blank(ROWS);
        Tensor floored = blank(ROWS);
        Tensor active = blank(LATENTS);
        Tensor dz = normal(ROWS, LATENTS);
        Tensor weights = drawn(() -> 0.7 / ROWS, ROWS);
        Tensor dhead = blank(ROWS, 2 * LATENTS);
        ops.freeBits(floored, active, head, floor);
        assertArrayEquals(new double[] {0, 1, 1}, backend.values(active));
        ops.sampleGaussianBackwardWeighted(dhead, dz, head, noise, weights, active);
        new Directional(backend, () -> {
                    ops.sampleGaussian(z, kl, head, noise);
                    // From the definition, not from the verb: the sum over latents of the larger of floor and mean.
                    double sum = 0;
                    for (int j = 0; j < LATENTS; j++) {
                        double mean = 0;
                        for (int r = 0; r < ROWS; r++) {
                            mean += ReferenceTraining.kl(head, r, j) / ROWS;
                        }
                        sum += Math.max(floor, mean);
                    }
                    return inner(z, dz) + 0.7 * sum;
                })
                .with("head", head, backend.values(dhead))
                .check("free bits", 8);
    }

    /** On both sides of the capacity. */
    @Test
    void capacity() {
        for (double target : new double[] {0.4, 4}) {
            Tensor scalars = Scalars.allocate(backend);
            double[] slots = new double[Scalars.COUNT];
            slots[Scalars.BETA.ordinal()] = 20;
            slots[Scalars.CAPACITY.ordinal()] = target;
            backend.upload(scalars, slots);
            Tensor reconstruction = normal(ROWS);
            Tensor kl = drawn(() -> 1 + random.nextDouble(), ROWS);
            Tensor loss = blank(ROWS);
            Tensor klWeights = blank(ROWS);
            double scale = 1f / ROWS;
            Tensor scales = drawn(() -> scale, ROWS);
            ops.capacityElbo(loss, klWeights, reconstruction, kl, scalars, 1f / ROWS);
            new Directional(backend, () -> {
                        double mean = Arrays.stream(backend.values(kl)).sum() / ROWS;
                        return inner(reconstruction, scales) + scale * ROWS * 20 * Math.abs(mean - target);
                    })
                    .with("reconstruction", reconstruction, backend.values(scales))
                    .with("kl", kl, backend.values(klWeights))
                    .check("capacity " + target, 9);
        }
    }
}
