package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The importance-weighted bound against its definition, finite differences, and what it is for one draw. */
class ImportanceTest {
    private static final int ROWS = 4;
    private static final int LATENTS = 2;
    private static final double CLOSE = 1e-12;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(5);

    private static VaeSpec spec(Likelihood likelihood) {
        return VaeSpec.mlp(Shape.of(6), List.of(5), LATENTS, Activation.TANH, likelihood);
    }

    private double[] normal(double scale, long count) {
        double[] drawn = new double[(int) count];
        Arrays.setAll(drawn, i -> scale * random.nextGaussian());
        return drawn;
    }

    private Parameters parameters(ParameterLayout layout) {
        Parameters values = Parameters.allocate(layout, backend);
        backend.set(values.block(), normal(0.7, layout.count()));
        return values;
    }

    private Vae bind(VaeSpec spec, Parameters values, Parameters gradients, int rows, Estimator estimator, int draws) {
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        return Vae.forTraining(
                spec,
                backend,
                new Learning(values, buffers, gradients, null, 0),
                rows,
                Reduction.MEAN,
                new Objective(KlTerm.PLAIN, estimator, draws));
    }

    private Tensor scalars(double beta) {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.BETA.ordinal()] = beta;
        backend.upload(scalars, slots);
        return scalars;
    }

    private void feed(Vae vae) {
        backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
        backend.set(vae.noise(), normal(1, vae.noise().count()));
    }

    @Test
    void gradientsAreThoseOfTheBound() {
        for (Likelihood likelihood : new Likelihood[] {Likelihood.BERNOULLI, Likelihood.GAUSSIAN_LEARNED}) {
            for (int draws : new int[] {1, 2, 5}) {
                for (double beta : new double[] {0, 1, 0.5}) {
                    VaeSpec spec = spec(likelihood);
                    Parameters values = parameters(spec.layout());
                    Parameters gradients = parameters(spec.layout());
                    Vae vae = bind(spec, values, gradients, ROWS, Estimator.IWAE, draws);
                    Tensor scalars = scalars(beta);
                    feed(vae);
                    vae.forward(scalars);
                    vae.backward();
                    Directional differences = new Directional(backend, () -> {
                        vae.forward(scalars);
                        return Arrays.stream(backend.values(vae.loss())).sum() / ROWS;
                    });
                    for (ParameterLayout.Entry entry : spec.layout().entries()) {
                        differences.with(
                                entry.name(), values.get(entry.name()), backend.values(gradients.get(entry.name())));
                    }
                    differences.check(likelihood + ", " + draws + " draws, beta " + beta, 1);
                }
            }
        }
    }

    /** -log 1/K sum p(x | z) p(z) / q(z | x), each density written out. */
    @Test
    void theBoundIsItsDefinition() {
        int draws = 3;
        VaeSpec spec = spec(Likelihood.GAUSSIAN);
        Parameters gradients = parameters(spec.layout());
        Vae vae = bind(spec, parameters(spec.layout()), gradients, ROWS, Estimator.IWAE, draws);
        feed(vae);
        vae.forward(scalars(1));
        double[] x = backend.values(vae.x());
        double[] mean = backend.values(vae.output());
        double[] z = backend.values(vae.z());
        double[] head = backend.values(vae.head());
        for (int b = 0; b < ROWS; b++) {
            double sum = 0;
            for (int r = b * draws; r < (b + 1) * draws; r++) {
                double density = 1;
                for (int d = 0; d < 6; d++) {
                    density *= gaussian(x[b * 6 + d], mean[r * 6 + d], 1);
                }
                for (int j = 0; j < LATENTS; j++) {
                    double own = z[r * LATENTS + j];
                    double variance = Math.exp(head[(2 * b + 1) * LATENTS + j]);
                    density *= gaussian(own, 0, 1) / gaussian(own, head[2 * b * LATENTS + j], variance);
                }
                sum += density;
            }
            assertEquals(-Math.log(sum / draws), backend.values(vae.loss())[b], CLOSE);
        }
    }

    private static double gaussian(double x, double mean, double variance) {
        return Math.exp(-0.5 * (x - mean) * (x - mean) / variance) / Math.sqrt(2 * Math.PI * variance);
    }

    /** With one draw the bound is the ELBO whose KL term is that of the draw; its mean over the noise is the ELBO. */
    @Test
    void oneDrawIsTheSampledElbo() {
        VaeSpec spec = spec(Likelihood.BERNOULLI);
        int rows = 40_000;
        Parameters values = parameters(spec.layout());
        Parameters gradients = parameters(spec.layout());
        Vae bound = bind(spec, values, gradients, rows, Estimator.IWAE, 1);
        Vae elbo = bind(spec, values, gradients, rows, Estimator.ELBO, 1);
        double[] one = random.doubles(6).toArray();
        double[] x = new double[6 * rows];
        Arrays.setAll(x, i -> one[i % 6]);
        double[] noise = normal(1, (long) rows * LATENTS);
        double[] sums = new double[2];
        for (Vae vae : new Vae[] {bound, elbo}) {
            backend.set(vae.x(), x);
            backend.set(vae.noise(), noise);
            vae.forward(scalars(1));
            sums[vae == bound ? 0 : 1] =
                    Arrays.stream(backend.values(vae.loss())).sum();
        }
        assertArrayEquals(backend.values(elbo.reconstruction()), backend.values(bound.reconstruction()), CLOSE);
        assertArrayEquals(backend.values(elbo.kl()), backend.values(bound.kl()), CLOSE);
        double[] ratio = new double[rows];
        double[] z = backend.values(bound.z());
        double[] head = backend.values(bound.head());
        double[] loss = backend.values(bound.loss());
        for (int r = 0; r < rows; r++) {
            for (int j = 0; j < LATENTS; j++) {
                double own = z[r * LATENTS + j];
                double e = noise[r * LATENTS + j];
                ratio[r] += 0.5 * (head[(2 * r + 1) * LATENTS + j] + e * e - own * own);
            }
            assertEquals(backend.values(elbo.reconstruction())[r] - ratio[r], loss[r], CLOSE);
            if (r == 100) {
                break;
            }
        }
        // Each row's KL has a deviation of about one nat.
        assertEquals(sums[1] / rows, sums[0] / rows, 5 * 1.5 / Math.sqrt(rows));
    }

    /** The decoder's gradients are the same; the encoder's have the same mean over the noise, and a smaller variance. */
    @Test
    void doublyReparameterisedGradientsHaveTheSameMean() {
        VaeSpec spec = spec(Likelihood.BERNOULLI);
        int draws = 3;
        int rounds = 4000;
        Parameters values = parameters(spec.layout());
        Parameters plain = parameters(spec.layout());
        Parameters doubly = parameters(spec.layout());
        Vae iwae = bind(spec, values, plain, 1, Estimator.IWAE, draws);
        Vae dreg = bind(spec, values, doubly, 1, Estimator.DREG, draws);
        double[] x = random.doubles(6).toArray();
        backend.set(iwae.x(), x);
        backend.set(dreg.x(), x);
        Tensor scalars = scalars(1);
        double[][] sum = new double[3][2 * LATENTS];
        double spreadOfPlain = 0;
        double spreadOfDoubly = 0;
        for (int i = 0; i < rounds; i++) {
            double[] noise = normal(1, (long) draws * LATENTS);
            for (Vae vae : new Vae[] {iwae, dreg}) {
                backend.set(vae.noise(), noise);
                vae.forward(scalars);
                vae.backward();
            }
            assertArrayEquals(
                    backend.values(plain.get("dec0.weight")), backend.values(doubly.get("dec0.weight")), CLOSE);
            for (int j = 0; j < 2 * LATENTS; j++) {
                String head = j < LATENTS ? "mu.bias" : "logvar.bias";
                double a = backend.values(plain.get(head))[j % LATENTS];
                double b = backend.values(doubly.get(head))[j % LATENTS];
                sum[0][j] += (a - b) / rounds;
                sum[1][j] += (a - b) * (a - b) / rounds;
                spreadOfPlain += a * a;
                spreadOfDoubly += b * b;
            }
        }
        for (int j = 0; j < 2 * LATENTS; j++) {
            assertEquals(0, sum[0][j], 4.5 * Math.sqrt(sum[1][j] / rounds), "latent value " + j);
            assertTrue(sum[1][j] > 1e-6, "these are not the same gradients");
        }
        assertTrue(spreadOfDoubly < spreadOfPlain);
    }

    @Test
    void refusesWhatDoesNotGoTogether() {
        assertThrows(IllegalArgumentException.class, () -> new Objective(KlTerm.PLAIN, Estimator.ELBO, 2));
        assertThrows(IllegalArgumentException.class, () -> new Objective(KlTerm.PLAIN, Estimator.IWAE, 0));
        assertThrows(IllegalArgumentException.class, () -> new Objective(new KlTerm(0.1, false), Estimator.IWAE, 2));
    }
}
