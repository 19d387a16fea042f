package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** A picture as one row of values in PyTorch's order: channels, rows, columns. */
public record FlattenSpec() implements LayerSpec {
    @Override
    public Shape outputShape(Shape input) {
        return Shape.of(Math.toIntExact(input.count()));
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        // It has no parameters.
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return input.shape().rank() == 2
                ? Rearranged.same(input, inputGradient)
                : Rearranged.flat(binding, name, input, inputGradient);
    }

    @Override
    public String describe() {
        return "Flatten";
    }
}
