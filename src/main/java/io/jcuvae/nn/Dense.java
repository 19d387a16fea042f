package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** A bound fully connected layer. */
public final class Dense implements Layer {
    private final Ops ops;
    private final Tensor weight;
    private final Tensor bias;
    private final Tensor dweight;
    private final Tensor dbias;
    private final Activation activation;
    private final Tensor input;
    private final Tensor inputGradient;
    private final Tensor preactivation;
    private final Tensor output;
    private final Tensor outputGradient;

    /**
     * Binds the layer.
     *
     * @param name names its activations
     * @param weight [out, in]
     * @param bias [out]
     * @param dweight gradient of the weight, or null without gradients
     * @param dbias gradient of the bias, or null without gradients
     * @param input [B, in]
     * @param inputGradient [B, in] or null
     */
    public Dense(
            Binding binding,
            String name,
            Tensor weight,
            Tensor bias,
            Tensor dweight,
            Tensor dbias,
            Activation activation,
            Tensor input,
            Tensor inputGradient) {
        this.ops = binding.ops();
        this.weight = weight;
        this.bias = bias;
        this.dweight = dweight;
        this.dbias = dbias;
        this.activation = activation;
        this.input = input;
        this.inputGradient = inputGradient;
        Shape shape = Shape.of(binding.rows(), weight.rows());
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
        ops.dense(output, preactivation, input, weight, bias, activation);
    }

    @Override
    public void backward() {
        ops.denseBackward(
                inputGradient, dweight, dbias, outputGradient, input, weight, preactivation, output, activation);
    }
}
