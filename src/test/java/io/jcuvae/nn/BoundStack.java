package io.jcuvae.nn;

import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.List;

/**
 * A stack with everything it needs around it, bound as a model binds it.
 *
 * @param buffers shared by what is bound to the same parameters
 * @param scalars null for a stack that only looks
 * @param input [B, features], or [B, H, W, C] for pictures
 */
public record BoundStack(
        Backend backend,
        Sequential stack,
        Parameters values,
        Parameters buffers,
        Parameters gradients,
        Tensor scalars,
        Tensor input,
        Tensor inputGradient,
        List<Arena.Entry> tensors) {
    /** Prefix of the layers' names. */
    public static final String PREFIX = "layer";

    /**
     * A stack that trains, with parameters as they start.
     *
     * @param sample logical shape, [C, H, W] for pictures
     */
    public static BoundStack training(Backend backend, List<LayerSpec> specs, Shape sample, int rows, long seed) {
        ParameterLayout layout = new ParameterLayout();
        Sequential.declare(layout, specs, PREFIX, sample);
        Parameters values = parameters(layout, backend);
        values.upload(backend, Initialisation.TORCH.values(layout, 1));
        Parameters buffers = Parameters.buffers(layout, backend);
        Parameters gradients = parameters(layout, backend);
        return bind(backend, specs, sample, rows, values, buffers, gradients, Scalars.allocate(backend), seed);
    }

    /** The same parameters and buffers bound for looking. */
    public BoundStack looking(List<LayerSpec> specs, Shape sample, int rows) {
        return bind(backend, specs, sample, rows, values, buffers, null, null, 0);
    }

    private static Parameters parameters(ParameterLayout layout, Backend backend) {
        return layout.count() == 0 ? new Parameters(layout, null) : Parameters.allocate(layout, backend);
    }

    private static BoundStack bind(
            Backend backend,
            List<LayerSpec> specs,
            Shape sample,
            int rows,
            Parameters values,
            Parameters buffers,
            Parameters gradients,
            Tensor scalars,
            long seed) {
        Shape shape = sample.rank() == 3
                ? Shape.of(rows, sample.extent(1), sample.extent(2), sample.extent(0))
                : Shape.of(rows, (int) sample.count());
        return Arena.bind(backend, arena -> {
            Tensor input = arena.tensor("x", shape);
            Tensor inputGradient = gradients == null ? null : arena.tensor("dx", shape);
            Binding binding = new Binding(backend.ops(), values, buffers, gradients, scalars, seed, arena, rows, false);
            Sequential stack = Sequential.bind(binding, specs, PREFIX, input, inputGradient);
            return new BoundStack(
                    backend, stack, values, buffers, gradients, scalars, input, inputGradient, arena.entries());
        });
    }

    /** The tensor of that name, for example {@code layer0.mask}. */
    public Tensor tensor(String name) {
        return tensors.stream()
                .filter(entry -> entry.name().equals(name))
                .findFirst()
                .orElseThrow()
                .tensor();
    }
}
