package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * While training each value is set to zero with the given probability, and the others are scaled by 1 / (1 - rate) (Srivastava
 * et al. 2014; the inverted form); what only looks passes everything on as it is.
 *
 * @param rate probability of a zero, from 0 and below 1
 */
public record DropoutSpec(double rate) implements LayerSpec {
    /** Checks the rate. */
    public DropoutSpec {
        // A rate that a float rounds to 1 would scale by infinity.
        if (!(rate >= 0 && (float) rate < 1)) {
            throw new IllegalArgumentException("Dropout's rate must be at least 0 and below 1, got " + rate);
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    /** There is nothing to declare. */
    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {}

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new Dropout(this, binding, name, input, inputGradient);
    }

    @Override
    public String describe() {
        return "Dropout(" + rate + ")";
    }
}
