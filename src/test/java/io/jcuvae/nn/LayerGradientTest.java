package io.jcuvae.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Layers and stacks of layers, bound as a model binds them, against finite differences. */
class LayerGradientTest {
    private static final int ROWS = 4;
    private static final int INPUTS = 5;

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(3);

    /** A stack with everything it needs around it. */
    private record Bound(Sequential stack, Tensor input, Tensor inputGradient) {}

    private double[] normal(long count) {
        double[] values = new double[(int) count];
        Arrays.setAll(values, i -> random.nextGaussian());
        return values;
    }

    private static ParameterLayout layout(List<LayerSpec> specs) {
        ParameterLayout layout = new ParameterLayout();
        Sequential.declare(layout, specs, "layer", Shape.of(INPUTS));
        return layout;
    }

    private Bound bind(List<LayerSpec> specs, Parameters values, Parameters gradients, boolean withInputGradient) {
        return Arena.bind(backend, arena -> {
            Tensor input = arena.tensor("x", Shape.of(ROWS, INPUTS));
            Tensor inputGradient = withInputGradient ? arena.tensor("dx", Shape.of(ROWS, INPUTS)) : null;
            Binding binding = new Binding(backend.ops(), values, gradients, arena, ROWS);
            return new Bound(Sequential.bind(binding, specs, "layer", input, inputGradient), input, inputGradient);
        });
    }

    @Test
    void denseLayersWithEveryActivation() {
        for (Activation f : Activation.values()) {
            check(List.of(new DenseSpec(6, f)));
            check(List.of(new DenseSpec(1, f)));
        }
    }

    /** All activations in one stack, each between two others. */
    @Test
    void stacks() {
        List<LayerSpec> specs = new ArrayList<>();
        for (Activation f : Activation.values()) {
            specs.add(new DenseSpec(4 + specs.size() % 3, f));
        }
        check(specs);
        check(List.of(new DenseSpec(3, Activation.GELU), new DenseSpec(7, Activation.GELU)));
    }

    private void check(List<LayerSpec> specs) {
        ParameterLayout layout = layout(specs);
        Parameters values = Parameters.allocate(layout, backend);
        Parameters gradients = Parameters.allocate(layout, backend);
        Bound bound = bind(specs, values, gradients, true);
        backend.set(values.block(), normal(layout.count()));
        backend.set(bound.input(), normal(ROWS * INPUTS));
        double[] weights = normal(bound.stack().output().count());
        // What an earlier batch left behind must not show.
        backend.set(gradients.block(), normal(layout.count()));
        backend.set(bound.inputGradient(), normal(ROWS * INPUTS));

        bound.stack().forward();
        backend.set(bound.stack().outputGradient(), weights);
        bound.stack().backward();

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
        differences.check(specs.stream().map(LayerSpec::describe).toList().toString(), 1);
        theSameWithout(specs, layout, values, bound, weights, backend.values(gradients.block()));
    }

    /** Without a place for the input's gradient the others are the same; without gradients the output is the same. */
    private void theSameWithout(
            List<LayerSpec> specs,
            ParameterLayout layout,
            Parameters values,
            Bound bound,
            double[] weights,
            double[] gradientValues) {
        bound.stack().forward();
        double[] output = backend.values(bound.stack().output());
        double[] input = backend.values(bound.input());

        Parameters gradients = Parameters.allocate(layout, backend);
        Bound first = bind(specs, values, gradients, false);
        backend.set(first.input(), input);
        first.stack().forward();
        backend.set(first.stack().outputGradient(), weights);
        first.stack().backward();
        assertArrayEquals(gradientValues, backend.values(gradients.block()), "without the input's gradient");

        Bound looking = bind(specs, values, null, false);
        backend.set(looking.input(), input);
        looking.stack().forward();
        assertArrayEquals(output, backend.values(looking.stack().output()), "without gradients");
        assertNull(looking.stack().outputGradient());
    }

    @Test
    void noLayersAreTheIdentity() {
        Parameters none = new Parameters(new ParameterLayout(), null);
        Bound bound = bind(List.of(), none, none, true);
        assertSame(bound.input(), bound.stack().output());
        assertSame(bound.inputGradient(), bound.stack().outputGradient());
        assertEquals(Shape.of(INPUTS), Sequential.declare(new ParameterLayout(), List.of(), "layer", Shape.of(INPUTS)));
    }
}
