package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * Normalisation within a sample, y = weight (x - mean) / sqrt(variance + epsilon) + bias (Ba, Kiros, Hinton 2016), with the
 * biased variance: over the features of a row, or over the channels of each pixel of a picture, as PyTorch's LayerNorm(C) does
 * with channels last. It is the same in training and in looking.
 *
 * @param epsilon added to the variance, above 0
 */
public record LayerNormSpec(double epsilon) implements LayerSpec {
    /** PyTorch's epsilon. */
    public static final double DEFAULT_EPSILON = 1e-5;

    /** Checks epsilon. */
    public LayerNormSpec {
        BatchNormSpec.requireEpsilon("LayerNorm", epsilon);
    }

    /** With PyTorch's default. */
    public LayerNormSpec() {
        this(DEFAULT_EPSILON);
    }

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        Shape shape = Shape.of(BatchNormSpec.columns(input));
        layout.constant(name + ".weight", shape, 1);
        layout.constant(name + ".bias", shape, 0);
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new LayerNorm(this, binding, name, input, inputGradient);
    }

    @Override
    public String describe() {
        return epsilon == DEFAULT_EPSILON ? "LayerNorm" : "LayerNorm(epsilon " + epsilon + ")";
    }
}
