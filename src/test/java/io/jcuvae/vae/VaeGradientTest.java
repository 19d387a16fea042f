package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.nn.DenseSpec;
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

/** Whole models against finite differences of their loss, and what they must agree on however they are bound. */
class VaeGradientTest {
    private static final int ROWS = 4;
    private static final Shape SAMPLE = Shape.of(2, 3);
    private static final int LATENTS = 2;
    private static final double CLOSE = 1e-12;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(8);

    private double[] normal(double scale, long count) {
        double[] values = new double[(int) count];
        Arrays.setAll(values, i -> scale * random.nextGaussian());
        return values;
    }

    private static VaeSpec spec(Activation activation, Likelihood likelihood) {
        return VaeSpec.mlp(SAMPLE, List.of(5, 4), LATENTS, activation, likelihood);
    }

    private Parameters parameters(ParameterLayout layout) {
        Parameters values = Parameters.allocate(layout, backend);
        backend.set(values.block(), normal(0.6, layout.count()));
        return values;
    }

    private Vae training(VaeSpec spec, Parameters values, Parameters gradients, int rows, Reduction reduction) {
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        return Vae.forTraining(spec, backend, new Learning(values, buffers, gradients, null, 0), rows, reduction);
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

    private double sum(Tensor tensor) {
        return Arrays.stream(backend.values(tensor)).sum();
    }

    @Test
    void everyModel() {
        for (Activation activation : Activation.values()) {
            for (Likelihood likelihood : Likelihood.values()) {
                for (Reduction reduction : Reduction.values()) {
                    for (double beta : new double[] {0, 1, 4}) {
                        check(spec(activation, likelihood), reduction, beta, activation + ", " + likelihood);
                    }
                }
            }
        }
    }

    /** Encoder or decoder may be empty, but for the layer that makes the data's width. */
    @Test
    void shallowModels() {
        VaeSpec linear = new VaeSpec(
                SAMPLE,
                List.of(),
                LATENTS,
                List.of(new DenseSpec(6, Activation.IDENTITY)),
                Likelihood.GAUSSIAN_LEARNED);
        check(linear, Reduction.SUM, 1, "linear");
        VaeSpec identity = new VaeSpec(SAMPLE, List.of(), 6, List.of(), Likelihood.MSE);
        check(identity, Reduction.MEAN, 1, "decoder without layers");
        VaeSpec curved = new VaeSpec(
                SAMPLE,
                List.of(new DenseSpec(3, Activation.SILU)),
                LATENTS,
                List.of(new DenseSpec(6, Activation.SIGMOID)),
                Likelihood.GAUSSIAN);
        check(curved, Reduction.MEAN, 0.5, "activation at the decoder's end");
    }

    private void check(VaeSpec spec, Reduction reduction, double beta, String what) {
        ParameterLayout layout = spec.layout();
        Parameters values = parameters(layout);
        Parameters gradients = parameters(layout);
        Vae vae = training(spec, values, gradients, ROWS, reduction);
        Tensor scalars = scalars(beta);
        feed(vae);
        vae.forward(scalars);
        vae.backward();

        double weight = reduction.weight(ROWS);
        // A density close to 1 is a loss close to 0 of terms that cancel; rounding is to be measured by the terms.
        double terms = spec.likelihood() == Likelihood.CONTINUOUS_BERNOULLI ? 6 * Math.log(2) : 0;
        double offset = weight * ROWS * terms;
        Directional differences = new Directional(backend, () -> {
            vae.forward(scalars);
            return weight * sum(vae.loss()) + offset;
        });
        for (ParameterLayout.Entry entry : layout.entries()) {
            differences.with(entry.name(), values.get(entry.name()), backend.values(gradients.get(entry.name())));
        }
        differences.check(what + ", " + reduction + ", beta " + beta, 1);
    }

    /** The loss is its terms, and each term is what its definition says. */
    @Test
    void termsAddUp() {
        for (Likelihood likelihood : Likelihood.values()) {
            VaeSpec spec = spec(Activation.TANH, likelihood);
            Parameters values = parameters(spec.layout());
            Parameters gradients = Parameters.allocate(spec.layout(), backend);
            Vae vae = training(spec, values, gradients, ROWS, Reduction.MEAN);
            feed(vae);
            vae.forward(scalars(3));
            double[] loss = backend.values(vae.loss());
            double[] reconstruction = backend.values(vae.reconstruction());
            double[] kl = backend.values(vae.kl());
            double[] head = backend.values(vae.head());
            double[] x = backend.values(vae.x());
            double[] output = backend.values(vae.output());
            double[] own =
                    switch (likelihood) {
                        case GAUSSIAN_LEARNED, TABLE -> backend.values(values.get("likelihood.logvar"));
                        case LAPLACE -> backend.values(values.get("likelihood.logscale"));
                        default -> new double[1];
                    };
            int parameters = spec.parameters();
            for (int r = 0; r < ROWS; r++) {
                double wantKl = 0;
                for (int i = 0; i < LATENTS; i++) {
                    double mu = head[r * 2 * LATENTS + i];
                    double v = head[r * 2 * LATENTS + LATENTS + i];
                    wantKl -= 0.5 * (1 + v - mu * mu - Math.exp(v));
                }
                double wantReconstruction = 0;
                for (int d = 0; d < 6; d++) {
                    wantReconstruction += negativeLogLikelihood(
                            likelihood,
                            x[r * 6 + d],
                            output[r * 6 * parameters + d],
                            parameters > 1 ? output[r * 6 * parameters + 6 + d] : own[d % own.length]);
                }
                assertEquals(wantKl, kl[r], CLOSE, likelihood + ": kl");
                assertEquals(wantReconstruction, reconstruction[r], CLOSE, likelihood + ": reconstruction");
                assertEquals(wantReconstruction + 3 * wantKl, loss[r], CLOSE, likelihood + ": loss");
            }
        }
    }

    /** Second is the other parameter, or the one that all values share or all of a column. */
    private static double negativeLogLikelihood(Likelihood likelihood, double x, double output, double second) {
        double error = (x - output) * (x - output);
        return switch (likelihood) {
            case BERNOULLI -> {
                double p = 1 / (1 + Math.exp(-output));
                yield -x * Math.log(p) - (1 - x) * Math.log(1 - p);
            }
            case MSE -> error;
            case GAUSSIAN, GAUSSIAN_LEARNED -> 0.5 * (Math.log(2 * Math.PI) + second + error / Math.exp(second));
            case CONTINUOUS_BERNOULLI -> Math.log(Math.expm1(output) / output) - output * x;
            case GAUSSIAN_PER_VALUE, TABLE -> {
                double v = -12 + Math.log1p(Math.exp(second + 12));
                yield 0.5 * (Math.log(2 * Math.PI) + v + error / Math.exp(v));
            }
            case LAPLACE -> Math.log(2 * Math.exp(second)) + Math.abs(x - output) / Math.exp(second);
            case DISCRETIZED_LOGISTIC -> {
                double scale = Math.exp(-8 + Math.log1p(Math.exp(second + 8)));
                double level = Math.floor(x * 255 + 0.5);
                double a = ((level + 0.5) / 255 - output) / scale;
                double b = ((level - 0.5) / 255 - output) / scale;
                if (level == 0 || level == 255) {
                    yield Math.log1p(Math.exp(level == 0 ? -a : b));
                }
                // sigmoid(a) - sigmoid(b), without cancelling
                yield -Math.log(Math.sinh(0.5 / 255 / scale) / (2 * Math.cosh(a / 2) * Math.cosh(b / 2)));
            }
            case CATEGORICAL ->
                -Math.log((x < 0.5 ? Math.exp(output) : Math.exp(second)) / (Math.exp(output) + Math.exp(second)));
        };
    }

    /** A model that only looks, of any batch size, sees what the training one sees. */
    @Test
    void inferenceSeesTheSame() {
        for (Activation activation : Activation.values()) {
            VaeSpec spec = spec(activation, Likelihood.BERNOULLI);
            Parameters values = parameters(spec.layout());
            Parameters gradients = Parameters.allocate(spec.layout(), backend);
            Vae training = training(spec, values, gradients, ROWS, Reduction.SUM);
            feed(training);
            training.forward(scalars(1));
            for (int rows : new int[] {1, ROWS}) {
                Vae looking = Vae.forInference(spec, backend, values, Parameters.buffers(spec.layout(), backend), rows);
                backend.set(looking.x(), Arrays.copyOf(backend.values(training.x()), rows * 6));
                backend.set(looking.noise(), Arrays.copyOf(backend.values(training.noise()), rows * LATENTS));
                looking.encode();
                looking.sample();
                looking.decode();
                looking.score();
                same(training.head(), looking.head());
                same(training.z(), looking.z());
                same(training.kl(), looking.kl());
                same(training.output(), looking.output());
                same(training.reconstruction(), looking.reconstruction());
                double[] logits = backend.values(looking.output());
                looking.mean();
                double[] mean = backend.values(looking.output());
                for (int i = 0; i < mean.length; i++) {
                    assertEquals(1 / (1 + Math.exp(-logits[i])), mean[i], CLOSE);
                }
            }
        }
    }

    /** The first rows of the one are all of the other. */
    private void same(Tensor all, Tensor part) {
        assertArrayEquals(Arrays.copyOf(backend.values(all), (int) part.count()), backend.values(part), CLOSE);
    }

    /** Gradients are overwritten, not added to; and rows do not mix: a batch's gradient is the sum of its rows' gradients. */
    @Test
    void gradientsAreSumsOverRows() {
        VaeSpec spec = spec(Activation.RELU, Likelihood.GAUSSIAN_LEARNED);
        Parameters values = parameters(spec.layout());
        Parameters gradients = parameters(spec.layout());
        Vae batch = training(spec, values, gradients, ROWS, Reduction.SUM);
        Tensor scalars = scalars(2);
        feed(batch);
        for (int i = 0; i < 2; i++) {
            batch.forward(scalars);
            batch.backward();
        }
        double[] total = backend.values(gradients.block());

        Parameters one = Parameters.allocate(spec.layout(), backend);
        Vae single = training(spec, values, one, 1, Reduction.SUM);
        double[] sum = new double[total.length];
        for (int r = 0; r < ROWS; r++) {
            backend.set(single.x(), Arrays.copyOfRange(backend.values(batch.x()), r * 6, r * 6 + 6));
            backend.set(
                    single.noise(), Arrays.copyOfRange(backend.values(batch.noise()), r * LATENTS, (r + 1) * LATENTS));
            single.forward(scalars);
            single.backward();
            double[] gradient = backend.values(one.block());
            for (int i = 0; i < sum.length; i++) {
                sum[i] += gradient[i];
            }
        }
        assertArrayEquals(sum, total, CLOSE);
    }
}
