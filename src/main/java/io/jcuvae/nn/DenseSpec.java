package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A fully connected layer with its activation: y = f(x w' + b), w is [out, in].
 *
 * @param outputs width of the output
 * @param activation f
 */
public record DenseSpec(int outputs, Activation activation) implements LayerSpec {
    /** Checks the width. */
    public DenseSpec {
        if (outputs < 1) {
            throw new IllegalArgumentException("a dense layer needs at least one output, got " + outputs);
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        if (input.rank() == 3) {
            throw new IllegalArgumentException(
                    describe() + ": input " + input + " is a picture; put Flatten before it");
        }
        return Shape.of(outputs);
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        int inputs = Math.toIntExact(input.count());
        layout.weight(name + ".weight", Shape.of(outputs, inputs), inputs, outputs);
        layout.bias(name + ".bias", Shape.of(outputs), inputs);
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new Dense(
                binding,
                name,
                binding.values().get(name + ".weight"),
                binding.values().get(name + ".bias"),
                binding.training() ? binding.gradients().get(name + ".weight") : null,
                binding.training() ? binding.gradients().get(name + ".bias") : null,
                activation,
                input,
                inputGradient);
    }

    @Override
    public String describe() {
        return activation == Activation.IDENTITY
                ? "Dense(" + outputs + ")"
                : "Dense(" + outputs + ", " + activation.label() + ")";
    }
}
