package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

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

/** A plain autoencoder against finite differences, and against what it is the limit of. */
class PointLatentTest {
    private static final int ROWS = 4;
    private static final Shape SAMPLE = Shape.of(6);
    private static final VaeSpec GAUSSIAN = VaeSpec.mlp(SAMPLE, List.of(5), 2, Activation.TANH, Likelihood.BERNOULLI);
    private static final VaeSpec POINT =
            new VaeSpec(SAMPLE, GAUSSIAN.encoder(), 2, GAUSSIAN.decoder(), Likelihood.BERNOULLI, Posterior.NONE);

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(3);

    private Parameters normal(ParameterLayout layout) {
        Parameters values = Parameters.allocate(layout, backend);
        double[] drawn = new double[(int) layout.count()];
        Arrays.setAll(drawn, i -> 0.7 * random.nextGaussian());
        backend.set(values.block(), drawn);
        return values;
    }

    private Vae training(VaeSpec spec, Parameters values, Parameters gradients) {
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        return Vae.forTraining(spec, backend, new Learning(values, buffers, gradients, null, 0), ROWS, Reduction.MEAN);
    }

    private Tensor scalars(double beta) {
        Tensor scalars = Scalars.allocate(backend);
        double[] slots = new double[Scalars.COUNT];
        slots[Scalars.BETA.ordinal()] = beta;
        backend.upload(scalars, slots);
        return scalars;
    }

    @Test
    void gradientsAreThoseOfTheReconstruction() {
        Parameters values = normal(POINT.layout());
        Parameters gradients = normal(POINT.layout());
        Vae vae = training(POINT, values, gradients);
        assertNull(vae.noise());
        assertSame(vae.head(), vae.z());
        backend.set(vae.x(), random.doubles(vae.x().count()).toArray());
        Tensor scalars = scalars(1);
        vae.forward(scalars);
        vae.backward();
        assertArrayEquals(new double[ROWS], backend.values(vae.kl()));
        assertArrayEquals(backend.values(vae.reconstruction()), backend.values(vae.loss()));
        Directional differences = new Directional(backend, () -> {
            vae.forward(scalars);
            return Arrays.stream(backend.values(vae.loss())).sum() / ROWS;
        });
        for (ParameterLayout.Entry entry : POINT.layout().entries()) {
            differences.with(entry.name(), values.get(entry.name()), backend.values(gradients.get(entry.name())));
        }
        differences.check("autoencoder", 1);
    }

    /** Beta 0 makes a VAE an autoencoder with noise; without its noise it is one. */
    @Test
    void isTheVaeWithoutNoiseAndKl() {
        Parameters values = normal(GAUSSIAN.layout());
        Parameters same = Parameters.allocate(POINT.layout(), backend);
        for (ParameterLayout.Entry entry : POINT.layout().entries()) {
            backend.set(same.get(entry.name()), backend.values(values.get(entry.name())));
        }
        Parameters gradients = normal(GAUSSIAN.layout());
        Parameters pointGradients = normal(POINT.layout());
        Vae gaussian = training(GAUSSIAN, values, gradients);
        Vae point = training(POINT, same, pointGradients);
        double[] x = random.doubles(point.x().count()).toArray();
        for (Vae vae : List.of(gaussian, point)) {
            backend.set(vae.x(), x);
            vae.forward(scalars(0));
            vae.backward();
        }
        assertArrayEquals(backend.values(gaussian.loss()), backend.values(point.loss()), 1e-12);
        for (ParameterLayout.Entry entry : POINT.layout().entries()) {
            assertArrayEquals(
                    backend.values(gradients.get(entry.name())),
                    backend.values(pointGradients.get(entry.name())),
                    1e-12,
                    entry.name());
        }
        assertEquals(GAUSSIAN.layout().count() - 12, POINT.layout().count());
    }
}
