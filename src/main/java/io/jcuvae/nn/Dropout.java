package io.jcuvae.nn;

import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;

/** A bound dropout, see {@link DropoutSpec}: a model that only looks has none of it but its name. */
final class Dropout implements Layer {
    private final Ops ops;
    private final float rate;
    private final long key;
    private final Tensor scalars;
    private final Tensor input;
    private final Tensor inputGradient;
    private final Tensor mask;
    private final Tensor output;
    private final Tensor outputGradient;
    private final boolean inputMayChange;

    /**
     * Binds the layer.
     *
     * @param name names its activations, and gives it draws of its own
     * @param input [B, ...]
     * @param inputGradient [B, ...] or null
     */
    Dropout(DropoutSpec spec, Binding binding, String name, Tensor input, Tensor inputGradient) {
        ops = binding.ops();
        rate = (float) spec.rate();
        key = key(binding.seed(), name);
        scalars = binding.scalars();
        this.input = input;
        this.inputGradient = inputGradient;
        inputMayChange = binding.inputMayChange();
        if (binding.training()) {
            mask = binding.arena().tensor(name + ".mask", input.shape());
            output = binding.arena().tensor(name + ".out", input.shape());
            outputGradient = binding.arena().tensor(name + ".dout", input.shape());
        } else {
            mask = null;
            output = input;
            outputGradient = null;
        }
    }

    /** The key of a layer's draws: the run's stream, apart for every name. */
    private static long key(long seed, String name) {
        // FNV-1a (Fowler, Noll, Vo), whose 64 bits the stream's finalizer mixes with the seed.
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001B3L;
        }
        return Stream.DROPOUT.key(seed ^ hash);
    }

    @Override
    public Tensor output() {
        return output;
    }

    @Override
    public Tensor outputGradient() {
        return outputGradient;
    }

    /** In training the output is memory of its own; else it is the input. */
    @Override
    public boolean outputMayChange() {
        return mask != null || inputMayChange;
    }

    @Override
    public void forward() {
        if (mask != null) {
            ops.dropout(output, mask, input, scalars, rate, key);
        }
    }

    @Override
    public void backward() {
        if (inputGradient != null) {
            ops.multiply(inputGradient, outputGradient, mask);
        }
    }
}
