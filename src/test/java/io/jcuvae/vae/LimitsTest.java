package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.nn.BatchNormSpec;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * What variants are the limits of, beside what stands where they are: {@link PointLatentTest} without noise, {@link
 * ImportanceTest} with one draw, and likelihoods in their contract.
 */
class LimitsTest {
    private static final int ROWS = 4;
    private static final int LATENTS = 2;
    private static final Shape SAMPLE = Shape.of(6);
    private static final VaeSpec GAUSSIAN =
            VaeSpec.mlp(SAMPLE, List.of(5), LATENTS, Activation.TANH, Likelihood.BERNOULLI);

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(4);

    private double[] normal(long count) {
        double[] drawn = new double[(int) count];
        Arrays.setAll(drawn, i -> 0.7 * random.nextGaussian());
        return drawn;
    }

    private Parameters parameters(ParameterLayout layout) {
        Parameters values = Parameters.allocate(layout, backend);
        backend.set(values.block(), normal(layout.count()));
        return values;
    }

    private Tensor scalars(double beta) {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.BETA.ordinal()] = beta;
        backend.upload(scalars, slots);
        return scalars;
    }

    /**
     * Beta 0 is an autoencoder whose codes are shaken: the loss is that of an autoencoder that is given these
     * codes, and the encoder's only come by them: dmu = dz and dlogvar = dz noise exp(logvar / 2) / 2.
     */
    @Test
    void betaZeroIsAnAutoencoderWithNoise() {
        Parameters values = parameters(GAUSSIAN.layout());
        Parameters gradients = parameters(GAUSSIAN.layout());
        Parameters buffers = Parameters.buffers(GAUSSIAN.layout(), backend);
        Vae noisy = Vae.forTraining(
                GAUSSIAN, backend, new Learning(values, buffers, gradients, null, 0), ROWS, Reduction.SUM);
        double[] x = random.doubles(ROWS * 6).toArray();
        backend.set(noisy.x(), x);
        double[] noise = normal(noisy.noise().count());
        backend.set(noisy.noise(), noise);
        noisy.forward(scalars(0));
        noisy.backward();

        Vae decoding = Vae.forInference(GAUSSIAN, backend, values, buffers, ROWS);
        backend.set(decoding.x(), x);
        backend.set(decoding.z(), backend.values(noisy.z()));
        decoding.decode();
        decoding.score();
        assertArrayEquals(backend.values(decoding.reconstruction()), backend.values(noisy.loss()), 1e-12);

        double[] dmu = backend.values(gradients.get("mu.bias"));
        double[] dlogvar = backend.values(gradients.get("logvar.bias"));
        double[] head = backend.values(noisy.head());
        double[] dz = tensor(noisy, "dz");
        for (int d = 0; d < LATENTS; d++) {
            double mu = 0;
            double logvar = 0;
            for (int r = 0; r < ROWS; r++) {
                double g = dz[r * LATENTS + d];
                mu += g;
                logvar += 0.5 * g * noise[r * LATENTS + d] * Math.exp(0.5 * head[(2 * r + 1) * LATENTS + d]);
            }
            assertEquals(mu, dmu[d], 1e-12);
            assertEquals(logvar, dlogvar[d], 1e-12);
        }
    }

    private double[] tensor(Vae vae, String name) {
        for (Arena.Entry entry : vae.tensors()) {
            if (entry.name().equals(name)) {
                return backend.values(entry.tensor());
            }
        }
        throw new AssertionError(name);
    }

    /** Batch norm behind several draws of a sample sees all of them: R = B K rows, in its moments and in what it keeps. */
    @Test
    void batchNormSeesEveryDraw() {
        int draws = 3;
        double momentum = 0.25;
        VaeSpec spec = new VaeSpec(
                SAMPLE,
                List.of(new DenseSpec(5, Activation.TANH)),
                LATENTS,
                List.of(
                        new DenseSpec(4, Activation.IDENTITY),
                        new BatchNormSpec(momentum, 1e-5),
                        new DenseSpec(6, Activation.IDENTITY)),
                Likelihood.BERNOULLI);
        Parameters values = parameters(spec.layout());
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        Vae vae = Vae.forTraining(
                spec,
                backend,
                new Learning(values, buffers, parameters(spec.layout()), scalars(1), 0),
                ROWS,
                Reduction.MEAN,
                new Objective(KlTerm.PLAIN, Estimator.IWAE, draws));
        backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
        backend.set(vae.noise(), normal(vae.noise().count()));
        vae.forward(scalars(1));
        vae.backward();
        double[] seen = tensor(vae, "dec0.out");
        int rows = ROWS * draws;
        assertEquals(rows * 4, seen.length);
        double[] means = backend.values(buffers.get("dec1.running_mean"));
        double[] variances = backend.values(buffers.get("dec1.running_var"));
        for (int c = 0; c < 4; c++) {
            double mean = 0;
            for (int r = 0; r < rows; r++) {
                mean += seen[r * 4 + c] / rows;
            }
            double squares = 0;
            for (int r = 0; r < rows; r++) {
                squares += Math.pow(seen[r * 4 + c] - mean, 2);
            }
            // From 0 and 1, where they begin; PyTorch keeps the unbiased variance.
            assertEquals(momentum * mean, means[c], 1e-12);
            assertEquals(1 - momentum + momentum * squares / (rows - 1), variances[c], 1e-12);
        }
    }
}
