package io.jcuvae.vae;

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

/** Two stochastic layers against their definition, a model whose likelihood is known, and finite differences. */
class UpperLatentTest {
    private static final int ROWS = 4;
    private static final int CODES = 3;
    private static final int ABOVE = 2;
    private static final double CLOSE = 1e-11;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(8);

    private static VaeSpec spec(List<Integer> hidden) {
        return VaeSpec.mlp(Shape.of(6), List.of(5), CODES, Activation.TANH, Likelihood.BERNOULLI)
                .with(new Upper(ABOVE, hidden, Activation.TANH));
    }

    private double[] normal(double scale, long count) {
        double[] drawn = new double[(int) count];
        Arrays.setAll(drawn, i -> scale * random.nextGaussian());
        return drawn;
    }

    private Parameters parameters(VaeSpec spec) {
        Parameters values = Parameters.allocate(spec.layout(), backend);
        backend.set(values.block(), normal(0.7, spec.layout().count()));
        return values;
    }

    private Vae bind(VaeSpec spec, Parameters values, Parameters gradients, Objective objective) {
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        Learning learning = new Learning(values, buffers, gradients, null, 0);
        return Vae.forTraining(spec, backend, learning, ROWS, Reduction.MEAN, objective);
    }

    private Tensor scalars(double beta, double capacity) {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.BETA.ordinal()] = beta;
        slots[Scalars.CAPACITY.ordinal()] = capacity;
        backend.upload(scalars, slots);
        return scalars;
    }

    private void feed(Vae vae) {
        backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
        backend.set(vae.noise(), normal(1, vae.noise().count()));
    }

    @Test
    void gradientsAreThoseOfTheLoss() {
        Objective[] objectives = {
            Objective.PLAIN,
            new Objective(new KlTerm(0, true)),
            new Objective(KlTerm.PLAIN, Estimator.IWAE, 1),
            new Objective(KlTerm.PLAIN, Estimator.IWAE, 4),
        };
        for (List<Integer> hidden : List.of(List.of(4, 3), List.<Integer>of())) {
            for (Objective objective : objectives) {
                for (double beta : new double[] {1, 0.5}) {
                    check(spec(hidden), objective, beta);
                }
            }
        }
    }

    private void check(VaeSpec spec, Objective objective, double beta) {
        Parameters values = parameters(spec);
        Parameters gradients = parameters(spec);
        Vae vae = bind(spec, values, gradients, objective);
        Tensor scalars = scalars(beta, 3);
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
        differences.check(
                objective + ", beta " + beta + ", hidden " + spec.upper().hidden(), 1);
    }

    private double[] tensor(Vae vae, String name) {
        return vae.tensors().stream()
                .filter(entry -> entry.name().equals(name))
                .map(entry -> backend.values(entry.tensor()))
                .findFirst()
                .orElseThrow();
    }

    private static double logNormal(double x, double mean, double logvar) {
        return -0.5 * (Math.log(2 * Math.PI) + logvar + (x - mean) * (x - mean) / Math.exp(logvar));
    }

    /** Of row r of codes under row r / times of heads. */
    private static double logNormal(double[] codes, double[] heads, int width, int r, int times) {
        double sum = 0;
        for (int j = 0; j < width; j++) {
            int mean = 2 * (r / times) * width + j;
            sum += logNormal(codes[r * width + j], heads[mean], heads[mean + width]);
        }
        return sum;
    }

    /** log w = log p(x|z) + log p(z|u) + log p(u) - log q(z|x) - log q(u|z), each density written out. */
    @Test
    void theLossesAreTheirDefinitions() {
        for (int draws : new int[] {1, 3}) {
            for (Estimator estimator : draws == 1 ? Estimator.values() : new Estimator[] {Estimator.IWAE}) {
                if (estimator == Estimator.DREG) {
                    continue;
                }
                VaeSpec spec = spec(List.of(4));
                Vae vae = bind(spec, parameters(spec), parameters(spec), new Objective(KlTerm.PLAIN, estimator, draws));
                feed(vae);
                vae.forward(scalars(1, 0));
                double[] x = backend.values(vae.x());
                double[] logits = backend.values(vae.output());
                double[] z = backend.values(vae.z());
                double[] u = tensor(vae, "u");
                double[] standard = new double[2 * ABOVE];
                for (int b = 0; b < ROWS; b++) {
                    double weights = 0;
                    double kl = 0;
                    for (int r = b * draws; r < (b + 1) * draws; r++) {
                        double logLikelihood = 0;
                        for (int d = 0; d < 6; d++) {
                            double p = 1 / (1 + Math.exp(-logits[r * 6 + d]));
                            logLikelihood += x[b * 6 + d] * Math.log(p) + (1 - x[b * 6 + d]) * Math.log(1 - p);
                        }
                        double logRatio = logNormal(z, tensor(vae, "upper.prior.head.out"), CODES, r, 1)
                                + logNormal(u, standard, ABOVE, r, Integer.MAX_VALUE)
                                - logNormal(z, backend.values(vae.head()), CODES, r, draws)
                                - logNormal(u, tensor(vae, "upper.head.out"), ABOVE, r, 1);
                        weights += Math.exp(logLikelihood + logRatio) / draws;
                        kl -= logRatio / draws;
                    }
                    assertEquals(-Math.log(weights), backend.values(vae.loss())[b], CLOSE, estimator + " " + draws);
                    assertEquals(kl, backend.values(vae.kl())[b], CLOSE);
                }
            }
        }
    }

    /**
     * u ~ N(0, 1), z = a u + b + s e, x = c z + d + e with two values: all normal, so that the posteriors are, too. With them
     * every draw weighs p(x), whatever the noise.
     */
    @Test
    void exactPosteriorsWeighEveryDrawWithTheLikelihood() {
        VaeSpec spec = VaeSpec.mlp(Shape.of(2), List.of(), 1, Activation.TANH, Likelihood.GAUSSIAN)
                .with(new Upper(1, List.of(), Activation.TANH));
        double a = 0.8;
        double b = -0.3;
        double variance = 0.4;
        double[] c = {1.5, -0.7};
        double[] d = {0.2, 0.1};
        double above = 1 / (1 + a * a / variance);
        double prior = a * a + variance;
        double code = 1 / (1 / prior + c[0] * c[0] + c[1] * c[1]);
        Parameters values = Parameters.allocate(spec.layout(), backend);
        set(values, "dec0.weight", c);
        set(values, "dec0.bias", d);
        set(values, "upper.prior.mu.weight", a);
        set(values, "upper.prior.mu.bias", b);
        set(values, "upper.prior.logvar.bias", Math.log(variance));
        set(values, "upper.mu.weight", above * a / variance);
        set(values, "upper.mu.bias", -above * a / variance * b);
        set(values, "upper.logvar.bias", Math.log(above));
        set(values, "mu.weight", code * c[0], code * c[1]);
        set(values, "mu.bias", code * (b / prior - c[0] * d[0] - c[1] * d[1]));
        set(values, "logvar.bias", Math.log(code));
        Vae vae = bind(spec, values, parameters(spec), new Objective(KlTerm.PLAIN, Estimator.IWAE, 3));
        feed(vae);
        vae.forward(scalars(1, 0));
        double[] x = backend.values(vae.x());
        for (int r = 0; r < ROWS; r++) {
            double d0 = x[2 * r] - c[0] * b - d[0];
            double d1 = x[2 * r + 1] - c[1] * b - d[1];
            // Covariance 1 + prior c c'.
            double s00 = 1 + prior * c[0] * c[0];
            double s11 = 1 + prior * c[1] * c[1];
            double s01 = prior * c[0] * c[1];
            double determinant = s00 * s11 - s01 * s01;
            double square = (s11 * d0 * d0 - 2 * s01 * d0 * d1 + s00 * d1 * d1) / determinant;
            double nll = Math.log(2 * Math.PI) + 0.5 * (Math.log(determinant) + square);
            assertEquals(nll, backend.values(vae.loss())[r], CLOSE);
        }
    }

    private void set(Parameters values, String name, double... to) {
        backend.set(values.get(name), to);
    }

    @Test
    void filesNameItsParametersApart() {
        List<String> names = spec(List.of(4, 3)).layout().entries().stream()
                .map(ParameterLayout.Entry::name)
                .filter(name -> name.startsWith("upper.") && name.endsWith("weight"))
                .toList();
        assertEquals(
                List.of(
                        "upper.enc0.weight",
                        "upper.enc1.weight",
                        "upper.mu.weight",
                        "upper.logvar.weight",
                        "upper.dec0.weight",
                        "upper.dec1.weight",
                        "upper.prior.mu.weight",
                        "upper.prior.logvar.weight"),
                names);
        assertEquals(
                Shape.of(3, ABOVE),
                spec(List.of(4, 3)).layout().entry("upper.dec0.weight").shape());
    }

    @Test
    void needsAPosterior() {
        VaeSpec plain = VaeSpec.mlp(Shape.of(6), List.of(5), CODES, Activation.TANH, Likelihood.BERNOULLI);
        VaeSpec point = new VaeSpec(
                plain.sample(),
                plain.encoder(),
                CODES,
                plain.decoder(),
                plain.likelihood(),
                Posterior.NONE,
                Condition.NONE);
        Upper upper = new Upper(ABOVE, List.of(), Activation.TANH);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> point.with(upper))
                .getMessage()
                .contains("needs a posterior"));
        assertThrows(IllegalArgumentException.class, () -> new Upper(-1, List.of(), Activation.TANH));
        assertEquals(plain, plain.with(Upper.NONE));
    }
}
