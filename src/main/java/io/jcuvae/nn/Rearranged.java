package io.jcuvae.nn;

import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A bound {@link FlattenSpec} or {@link ReshapeSpec}: the same values in another shape. Pictures lie channels last in memory
 * and are counted channels first, so values move where a picture has several channels and pixels; else it is a view.
 */
final class Rearranged implements Layer {
    private final Ops ops;
    private final Tensor output;
    private final Tensor outputGradient;
    /** The operands of the exchange, [B, H W, C] and [B, C, H W] in the direction of the layer; null for a view. */
    private final Tensor from;

    private final Tensor to;
    private final Tensor dfrom;
    private final Tensor dto;

    private Rearranged(
            Binding binding, String name, Planes picture, boolean flatten, Tensor input, Tensor inputGradient) {
        ops = binding.ops();
        int rows = binding.rows();
        Shape values = Shape.of(rows, Math.toIntExact(picture.shape().count()));
        Shape shape = flatten ? values : picture.inMemory(rows);
        if (picture.liesAsInPyTorch()) {
            output = input.reshape(shape);
            outputGradient = inputGradient == null ? null : inputGradient.reshape(shape);
            from = null;
            to = null;
            dfrom = null;
            dto = null;
            return;
        }
        int pixels = picture.height() * picture.width();
        Shape last = Shape.of(rows, pixels, picture.channels());
        Shape first = Shape.of(rows, picture.channels(), pixels);
        // Nobody asks this layer for a gradient that nobody asks it to pass on.
        boolean backward = binding.training() && inputGradient != null;
        output = binding.arena().tensor(name + ".out", shape);
        outputGradient = backward ? binding.arena().tensor(name + ".dout", shape) : null;
        from = input.reshape(flatten ? last : first);
        to = output.reshape(flatten ? first : last);
        dfrom = backward ? inputGradient.reshape(from.shape()) : null;
        dto = backward ? outputGradient.reshape(to.shape()) : null;
    }

    /** A picture as a row. */
    static Layer flat(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new Rearranged(binding, name, Planes.inMemory(input), true, input, inputGradient);
    }

    /** A row as a picture. */
    static Layer picture(Binding binding, String name, Planes picture, Tensor input, Tensor inputGradient) {
        return new Rearranged(binding, name, picture, false, input, inputGradient);
    }

    /** As it is. */
    static Layer same(Tensor input, Tensor inputGradient) {
        return new Layer() {
            @Override
            public Tensor output() {
                return input;
            }

            @Override
            public Tensor outputGradient() {
                return inputGradient;
            }

            @Override
            public void forward() {
                // The values are there.
            }

            @Override
            public void backward() {
                // The gradients are there.
            }
        };
    }

    @Override
    public Tensor output() {
        return output;
    }

    @Override
    public Tensor outputGradient() {
        return outputGradient;
    }

    @Override
    public void forward() {
        if (to != null) {
            ops.swapAxes(to, from);
        }
    }

    @Override
    public void backward() {
        if (dfrom != null) {
            ops.swapAxes(dfrom, dto);
        }
    }
}
