package io.jcuvae.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Layers on pictures, bound as a model binds them, against finite differences and against PyTorch's order of values. */
class SpatialGradientTest {
    private static final int ROWS = 3;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(17);

    /** A stack with everything it needs around it. */
    private record Bound(Sequential stack, Tensor input, Tensor inputGradient) {}

    private double[] normal(long count) {
        double[] values = new double[(int) count];
        Arrays.setAll(values, i -> random.nextGaussian());
        return values;
    }

    private static Shape inMemory(Shape input) {
        return input.rank() == 1
                ? Shape.of(ROWS, input.extent(0))
                : new Planes(input.extent(0), input.extent(1), input.extent(2)).inMemory(ROWS);
    }

    private Bound bind(
            List<LayerSpec> specs, Shape sample, Parameters values, Parameters gradients, boolean withInputGradient) {
        return Arena.bind(backend, arena -> {
            Tensor input = arena.tensor("x", inMemory(sample));
            Tensor inputGradient = withInputGradient ? arena.tensor("dx", inMemory(sample)) : null;
            Binding binding = new Binding(backend.ops(), values, gradients, arena, ROWS);
            return new Bound(Sequential.bind(binding, specs, "layer", input, inputGradient), input, inputGradient);
        });
    }

    private void check(Shape sample, LayerSpec... layers) {
        List<LayerSpec> specs = List.of(layers);
        ParameterLayout layout = new ParameterLayout();
        Shape after = Sequential.declare(layout, specs, "layer", sample);
        Parameters values = Parameters.allocate(layout, backend);
        Parameters gradients = Parameters.allocate(layout, backend);
        Bound bound = bind(specs, sample, values, gradients, true);
        String what = specs.stream().map(LayerSpec::describe).toList() + " of " + sample;
        assertEquals(inMemory(after), bound.stack().output().shape(), what);
        backend.set(values.block(), normal(layout.count()));
        backend.set(bound.input(), normal(bound.input().count()));
        double[] weights = normal(bound.stack().output().count());
        // What an earlier batch left behind must not show.
        backend.set(gradients.block(), normal(layout.count()));
        backend.set(bound.inputGradient(), normal(bound.input().count()));

        bound.stack().forward();
        backend.set(bound.stack().outputGradient(), weights);
        bound.stack().backward();

        double[] gradientValues = backend.values(gradients.block());
        Directional differences = new Directional(backend, () -> {
                    bound.stack().forward();
                    double[] output = backend.values(bound.stack().output());
                    double sum = 0;
                    for (int i = 0; i < output.length; i++) {
                        sum += weights[i] * output[i];
                    }
                    return sum;
                })
                .with("input", bound.input(), backend.values(bound.inputGradient()));
        for (ParameterLayout.Entry entry : layout.entries()) {
            differences.with(entry.name(), values.get(entry.name()), backend.values(gradients.get(entry.name())));
        }
        differences.check(what, 1);
        theSameWithout(specs, sample, layout, values, bound, weights, gradientValues);
    }

    /** Without a place for the input's gradient the others are the same; without gradients the output is the same. */
    private void theSameWithout(
            List<LayerSpec> specs,
            Shape sample,
            ParameterLayout layout,
            Parameters values,
            Bound bound,
            double[] weights,
            double[] gradientValues) {
        bound.stack().forward();
        double[] output = backend.values(bound.stack().output());
        double[] input = backend.values(bound.input());

        Parameters gradients = Parameters.allocate(layout, backend);
        Bound first = bind(specs, sample, values, gradients, false);
        backend.set(first.input(), input);
        first.stack().forward();
        if (first.stack().outputGradient() != null) {
            backend.set(first.stack().outputGradient(), weights);
        } else {
            assertTrue(layout.entries().isEmpty(), "a layer with parameters needs its gradient");
        }
        first.stack().backward();
        assertArrayEquals(gradientValues, backend.values(gradients.block()), "without the input's gradient");

        Bound looking = bind(specs, sample, values, null, false);
        backend.set(looking.input(), input);
        looking.stack().forward();
        assertArrayEquals(output, backend.values(looking.stack().output()), "without gradients");
        assertNull(looking.stack().outputGradient());
    }

    @Test
    void convolutions() {
        for (Activation f : Activation.values()) {
            check(Shape.of(2, 5, 4), new Conv2dSpec(3, 3, 2, 1, f));
        }
        check(Shape.of(1, 5, 7), new Conv2dSpec(3, 4, 2, 1, Activation.TANH));
        check(Shape.of(3, 4, 4), new Conv2dSpec(2, 1, 1, 0, Activation.TANH));
        check(Shape.of(3, 5, 4), new Conv2dSpec(2, 1, 2, 0, Activation.TANH));
        check(Shape.of(2, 7, 5), new Conv2dSpec(2, 2, 3, 0, Activation.TANH));
        check(Shape.of(2, 1, 1), new Conv2dSpec(1, 3, 1, 2, Activation.IDENTITY));
    }

    @Test
    void transposedConvolutions() {
        for (Activation f : Activation.values()) {
            check(Shape.of(2, 3, 4), new ConvTranspose2dSpec(3, 3, 2, 1, 1, f));
        }
        check(Shape.of(2, 3, 2), new ConvTranspose2dSpec(1, 4, 2, 1, 0, Activation.TANH));
        check(Shape.of(3, 4, 3), new ConvTranspose2dSpec(2, 1, 1, 0, 0, Activation.TANH));
        check(Shape.of(2, 3, 2), new ConvTranspose2dSpec(2, 2, 3, 0, 2, Activation.TANH));
        check(Shape.of(2, 1, 1), new ConvTranspose2dSpec(3, 3, 1, 0, 0, Activation.IDENTITY));
    }

    @Test
    void upsampling() {
        check(Shape.of(2, 3, 2), new UpsampleSpec(2), new Conv2dSpec(2, 3, 1, 1, Activation.TANH));
        check(Shape.of(3, 1, 2), new UpsampleSpec(3), new Conv2dSpec(1, 1, 1, 0, Activation.TANH));
    }

    @Test
    void rearranging() {
        check(Shape.of(3, 2, 2), new FlattenSpec(), new DenseSpec(4, Activation.TANH));
        check(Shape.of(3, 2, 2), new Conv2dSpec(2, 2, 1, 0, Activation.TANH), new FlattenSpec());
        check(Shape.of(12), new ReshapeSpec(Shape.of(3, 2, 2)), new Conv2dSpec(2, 2, 1, 1, Activation.TANH));
        check(Shape.of(3, 2, 4), new ReshapeSpec(Shape.of(2, 3, 4)), new Conv2dSpec(2, 2, 1, 1, Activation.TANH));
        check(Shape.of(1, 4, 4), new ReshapeSpec(Shape.of(16)), new DenseSpec(3, Activation.TANH));
        check(
                Shape.of(5),
                new FlattenSpec(),
                new ReshapeSpec(Shape.of(5)),
                new ReshapeSpec(Shape.of(5, 1, 1)),
                new Conv2dSpec(2, 1, 1, 0, Activation.TANH));
    }

    @Test
    void residualBlocks() {
        LayerSpec same = new Conv2dSpec(2, 3, 1, 1, Activation.TANH);
        for (Activation f : Activation.values()) {
            check(
                    Shape.of(2, 3, 4),
                    new ResidualSpec(List.of(same, new Conv2dSpec(2, 3, 1, 1, Activation.IDENTITY)), List.of(), f));
        }
        LayerSpec down = new ResidualSpec(
                List.of(new Conv2dSpec(3, 4, 2, 1, Activation.SILU), new Conv2dSpec(3, 3, 1, 1, Activation.IDENTITY)),
                List.of(new Conv2dSpec(3, 1, 2, 0, Activation.IDENTITY)),
                Activation.TANH);
        check(Shape.of(2, 8, 6), down);
        check(Shape.of(2, 8, 8), same, down, new ResidualSpec(List.of(down), List.of(down), Activation.GELU));
        // Ways that are views of what goes in.
        check(
                Shape.of(1, 2, 3),
                new ResidualSpec(
                        List.of(new ReshapeSpec(Shape.of(1, 3, 2))),
                        List.of(new ReshapeSpec(Shape.of(1, 3, 2))),
                        Activation.TANH),
                new Conv2dSpec(2, 2, 1, 0, Activation.TANH));
        check(Shape.of(4), new ResidualSpec(List.of(new DenseSpec(4, Activation.TANH)), List.of(), Activation.TANH));
    }

    /** A whole stack as in conv-28, each kind of layer between others. */
    @Test
    void stacks() {
        check(
                Shape.of(1, 8, 8),
                new Conv2dSpec(2, 4, 2, 1, Activation.SILU),
                new Conv2dSpec(3, 4, 2, 1, Activation.TANH),
                new FlattenSpec(),
                new DenseSpec(5, Activation.TANH),
                new DenseSpec(12, Activation.ELU),
                new ReshapeSpec(Shape.of(3, 2, 2)),
                new ConvTranspose2dSpec(2, 4, 2, 1, 0, Activation.GELU),
                new UpsampleSpec(2),
                new Conv2dSpec(1, 3, 1, 1, Activation.IDENTITY));
    }

    /** Channels are counted first, as PyTorch does, though they lie last. */
    @Test
    void valuesAreCountedAsInPyTorch() {
        Parameters none = new Parameters(new ParameterLayout(), null);
        Bound flat = bind(List.of(new FlattenSpec()), Shape.of(2, 1, 3), none, null, false);
        double[] pixels = new double[(int) flat.input().count()];
        // Value 10 c + w of the first sample, at [w, c].
        for (int w = 0; w < 3; w++) {
            for (int c = 0; c < 2; c++) {
                pixels[2 * w + c] = 10 * c + w;
            }
        }
        backend.set(flat.input(), pixels);
        flat.stack().forward();
        double[] row = Arrays.copyOf(backend.values(flat.stack().output()), 6);
        assertArrayEquals(new double[] {0, 1, 2, 10, 11, 12}, row);

        Bound picture = bind(List.of(new ReshapeSpec(Shape.of(2, 1, 3))), Shape.of(6), none, null, false);
        backend.set(picture.input(), backend.values(flat.stack().output()));
        picture.stack().forward();
        assertArrayEquals(pixels, backend.values(picture.stack().output()));
    }

    @Test
    void whatLiesAsInPyTorchIsAView() {
        Parameters none = new Parameters(new ParameterLayout(), null);
        for (Shape shape : List.of(Shape.of(1, 4, 5), Shape.of(6, 1, 1), Shape.of(7))) {
            Bound bound = bind(List.of(new FlattenSpec()), shape, none, none, true);
            assertSame(bound.input().buffer(), bound.stack().output().buffer());
            assertEquals(bound.input().offset(), bound.stack().output().offset());
            assertEquals(
                    bound.inputGradient().offset(),
                    bound.stack().outputGradient().offset());
        }
    }
}
