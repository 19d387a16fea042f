package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;

/** A bound convolution or transposed one: the two exchange what they read and what they write. */
final class ConvolutionLayer implements Layer {
    private final Ops ops;
    private final Window window;
    private final boolean transposed;
    private final Activation activation;
    private final WindowWeight weight;
    private final Tensor bias;
    private final Tensor dbias;
    private final Tensor columns;
    private final Tensor input;
    private final Tensor inputGradient;
    private final Tensor preactivation;
    private final Tensor output;
    private final Tensor outputGradient;

    /**
     * Binds the layer.
     *
     * @param name names its parameters and activations
     * @param transposed whether the window's positions are the pixels of the input instead of the output's
     * @param input [B, H, W, C], or [B, Y, X, O] if transposed
     * @param inputGradient as the input, or null
     */
    ConvolutionLayer(
            Binding binding,
            String name,
            Window window,
            boolean transposed,
            Activation activation,
            Tensor input,
            Tensor inputGradient) {
        this.ops = binding.ops();
        this.window = window;
        this.transposed = transposed;
        this.activation = activation;
        this.input = input;
        this.inputGradient = inputGradient;
        weight = new WindowWeight(binding, name, window);
        bias = binding.values().get(name + ".bias");
        dbias = binding.training() ? binding.gradients().get(name + ".bias") : null;
        columns = binding.arena().columns(window, binding.rows());
        Shape shape = transposed
                ? Shape.of(binding.rows(), window.height(), window.width(), window.channels())
                : Shape.of(binding.rows(), window.outHeight(), window.outWidth(), bias.rows());
        boolean keepInput = binding.training() && !activation.derivativeFromOutput();
        output = binding.arena().tensor(name + ".out", shape);
        preactivation = keepInput ? binding.arena().tensor(name + ".pre", shape) : output;
        outputGradient = binding.training() ? binding.arena().tensor(name + ".dout", shape) : null;
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
    public boolean outputMayChange() {
        return activation == Activation.IDENTITY;
    }

    @Override
    public void forward() {
        weight.prepare();
        Tensor w = weight.inWindow();
        if (transposed) {
            ops.convTranspose2d(output, preactivation, input, w, bias, activation, window, columns);
        } else {
            ops.conv2d(output, preactivation, input, w, bias, activation, window, columns);
        }
    }

    /** The weight is as the forward pass laid it out. */
    @Override
    public void backward() {
        Tensor w = weight.inWindow();
        Tensor dw = weight.gradientsInWindow();
        if (transposed) {
            ops.convTranspose2dBackward(
                    inputGradient,
                    dw,
                    dbias,
                    outputGradient,
                    input,
                    w,
                    preactivation,
                    output,
                    activation,
                    window,
                    columns);
        } else {
            ops.conv2dBackward(
                    inputGradient,
                    dw,
                    dbias,
                    outputGradient,
                    input,
                    w,
                    preactivation,
                    output,
                    activation,
                    window,
                    columns);
        }
        weight.collect();
    }
}
