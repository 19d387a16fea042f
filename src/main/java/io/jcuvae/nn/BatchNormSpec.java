package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * Normalisation over the batch, y = weight (x - mean) / sqrt(variance + epsilon) + bias (Ioffe, Szegedy 2015): per channel of a
 * picture, over all its pixels, or per feature of a row. Training takes mean and biased variance of the batch and moves the
 * running ones, running = (1 - momentum) running + momentum batch, with the unbiased variance there; what only looks takes the
 * running ones. Defined, named and started as PyTorch's BatchNorm2d and BatchNorm1d.
 *
 * @param momentum the batch's share in the running statistics, above 0 and up to 1
 * @param epsilon added to the variance, above 0
 */
public record BatchNormSpec(double momentum, double epsilon) implements LayerSpec {
    /** PyTorch's momentum. */
    public static final double DEFAULT_MOMENTUM = 0.1;
    /** PyTorch's epsilon. */
    public static final double DEFAULT_EPSILON = 1e-5;

    /** Checks both numbers. */
    public BatchNormSpec {
        if (!(momentum > 0 && momentum <= 1)) {
            throw new IllegalArgumentException("BatchNorm's momentum must be above 0 and at most 1, got " + momentum);
        }
        requireEpsilon("BatchNorm", epsilon);
    }

    /** With PyTorch's defaults. */
    public BatchNormSpec() {
        this(DEFAULT_MOMENTUM, DEFAULT_EPSILON);
    }

    /** An epsilon that a float holds as a normal number: below, a constant column would be divided by nothing. */
    static void requireEpsilon(String layer, double epsilon) {
        if (!(epsilon >= 1e-30 && epsilon <= 1e30)) {
            throw new IllegalArgumentException(layer + "'s epsilon must be from 1e-30 to 1e30, got " + epsilon);
        }
    }

    /** C of a picture [C, H, W], else the features of a row. */
    static int columns(Shape input) {
        return Math.toIntExact(input.rank() == 3 ? input.extent(0) : input.count());
    }

    @Override
    public Shape outputShape(Shape input) {
        return input;
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        Shape shape = Shape.of(columns(input));
        layout.constant(name + ".weight", shape, 1);
        layout.constant(name + ".bias", shape, 0);
        layout.buffers().constant(name + ".running_mean", shape, 0);
        layout.buffers().constant(name + ".running_var", shape, 1);
        layout.buffers().counter(name + ".num_batches_tracked");
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new BatchNorm(this, binding, name, input, inputGradient);
    }

    @Override
    public String describe() {
        String text = "";
        if (momentum != DEFAULT_MOMENTUM) {
            text = "momentum " + momentum;
        }
        if (epsilon != DEFAULT_EPSILON) {
            text += (text.isEmpty() ? "" : ", ") + "epsilon " + epsilon;
        }
        return text.isEmpty() ? "BatchNorm" : "BatchNorm(" + text + ")";
    }
}
