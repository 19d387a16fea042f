package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.List;

/** A bound residual block. */
final class Residual implements Layer {
    private final Ops ops;
    private final Activation activation;
    private final Sequential block;
    private final Sequential shortcut;
    private final boolean identity;
    private final Tensor inputGradient;
    private final Tensor shortcutGradient;
    private final Tensor preactivation;
    private final Tensor output;
    private final Tensor outputGradient;

    Residual(
            Binding binding,
            String name,
            List<LayerSpec> block,
            List<LayerSpec> shortcut,
            Activation activation,
            Tensor input,
            Tensor inputGradient) {
        this.ops = binding.ops();
        this.activation = activation;
        this.inputGradient = inputGradient;
        identity = shortcut.isEmpty();
        // Both ways lead to the input, whose gradient is their sum.
        shortcutGradient = identity || inputGradient == null
                ? null
                : binding.arena().tensor(name + ".shortcut.din", inputGradient.shape());
        this.block = Sequential.bind(binding, block, name + ".block.", input, inputGradient);
        this.shortcut = Sequential.bind(binding, shortcut, name + ".shortcut.", input, shortcutGradient);
        Shape shape = this.block.output().shape();
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
    public void forward() {
        block.forward();
        shortcut.forward();
        ops.add(preactivation, block.output(), shortcut.output());
        if (activation != Activation.IDENTITY) {
            ops.activate(output, preactivation, activation);
        }
    }

    /** Each way gets the gradient of the sum for itself, as its layers write over it. */
    @Override
    public void backward() {
        ops.activateBackward(outputGradient, outputGradient, preactivation, output, activation);
        pass(block);
        block.backward();
        if (!identity) {
            pass(shortcut);
            shortcut.backward();
        }
        if (inputGradient != null) {
            ops.add(inputGradient, inputGradient, identity ? outputGradient : shortcutGradient);
        }
    }

    private void pass(Sequential way) {
        if (way.outputGradient() != null) {
            ops.activateBackward(way.outputGradient(), outputGradient, output, output, Activation.IDENTITY);
        }
    }
}
