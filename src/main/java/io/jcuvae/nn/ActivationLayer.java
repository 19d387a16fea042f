package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Tensor;

/**
 * A bound activation. Its gradient is computed in place; so is its output where the layer before does not mind and the
 * derivative can be told from it.
 */
final class ActivationLayer implements Layer {
    private final Ops ops;
    private final Activation f;
    private final Tensor input;
    private final Tensor output;
    private final Tensor inputGradient;
    private final Tensor outputGradient;

    /**
     * Binds the layer.
     *
     * @param name names its activations
     * @param input [B, ...]
     * @param inputGradient [B, ...] or null
     */
    ActivationLayer(Binding binding, String name, Activation f, Tensor input, Tensor inputGradient) {
        ops = binding.ops();
        this.f = f;
        this.input = input;
        this.inputGradient = inputGradient;
        boolean inPlace = binding.inputMayChange() && (f.derivativeFromOutput() || !binding.training());
        output = inPlace ? input : binding.arena().tensor(name + ".out", input.shape());
        if (!binding.training()) {
            outputGradient = null;
        } else {
            outputGradient =
                    inputGradient != null ? inputGradient : binding.arena().tensor(name + ".dout", input.shape());
        }
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
    public void forward() {
        ops.activate(output, input, f);
    }

    @Override
    public void backward() {
        if (inputGradient != null) {
            ops.activateBackward(inputGradient, outputGradient, input, output, f);
        }
    }
}
