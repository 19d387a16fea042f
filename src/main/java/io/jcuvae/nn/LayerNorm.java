package io.jcuvae.nn;

import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A bound layer norm, see {@link LayerNormSpec}. Its input is rows of C values: samples, or pixels of pictures held channels
 * last.
 */
final class LayerNorm implements Layer {
    private final Ops ops;
    private final float epsilon;
    private final Tensor weight;
    private final Tensor bias;
    private final Tensor dweight;
    private final Tensor dbias;
    private final Tensor input;
    private final Tensor inputGradient;
    private final Tensor mean;
    private final Tensor deviation;
    private final Tensor output;
    private final Tensor outputGradient;

    /**
     * Binds the layer.
     *
     * @param name names its parameters and activations
     * @param input [B, ...] with C values in the last extents
     * @param inputGradient as large, or null
     */
    LayerNorm(LayerNormSpec spec, Binding binding, String name, Tensor input, Tensor inputGradient) {
        ops = binding.ops();
        epsilon = (float) spec.epsilon();
        weight = binding.values().get(name + ".weight");
        bias = binding.values().get(name + ".bias");
        dweight = binding.training() ? binding.gradients().get(name + ".weight") : null;
        dbias = binding.training() ? binding.gradients().get(name + ".bias") : null;
        this.input = BatchNorm.columns(input, weight);
        this.inputGradient = inputGradient == null ? null : BatchNorm.columns(inputGradient, weight);
        Shape rows = Shape.of(this.input.rows());
        mean = binding.arena().tensor(name + ".mean", rows);
        deviation = binding.arena().tensor(name + ".deviation", rows);
        output = binding.arena().tensor(name + ".out", input.shape());
        outputGradient = binding.training() ? binding.arena().tensor(name + ".dout", input.shape()) : null;
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
        return true;
    }

    @Override
    public void forward() {
        ops.layerNorm(BatchNorm.columns(output, weight), mean, deviation, input, weight, bias, epsilon);
    }

    @Override
    public void backward() {
        ops.layerNormBackward(
                inputGradient,
                dweight,
                dbias,
                BatchNorm.columns(outputGradient, weight),
                input,
                mean,
                deviation,
                weight);
    }
}
