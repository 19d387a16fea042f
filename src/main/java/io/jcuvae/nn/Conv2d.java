package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;

/** A bound convolution. */
final class Conv2d implements Layer {
    private final Ops ops;
    private final Window window;
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
     * @param input [B, H, W, C]
     * @param inputGradient as the input, or null
     */
    Conv2d(Binding binding, String name, Window window, Activation activation, Tensor input, Tensor inputGradient) {
        this.ops = binding.ops();
        this.window = window;
        this.activation = activation;
        this.input = input;
        this.inputGradient = inputGradient;
        weight = new WindowWeight(binding, name, window);
        bias = binding.values().get(name + ".bias");
        dbias = binding.training() ? binding.gradients().get(name + ".bias") : null;
        columns = binding.arena().columns(window, binding.rows());
        Shape shape = Shape.of(binding.rows(), window.outHeight(), window.outWidth(), bias.rows());
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
        ops.conv2d(output, preactivation, input, weight.inWindow(), bias, activation, window, columns);
    }

    /** The weight is as the forward pass laid it out. */
    @Override
    public void backward() {
        ops.conv2dBackward(
                inputGradient,
                weight.gradientsInWindow(),
                dbias,
                outputGradient,
                input,
                weight.inWindow(),
                preactivation,
                output,
                activation,
                window,
                columns);
        weight.collect();
    }
}
