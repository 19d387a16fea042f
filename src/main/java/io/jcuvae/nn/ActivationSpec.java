package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * An activation of its own, as it stands behind a norm: y = f(x).
 *
 * @param activation f
 */
public record ActivationSpec(Activation activation) implements LayerSpec {
    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    /** There is nothing to declare. */
    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {}

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new ActivationLayer(binding, name, activation, input, inputGradient);
    }

    @Override
    public String describe() {
        return "Activation(" + activation.label() + ")";
    }
}
