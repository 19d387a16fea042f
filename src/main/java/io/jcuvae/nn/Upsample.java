package io.jcuvae.nn;

import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Tensor;

/** A bound layer of nearest-neighbour upsampling. */
final class Upsample implements Layer {
    private final Ops ops;
    private final Tensor input;
    private final Tensor inputGradient;
    private final Tensor output;
    private final Tensor outputGradient;

    Upsample(Binding binding, String name, int factor, Tensor input, Tensor inputGradient) {
        this.ops = binding.ops();
        this.input = input;
        this.inputGradient = inputGradient;
        Planes small = Planes.inMemory(input);
        Planes large = new Planes(small.channels(), small.height() * factor, small.width() * factor);
        output = binding.arena().tensor(name + ".out", large.inMemory(binding.rows()));
        outputGradient =
                binding.training() ? binding.arena().tensor(name + ".dout", large.inMemory(binding.rows())) : null;
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
        ops.upsample(output, input);
    }

    @Override
    public void backward() {
        if (inputGradient != null) {
            ops.upsampleBackward(inputGradient, outputGradient);
        }
    }
}
