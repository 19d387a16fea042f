package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.List;

/**
 * The same values in another shape, in PyTorch's order: a row becomes a picture [C, H, W] channel after channel.
 *
 * @param shape of one sample after it, of one or three extents
 */
public record ReshapeSpec(Shape shape) implements LayerSpec {
    /** Checks the rank. */
    public ReshapeSpec {
        if (shape.rank() != 1 && shape.rank() != 3) {
            throw new IllegalArgumentException(
                    "Reshape: the shape must be [values] or [channels, height, width], got " + shape);
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        if (input.count() != shape.count()) {
            throw new IllegalArgumentException(
                    describe() + ": input " + input + " has " + input.count() + " values, not " + shape.count());
        }
        return shape;
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        // It has no parameters.
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        Planes before = input.shape().rank() == 4 ? Planes.inMemory(input) : null;
        if (before == null ? shape.rank() == 1 : before.shape().equals(shape)) {
            return Rearranged.same(input, inputGradient);
        }
        if (before != null && shape.rank() == 3) {
            // From one picture to another by way of PyTorch's order.
            return Sequential.bind(binding, List.of(new FlattenSpec(), this), name + ".", input, inputGradient);
        }
        return before == null
                ? Rearranged.picture(binding, name, Planes.of(this, shape), input, inputGradient)
                : Rearranged.flat(binding, name, input, inputGradient);
    }

    @Override
    public String describe() {
        return "Reshape(" + shape.toString().replaceAll("[\\[\\]]", "") + ")";
    }
}
