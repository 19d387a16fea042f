package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * Every pixel becomes a square of equal ones: y[c, i, j] = x[c, i / factor, j / factor], nearest-neighbour upsampling.
 *
 * @param factor how many times as high and as wide the output is
 */
public record UpsampleSpec(int factor) implements LayerSpec {
    /** Checks the factor. */
    public UpsampleSpec {
        if (factor < 1) {
            throw new IllegalArgumentException("Upsample: factor must be at least 1, got " + factor);
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        Planes planes = Planes.of(this, input);
        if ((long) Math.max(planes.height(), planes.width()) * factor > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(describe() + ": input " + planes.size() + " is too large");
        }
        return Shape.of(planes.channels(), planes.height() * factor, planes.width() * factor);
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        // It has no parameters.
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new Upsample(binding, name, factor, input, inputGradient);
    }

    @Override
    public String describe() {
        return "Upsample(" + factor + ")";
    }
}
