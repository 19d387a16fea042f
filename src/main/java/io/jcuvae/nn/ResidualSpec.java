package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.List;

/**
 * A residual block: y = f(block(x) + shortcut(x)) (He et al. 2015).
 *
 * @param block at least one layer; its parameters are named {@code <name>.block.0.weight} and so on
 * @param shortcut layers that lead past the block, {@code <name>.shortcut.0.weight}; none for the identity
 * @param activation f
 */
public record ResidualSpec(List<LayerSpec> block, List<LayerSpec> shortcut, Activation activation)
        implements LayerSpec {
    /** Checks that there is a block. */
    public ResidualSpec {
        block = List.copyOf(block);
        shortcut = List.copyOf(shortcut);
        if (block.isEmpty()) {
            throw new IllegalArgumentException("Residual: its block needs at least one layer");
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        Shape through = outputShape("block", block, input);
        Shape past = outputShape("shortcut", shortcut, input);
        if (!through.equals(past)) {
            throw new IllegalArgumentException(describe() + ": the block turns " + input + " into " + through + ", the "
                    + (shortcut.isEmpty() ? "identity past it" : "shortcut") + " into " + past
                    + "; give it a shortcut that ends as the block does, such as Conv2d with a 1x1 kernel");
        }
        return through;
    }

    private static Shape outputShape(String part, List<LayerSpec> layers, Shape input) {
        try {
            return Sequential.outputShape(layers, input);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Residual: " + part + " " + e.getMessage(), e);
        }
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        Sequential.declare(layout, block, name + ".block.", input);
        Sequential.declare(layout, shortcut, name + ".shortcut.", input);
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new Residual(binding, name, block, shortcut, activation, input, inputGradient);
    }

    @Override
    public String describe() {
        return "Residual(" + describe(block) + (shortcut.isEmpty() ? "" : " | " + describe(shortcut))
                + (activation == Activation.IDENTITY ? "" : ", " + activation.label()) + ")";
    }

    private static String describe(List<LayerSpec> layers) {
        return String.join(" - ", layers.stream().map(LayerSpec::describe).toList());
    }
}
