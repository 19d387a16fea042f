package io.jcuvae.nn;

import io.jcuvae.tensor.Arena;
import io.jcuvae.tensor.Ops;

/**
 * What layers are bound to.
 *
 * @param ops the device's operations
 * @param values parameters
 * @param gradients their gradients, or null for a model that only looks
 * @param arena memory for activations and their gradients
 * @param rows B, the rows of a batch
 */
public record Binding(Ops ops, Parameters values, Parameters gradients, Arena arena, int rows) {
    /** Whether there will be backward passes. */
    public boolean training() {
        return gradients != null;
    }
}
