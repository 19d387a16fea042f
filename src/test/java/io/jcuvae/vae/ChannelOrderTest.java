package io.jcuvae.vae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.nn.Conv2dSpec;
import io.jcuvae.nn.ConvTranspose2dSpec;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.FlattenSpec;
import io.jcuvae.nn.Initialisation;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.Parameters;
import io.jcuvae.nn.ReshapeSpec;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The order in which samples hold the channels of their pixels is nothing that a convolutional model may depend on. */
class ChannelOrderTest {
    private static final int ROWS = 3;
    private static final int HEIGHT = 4;
    private static final int WIDTH = 6;

    private static final List<LayerSpec> ENCODER =
            List.of(new Conv2dSpec(4, 4, 2, 1, Activation.TANH), new FlattenSpec(), new DenseSpec(5, Activation.TANH));
    private static final List<LayerSpec> DECODER = List.of(
            new DenseSpec(24, Activation.TANH),
            new ReshapeSpec(Shape.of(4, 2, 3)),
            new ConvTranspose2dSpec(3, 4, 2, 1, 0, Activation.IDENTITY));

    /** What a step gives. */
    private record Result(double[] loss, double[] output, double[] mean, double[] gradients) {}

    private static VaeSpec spec(Shape sample) {
        return new VaeSpec(sample, ENCODER, 2, DECODER, Likelihood.BERNOULLI);
    }

    private static Result run(Shape sample, double[] x) {
        ReferenceBackend backend = new ReferenceBackend();
        VaeSpec spec = spec(sample);
        Parameters values = Parameters.allocate(spec.layout(), backend);
        backend.upload(values.block(), Initialisation.TORCH.values(spec.layout(), 1), 0);
        Parameters gradients = Parameters.allocate(spec.layout(), backend);
        Parameters buffers = Parameters.buffers(spec.layout(), backend);
        Vae vae =
                Vae.forTraining(spec, backend, new Learning(values, buffers, gradients, null, 0), ROWS, Reduction.SUM);
        backend.set(vae.x(), x);
        double[] noise = new SplittableRandom(2).doubles(ROWS * 2).toArray();
        backend.set(vae.noise(), noise);
        vae.forward(Scalars.allocate(backend));
        double[] output = backend.values(vae.output());
        vae.backward();
        Vae looking = Vae.forInference(spec, backend, values, buffers, ROWS);
        backend.set(looking.z(), backend.values(vae.z()));
        looking.decode();
        looking.mean();
        return new Result(
                backend.values(vae.loss()),
                output,
                backend.values(looking.output()),
                backend.values(gradients.block()));
    }

    /** Pixels with their channels side by side, from planes one after another. */
    private static double[] channelsLast(double[] first) {
        double[] last = new double[first.length];
        int pixels = HEIGHT * WIDTH;
        for (int i = 0; i < last.length; i++) {
            last[i] = first[(i / 3 / pixels * 3 + i % 3) * pixels + i / 3 % pixels];
        }
        return last;
    }

    @Test
    void bothOrdersGiveTheSame() {
        double[] x = new SplittableRandom(1)
                .doubles((long) ROWS * 3 * HEIGHT * WIDTH)
                .toArray();
        Result first = run(Shape.of(3, HEIGHT, WIDTH), x);
        Result last = run(Shape.of(HEIGHT, WIDTH, 3), channelsLast(x));
        assertArrayEquals(first.loss(), last.loss(), 1e-12);
        assertArrayEquals(first.gradients(), last.gradients(), 1e-12);
        assertArrayEquals(channelsLast(first.output()), last.output(), 1e-12);
        assertArrayEquals(channelsLast(first.mean()), last.mean(), 1e-12);
        assertTrue(Arrays.stream(first.gradients()).allMatch(g -> g != 0), "every parameter has a gradient");
    }

    @Test
    void whatANetworkSees() {
        assertEquals(
                Shape.of(3, HEIGHT, WIDTH), spec(Shape.of(HEIGHT, WIDTH, 3)).encoderInput());
        List<LayerSpec> dense = List.of(new DenseSpec(72, Activation.IDENTITY));
        VaeSpec mlp = new VaeSpec(Shape.of(HEIGHT, WIDTH, 3), dense, 2, dense, Likelihood.MSE);
        assertEquals(Shape.of(72), mlp.encoderInput(), "values as they lie");
        assertEquals(72, mlp.widest());
        VaeSpec wide = new VaeSpec(
                Shape.of(HEIGHT, WIDTH),
                List.of(new Conv2dSpec(9, 3, 1, 1, Activation.RELU), new FlattenSpec()),
                2,
                List.of(new DenseSpec(24, Activation.IDENTITY)),
                Likelihood.MSE);
        assertEquals(216, wide.widest());
    }
}
