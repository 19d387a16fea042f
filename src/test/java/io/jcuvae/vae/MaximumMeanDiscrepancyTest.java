package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The term of WAE-MMD in a whole model, against its definition and finite differences. */
class MaximumMeanDiscrepancyTest {
    private static final int ROWS = 4;
    private static final int LATENTS = 3;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(9);

    private double[] normal(long count) {
        double[] drawn = new double[(int) count];
        Arrays.setAll(drawn, i -> 0.7 * random.nextGaussian());
        return drawn;
    }

    private static VaeSpec spec(Posterior posterior) {
        VaeSpec gaussian = VaeSpec.mlp(Shape.of(6), List.of(5), LATENTS, Activation.TANH, Likelihood.BERNOULLI);
        return new VaeSpec(
                gaussian.sample(),
                gaussian.encoder(),
                LATENTS,
                gaussian.decoder(),
                gaussian.likelihood(),
                posterior,
                Condition.NONE);
    }

    private static Objective objective(double weight) {
        return new Objective(KlTerm.PLAIN, Estimator.ELBO, 1, 0, 0, weight);
    }

    private Tensor scalars(double beta) {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.BETA.ordinal()] = beta;
        backend.upload(scalars, slots);
        return scalars;
    }

    /** A model of some posterior with its parameters. */
    private record Bound(Vae vae, ParameterLayout layout, Parameters values, Parameters gradients) {}

    private Bound bind(Posterior posterior, Reduction reduction, Objective objective, int rows) {
        ParameterLayout layout = spec(posterior).layout();
        Parameters values = Parameters.allocate(layout, backend);
        Parameters gradients = Parameters.allocate(layout, backend);
        backend.set(values.block(), normal(layout.count()));
        Vae vae = Vae.forTraining(
                spec(posterior),
                backend,
                new Learning(values, Parameters.buffers(layout, backend), gradients, null, 0),
                rows,
                reduction,
                objective);
        backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
        return new Bound(vae, layout, values, gradients);
    }

    @ParameterizedTest
    @CsvSource({"NONE,MEAN", "NONE,SUM", "GAUSSIAN,MEAN", "GAUSSIAN,SUM"})
    void valueAndGradientAreThoseOfTheDefinition(Posterior posterior, Reduction reduction) {
        Bound bound = bind(posterior, reduction, objective(50), ROWS);
        Vae vae = bound.vae();
        // A point takes no noise: all of it are codes of the prior.
        int drawn = posterior == Posterior.NONE ? ROWS : 2 * ROWS;
        assertEquals(Shape.of(drawn, LATENTS), vae.noise().shape());
        double[] noise = normal(vae.noise().count());
        backend.set(vae.noise(), noise);
        Tensor scalars = scalars(2);
        vae.forward(scalars);
        vae.backward();
        double[] prior = Arrays.copyOfRange(noise, (drawn - ROWS) * LATENTS, drawn * LATENTS);
        double[] values = backend.values(vae.term());
        assertEquals(
                estimate(backend.values(vae.z()), prior, ROWS),
                Arrays.stream(values).sum() / ROWS,
                1e-12);
        for (int i = 0; i < ROWS; i++) {
            assertEquals(
                    backend.values(vae.reconstruction())[i] + 2 * backend.values(vae.kl())[i] + 50 * values[i],
                    backend.values(vae.loss())[i],
                    1e-12);
        }
        Directional differences = new Directional(backend, () -> {
            vae.forward(scalars);
            return reduction.weight(ROWS)
                    * Arrays.stream(backend.values(vae.loss())).sum();
        });
        for (ParameterLayout.Entry entry : bound.layout().entries()) {
            differences.with(
                    entry.name(),
                    bound.values().get(entry.name()),
                    backend.values(bound.gradients().get(entry.name())));
        }
        differences.check("discrepancy, " + posterior + ", " + reduction, 1);
    }

    /** The unbiased estimate, term by term (Gretton et al. 2012, equation 3). */
    private static double estimate(double[] codes, double[] prior, int rows) {
        double within = 0;
        double across = 0;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rows; j++) {
                within += i == j ? 0 : kernel(codes, i, codes, j) + kernel(prior, i, prior, j);
                across += kernel(codes, i, prior, j);
            }
        }
        return within / (rows * (rows - 1)) - 2 * across / (rows * rows);
    }

    private static double kernel(double[] a, int i, double[] b, int j) {
        double square = 0;
        for (int d = 0; d < LATENTS; d++) {
            square += Math.pow(a[i * LATENTS + d] - b[j * LATENTS + d], 2);
        }
        double sum = 0;
        for (double scale : new double[] {0.1, 0.2, 0.5, 1, 2, 5, 10}) {
            sum += 2 * LATENTS * scale / (2 * LATENTS * scale + square);
        }
        return sum;
    }

    /** Codes that follow the prior have a discrepancy of nothing, on average; codes that do not, have one. */
    @Test
    void isWithoutBias() {
        int batches = 400;
        double[] found = new double[batches];
        double[] shifted = new double[batches];
        for (int b = 0; b < batches; b++) {
            Tensor z = tensor(standardNormal(ROWS * LATENTS, 0));
            Tensor moved = tensor(standardNormal(ROWS * LATENTS, 1));
            Tensor prior = tensor(standardNormal(ROWS * LATENTS, 0));
            found[b] = discrepancy(z, prior);
            shifted[b] = discrepancy(moved, prior);
        }
        assertEquals(0, mean(found), 4 * standardError(found));
        assertTrue(mean(shifted) > 10 * standardError(shifted), () -> mean(shifted) + " for codes around (1, 1, 1)");
    }

    private double[] standardNormal(int count, double mean) {
        double[] drawn = new double[count];
        Arrays.setAll(drawn, i -> mean + random.nextGaussian());
        return drawn;
    }

    private Tensor tensor(double[] codes) {
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, codes.length), Shape.of(ROWS, LATENTS));
        backend.set(tensor, codes);
        return tensor;
    }

    private double discrepancy(Tensor z, Tensor prior) {
        Tensor values = tensor(new double[ROWS * LATENTS]).view(0, Shape.of(ROWS));
        Tensor slopes = Tensor.of(backend.allocate(ElementType.F32, 2 * ROWS * ROWS), Shape.of(2 * ROWS, ROWS));
        backend.ops().discrepancy(values, slopes, z, prior);
        return mean(backend.values(values));
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    private static double standardError(double[] values) {
        double mean = mean(values);
        double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
        return Math.sqrt(squares / values.length / (values.length - 1));
    }

    /** Without the term nothing is drawn and nothing differs; of one row there is no estimate, and it says nothing. */
    @Test
    void isNothingWithoutWeightAndOfOneRow() {
        Bound without = bind(Posterior.NONE, Reduction.MEAN, Objective.PLAIN, ROWS);
        assertNull(without.vae().noise());
        assertNull(without.vae().term());
        Bound single = bind(Posterior.NONE, Reduction.MEAN, objective(50), 1);
        backend.set(single.vae().noise(), normal(LATENTS));
        single.vae().forward(scalars(1));
        single.vae().backward();
        assertArrayEquals(new double[1], backend.values(single.vae().term()));
        double[] gradient = backend.values(single.gradients().block());
        Bound plain = bind(Posterior.NONE, Reduction.MEAN, Objective.PLAIN, 1);
        backend.set(plain.values().block(), backend.values(single.values().block()));
        backend.set(plain.vae().x(), backend.values(single.vae().x()));
        plain.vae().forward(scalars(1));
        plain.vae().backward();
        assertArrayEquals(backend.values(plain.gradients().block()), gradient);
    }
}
