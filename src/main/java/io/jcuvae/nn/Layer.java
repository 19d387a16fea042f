package io.jcuvae.nn;

import io.jcuvae.tensor.Tensor;

/**
 * A layer bound to memory: it reads its input and writes its output in place, batch after batch. The backward pass is written
 * out by hand; it overwrites {@link #outputGradient()} as it likes.
 */
public interface Layer {
    /** What the forward pass writes, [B, ...]. */
    Tensor output();

    /** Where the backward pass finds the gradient of the output; null if bound without gradients. */
    Tensor outputGradient();

    /**
     * Whether the layer after this one may write over the output: no backward pass reads it, and it is memory of its own.
     */
    default boolean outputMayChange() {
        return false;
    }

    /** Computes the output. */
    void forward();

    /** Computes the gradients of the parameters, and of the input if it was bound with a place for it. */
    void backward();
}
