package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.nn.BatchNormSpec;
import io.jcuvae.nn.Conv2dSpec;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.DropoutSpec;
import io.jcuvae.nn.FlattenSpec;
import io.jcuvae.nn.Initialisation;
import io.jcuvae.nn.LayerSpec;
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

/** Learned priors in whole models against their definition, finite differences and the limits that are known in closed form. */
class PriorTest {
    private static final int ROWS = 4;
    private static final int LATENTS = 2;
    private static final double CLOSE = 1e-12;
    private static final Prior GMM = new Prior(Prior.Kind.GMM, 4);
    private static final Prior VAMP = new Prior(Prior.Kind.VAMP, 4);
    private static final Objective CAPACITY = new Objective(new KlTerm(0, true));

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(13);

    private static VaeSpec spec(Likelihood likelihood, Prior prior) {
        return VaeSpec.mlp(Shape.of(6), List.of(5), LATENTS, Activation.TANH, likelihood)
                .with(prior);
    }

    /** Colours with their channels first, which the encoder sees last. */
    private static VaeSpec convolutional(Prior prior) {
        return new VaeSpec(
                        Shape.of(3, 4, 4),
                        List.of(new Conv2dSpec(3, 3, 1, 1, Activation.TANH), new FlattenSpec()),
                        LATENTS,
                        List.of(new DenseSpec(48, Activation.IDENTITY)),
                        Likelihood.BERNOULLI)
                .with(prior);
    }

    private double[] normal(double scale, long count) {
        double[] drawn = new double[(int) count];
        Arrays.setAll(drawn, i -> scale * random.nextGaussian());
        return drawn;
    }

    /** Pseudo-inputs lie within their bounds, where the clamp has a derivative. */
    private Parameters parameters(VaeSpec spec) {
        ParameterLayout layout = spec.layout();
        Parameters values = Parameters.allocate(layout, backend);
        backend.set(values.block(), normal(0.7, layout.count()));
        if (spec.prior().encodes()) {
            Tensor inputs = values.get(Prior.INPUTS);
            backend.set(inputs, random.doubles(inputs.count(), 0.1, 0.9).toArray());
        }
        return values;
    }

    private Vae bind(VaeSpec spec, Parameters values, Parameters gradients, int rows, Objective objective) {
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        return Vae.forTraining(
                spec, backend, new Learning(values, buffers, gradients, null, 0), rows, Reduction.MEAN, objective);
    }

    private Tensor scalars(double beta) {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.BETA.ordinal()] = beta;
        slots[Scalars.CAPACITY.ordinal()] = 0.3;
        backend.upload(scalars, slots);
        return scalars;
    }

    private void feed(Vae vae) {
        backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
        backend.set(vae.noise(), normal(1, vae.noise().count()));
    }

    private void checkGradients(VaeSpec spec, Objective objective, double beta, String what) {
        Parameters values = parameters(spec);
        Parameters gradients = parameters(spec);
        Vae vae = bind(spec, values, gradients, ROWS, objective);
        Tensor scalars = scalars(beta);
        feed(vae);
        vae.forward(scalars);
        vae.backward();
        Directional differences = new Directional(backend, () -> {
            vae.forward(scalars);
            return Arrays.stream(backend.values(vae.loss())).sum() / ROWS;
        });
        for (ParameterLayout.Entry entry : spec.layout().entries()) {
            differences.with(entry.name(), values.get(entry.name()), backend.values(gradients.get(entry.name())));
        }
        differences.check(what + ", beta " + beta, 1);
    }

    /** All parameters: the encoder by both of its ways, the decoder, means, log variances, logits, pseudo-inputs. */
    @Test
    void gradientsAreThoseOfTheLoss() {
        for (Prior prior : new Prior[] {GMM, VAMP}) {
            for (double beta : new double[] {0, 1, 3}) {
                String what = prior.describe();
                checkGradients(spec(Likelihood.BERNOULLI, prior), Objective.PLAIN, beta, what);
                checkGradients(spec(Likelihood.GAUSSIAN_LEARNED, prior), Objective.PLAIN, beta, what + ", gaussian");
                checkGradients(spec(Likelihood.BERNOULLI, prior), CAPACITY, beta, what + ", capacity");
                Objective iwae = new Objective(KlTerm.PLAIN, Estimator.IWAE, 3);
                checkGradients(spec(Likelihood.BERNOULLI, prior), iwae, beta, what + ", iwae");
                checkGradients(convolutional(prior), Objective.PLAIN, beta, what + ", pictures");
            }
        }
        VaeSpec labelled =
                spec(Likelihood.BERNOULLI, Prior.NORMAL).with(new Condition(3)).with(GMM);
        checkGradients(labelled, Objective.PLAIN, 1, "labels");
    }

    private static double gaussian(double x, double mean, double variance) {
        return Math.exp(-0.5 * (x - mean) * (x - mean) / variance) / Math.sqrt(2 * Math.PI * variance);
    }

    /** log q(z | x) - log p(z), each density written out; of pseudo-inputs as the encoder alone sees them. */
    @Test
    void theDivergenceIsThatOfTheDraw() {
        for (Prior prior : new Prior[] {GMM, VAMP}) {
            VaeSpec spec = spec(Likelihood.BERNOULLI, prior);
            Parameters values = parameters(spec);
            Vae vae = bind(spec, values, parameters(spec), ROWS, Objective.PLAIN);
            feed(vae);
            vae.forward(scalars(2));
            double[] means = new double[4 * LATENTS];
            double[] logvars = new double[4 * LATENTS];
            double[] weights = {0.25, 0.25, 0.25, 0.25};
            if (prior.encodes()) {
                Vae encoder = Vae.forInference(
                        spec.with(Prior.NORMAL), backend, values, Parameters.buffers(spec.layout(), backend), 4);
                backend.set(encoder.x(), backend.values(values.get(Prior.INPUTS)));
                encoder.encode();
                double[] head = backend.values(encoder.head());
                for (int i = 0; i < means.length; i++) {
                    means[i] = head[2 * (i - i % LATENTS) + i % LATENTS];
                    logvars[i] = head[2 * (i - i % LATENTS) + LATENTS + i % LATENTS];
                }
            } else {
                means = backend.values(values.get(Prior.MEANS));
                logvars = backend.values(values.get(Prior.LOGVARS));
                double[] logits = backend.values(values.get(Prior.LOGITS));
                double sum = Arrays.stream(logits).map(Math::exp).sum();
                Arrays.setAll(weights, k -> Math.exp(logits[k]) / sum);
            }
            double[] z = backend.values(vae.z());
            double[] head = backend.values(vae.head());
            for (int r = 0; r < ROWS; r++) {
                double density = 0;
                double posterior = 1;
                for (int k = 0; k < 4; k++) {
                    double part = weights[k];
                    for (int d = 0; d < LATENTS; d++) {
                        int at = k * LATENTS + d;
                        part *= gaussian(z[r * LATENTS + d], means[at], Math.exp(logvars[at]));
                    }
                    density += part;
                }
                for (int d = 0; d < LATENTS; d++) {
                    double variance = Math.exp(head[(2 * r + 1) * LATENTS + d]);
                    posterior *= gaussian(z[r * LATENTS + d], head[2 * r * LATENTS + d], variance);
                }
                double want = Math.log(posterior / density);
                assertEquals(want, backend.values(vae.kl())[r], CLOSE, prior.describe());
                assertEquals(backend.values(vae.reconstruction())[r] + 2 * want, backend.values(vae.loss())[r], CLOSE);
            }
        }
    }

    /** What only looks sees what the training one sees, though its pseudo-inputs go another way, and needs no samples for it. */
    @Test
    void inferenceSeesTheSame() {
        for (Prior prior : new Prior[] {GMM, VAMP}) {
            for (VaeSpec spec : new VaeSpec[] {spec(Likelihood.BERNOULLI, prior), convolutional(prior)}) {
                Parameters values = parameters(spec);
                Vae training = bind(spec, values, parameters(spec), ROWS, Objective.PLAIN);
                feed(training);
                training.forward(scalars(1));
                Vae looking = Vae.forInference(spec, backend, values, Parameters.buffers(spec.layout(), backend), ROWS);
                backend.set(looking.head(), backend.values(training.head()));
                backend.set(looking.noise(), backend.values(training.noise()));
                looking.sample();
                assertArrayEquals(backend.values(training.z()), backend.values(looking.z()), CLOSE);
                assertArrayEquals(backend.values(training.kl()), backend.values(looking.kl()), CLOSE);
            }
        }
    }

    /**
     * One component of mean zero and variance one is the standard normal. Value and gradients of a draw are those of the
     * importance estimator with one draw, to rounding; their mean over the noise is the closed form's.
     */
    @Test
    void oneUnitComponentIsTheNormalPrior() {
        int rows = 20_000;
        Prior one = new Prior(Prior.Kind.GMM, 1);
        VaeSpec normal = spec(Likelihood.BERNOULLI, Prior.NORMAL);
        Parameters values = parameters(normal);
        VaeSpec mixture = normal.with(one);
        Parameters own = Parameters.allocate(mixture.layout(), backend);
        // The prior's parameters are the last, and zero.
        double[] shared = backend.values(values.block());
        backend.set(own.block(), Arrays.copyOf(shared, (int) mixture.layout().count()));
        Parameters[] gradients = {parameters(normal), parameters(normal), parameters(mixture)};
        Vae closed = bind(normal, values, gradients[0], rows, Objective.PLAIN);
        Vae drawn = bind(normal, values, gradients[1], rows, new Objective(KlTerm.PLAIN, Estimator.IWAE, 1));
        Vae learned = bind(mixture, own, gradients[2], rows, Objective.PLAIN);
        double[] single = random.doubles(6).toArray();
        double[] x = new double[6 * rows];
        Arrays.setAll(x, i -> single[i % 6]);
        double[] noise = normal(1, (long) rows * LATENTS);
        for (Vae vae : new Vae[] {closed, drawn, learned}) {
            backend.set(vae.x(), x);
            backend.set(vae.noise(), noise);
            vae.forward(scalars(1));
            vae.backward();
        }
        assertArrayEquals(backend.values(drawn.loss()), backend.values(learned.loss()), CLOSE);
        for (ParameterLayout.Entry entry : normal.layout().entries()) {
            double[] want = backend.values(gradients[1].get(entry.name()));
            assertArrayEquals(want, backend.values(gradients[2].get(entry.name())), CLOSE, entry.name());
        }
        // A draw's divergence has a deviation of about one nat, its gradient by the heads one of about two.
        double error = 5 * 2 / Math.sqrt(rows);
        assertEquals(mean(closed.kl()), mean(learned.kl()), error);
        for (String head : new String[] {"mu.bias", "logvar.bias"}) {
            assertArrayEquals(
                    backend.values(gradients[0].get(head)), backend.values(gradients[2].get(head)), error, head);
        }
        // The mean of the heads' draws moves the one component to them.
        assertTrue(Arrays.stream(backend.values(gradients[2].get(Prior.MEANS))).anyMatch(g -> Math.abs(g) > error));
        assertEquals(0, backend.values(gradients[2].get(Prior.LOGITS))[0], CLOSE);
    }

    private double mean(Tensor rows) {
        return Arrays.stream(backend.values(rows)).average().orElseThrow();
    }

    /** With one pseudo-input, the mean over the noise is the divergence of two normals in closed form. */
    @Test
    void onePseudoInputIsAnotherPosterior() {
        int rows = 20_000;
        VaeSpec spec = spec(Likelihood.BERNOULLI, new Prior(Prior.Kind.VAMP, 1));
        Parameters values = parameters(spec);
        Vae vae = bind(spec, values, parameters(spec), rows, Objective.PLAIN);
        double[] single = random.doubles(6).toArray();
        double[] x = new double[6 * rows];
        Arrays.setAll(x, i -> single[i % 6]);
        backend.set(vae.x(), x);
        backend.set(vae.noise(), normal(1, (long) rows * LATENTS));
        vae.forward(scalars(1));
        Vae other = bind(spec.with(Prior.NORMAL), values, parameters(spec), 1, Objective.PLAIN);
        backend.set(other.x(), backend.values(values.get(Prior.INPUTS)));
        other.encode();
        double[] p = backend.values(other.head());
        double[] q = backend.values(vae.head());
        double want = 0;
        for (int d = 0; d < LATENTS; d++) {
            double ratio = Math.exp(q[LATENTS + d] - p[LATENTS + d]);
            double distance = q[d] - p[d];
            want += 0.5
                    * (ratio - 1 + distance * distance / Math.exp(p[LATENTS + d]) + p[LATENTS + d] - q[LATENTS + d]);
        }
        double[] kl = backend.values(vae.kl());
        double mean = mean(vae.kl());
        double variance = Arrays.stream(kl).map(v -> (v - mean) * (v - mean)).sum() / rows;
        assertEquals(want, mean, 4.5 * Math.sqrt(variance / rows));
        assertTrue(want > 0.01, "the two are not the same");
    }

    /** Where samples lie in [0, 1] so do pseudo-inputs, and one beyond a bound can come back; elsewhere they are free. */
    @Test
    void pseudoInputsStayWhereSamplesAre() {
        for (Likelihood likelihood : new Likelihood[] {Likelihood.BERNOULLI, Likelihood.GAUSSIAN}) {
            VaeSpec spec = spec(likelihood, VAMP);
            Parameters values = parameters(spec);
            Tensor inputs = values.get(Prior.INPUTS);
            double[] outside = backend.values(inputs);
            outside[0] = 1.5;
            outside[1] = -0.5;
            backend.set(inputs, outside);
            Vae beyond = bind(spec, values, parameters(spec), ROWS, Objective.PLAIN);
            feed(beyond);
            beyond.forward(scalars(1));
            Parameters clamped = Parameters.allocate(spec.layout(), backend);
            backend.set(clamped.block(), backend.values(values.block()));
            outside[0] = 1;
            outside[1] = 0;
            backend.set(clamped.get(Prior.INPUTS), outside);
            Vae at = bind(spec, clamped, parameters(spec), ROWS, Objective.PLAIN);
            backend.set(at.x(), backend.values(beyond.x()));
            backend.set(at.noise(), backend.values(beyond.noise()));
            at.forward(scalars(1));
            boolean same = Arrays.equals(backend.values(at.kl()), backend.values(beyond.kl()));
            assertEquals(likelihood == Likelihood.BERNOULLI, same, likelihood.label());
        }
    }

    /** A mixture begins with the moments of the standard normal, pseudo-inputs near training rows, all by the seed. */
    @Test
    void beginsAsItSays() {
        VaeSpec spec = VaeSpec.mlp(Shape.of(6), List.of(5), 50, Activation.TANH, Likelihood.BERNOULLI)
                .with(new Prior(Prior.Kind.GMM, 40));
        float[] values = started(spec, 7);
        double sum = 0;
        double squares = 0;
        ParameterLayout.Entry means = spec.layout().entry(Prior.MEANS);
        for (int i = 0; i < 2000; i++) {
            sum += values[(int) means.offset() + i] / 2000;
            squares += Math.pow(values[(int) means.offset() + i], 2) / 2000;
            assertEquals(
                    0.5,
                    Math.exp(values[(int) spec.layout().entry(Prior.LOGVARS).offset() + i]),
                    1e-6);
        }
        assertEquals(0, sum, 0.06);
        assertEquals(0.5, squares, 0.06);
        VaeSpec vamp = spec(Likelihood.BERNOULLI, VAMP);
        float[] begun = started(vamp, 7);
        int from = (int) vamp.layout().entry(Prior.INPUTS).offset();
        for (int i = 0; i < 24; i++) {
            // Rows 0, 2, 5 and 7 of ten.
            double row = List.of(0, 2, 5, 7).get(i / 6) / 10.0;
            assertEquals(row, begun[from + i], 0.05);
            assertTrue(begun[from + i] >= 0 && begun[from + i] <= 1);
        }
        assertArrayEquals(begun, started(vamp, 7));
        assertTrue(!Arrays.equals(begun, started(vamp, 8)));
    }

    private static float[] started(VaeSpec spec, long seed) {
        float[] values = Initialisation.TORCH.values(spec.layout(), seed);
        spec.prior()
                .start(
                        spec.layout(),
                        values,
                        spec.likelihood().needsUnitData(),
                        seed,
                        10,
                        row -> {
                            float[] made = new float[6];
                            Arrays.fill(made, row / 10f);
                            return made;
                        },
                        () -> 1);
        return values;
    }

    @Test
    void refusesWhatDoesNotGoTogether() {
        LayerSpec dense = new DenseSpec(5, Activation.TANH);
        VaeSpec plain = spec(Likelihood.BERNOULLI, Prior.NORMAL);
        for (LayerSpec layer : new LayerSpec[] {new BatchNormSpec(0.1, 1e-5), new DropoutSpec(0.5)}) {
            VaeSpec with =
                    new VaeSpec(Shape.of(6), List.of(dense, layer), LATENTS, plain.decoder(), Likelihood.BERNOULLI);
            assertThrows(IllegalArgumentException.class, () -> with.with(VAMP));
            with.with(GMM);
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> spec(Likelihood.BERNOULLI, VAMP).with(new Condition(2)));
        assertThrows(
                IllegalArgumentException.class,
                () -> new VaeSpec(
                                Shape.of(6),
                                plain.encoder(),
                                LATENTS,
                                plain.decoder(),
                                Likelihood.BERNOULLI,
                                Posterior.NONE,
                                Condition.NONE)
                        .with(GMM));
        assertThrows(IllegalArgumentException.class, () -> new Prior(Prior.Kind.NORMAL, 3));
        assertThrows(IllegalArgumentException.class, () -> new Prior(Prior.Kind.VAMP, 0));
    }
}
