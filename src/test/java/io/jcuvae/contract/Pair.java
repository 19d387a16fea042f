package io.jcuvae.contract;

import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * The same tensor on two backends.
 *
 * @param name for messages
 * @param initial the values both started with
 * @param tested on the backend under test
 * @param oracle on the oracle; null where there is none
 */
record Pair(String name, double[] initial, Tensor tested, Tensor oracle) {
    int count() {
        return initial.length;
    }

    Shape shape() {
        return tested.shape();
    }

    ElementType type() {
        return tested.buffer().type();
    }

    /** One of the initial values. */
    double at(int i) {
        return initial[i];
    }
}
