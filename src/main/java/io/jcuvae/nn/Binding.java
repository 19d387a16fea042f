package io.jcuvae.nn;

import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Tensor;

/**
 * What layers are bound to.
 *
 * @param ops the device's operations
 * @param values parameters
 * @param buffers what is kept but not trained: read where the model only looks, moved by the backward pass where it trains
 * @param gradients the parameters' gradients, or null for a model that only looks
 * @param scalars of the training step, or null for a model that only looks
 * @param seed of the run, for what layers draw while training
 * @param arena memory for activations and their gradients
 * @param rows B, the rows of a batch
 * @param inputMayChange whether nobody needs the next layer's input again, so that it may write its output in its place
 */
public record Binding(
        Ops ops,
        Parameters values,
        Parameters buffers,
        Parameters gradients,
        Tensor scalars,
        long seed,
        Arena arena,
        int rows,
        boolean inputMayChange) {

    /** A binding of layers that neither keep buffers nor draw. */
    public Binding(Ops ops, Parameters values, Parameters gradients, Arena arena, int rows) {
        this(ops, values, null, gradients, null, 0, arena, rows, false);
    }

    /** Whether there will be backward passes. */
    public boolean training() {
        return gradients != null;
    }

    /** The same for batches of another size. */
    public Binding withRows(int other) {
        return new Binding(ops, values, buffers, gradients, scalars, seed, arena, other, inputMayChange);
    }

    /** The same with another word on the next layer's input. */
    Binding withInputThatMayChange(boolean may) {
        return new Binding(ops, values, buffers, gradients, scalars, seed, arena, rows, may);
    }
}
