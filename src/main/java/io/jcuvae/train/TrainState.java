package io.jcuvae.train;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;

/**
 * All that training changes, on the device: what a checkpoint holds.
 *
 * @param values parameters
 * @param buffers what layers keep beside them, as running statistics
 * @param gradients of the last step; recomputed by each
 * @param firstMoments Adam's m
 * @param secondMoments Adam's v
 * @param scalars see {@link Scalars}
 */
public record TrainState(
        Parameters values,
        Parameters buffers,
        Parameters gradients,
        Parameters firstMoments,
        Parameters secondMoments,
        Tensor scalars) {

    /** Zeroed state, but for the buffers, which are as they start. */
    public static TrainState allocate(ParameterLayout layout, Backend backend) {
        return new TrainState(
                Parameters.allocate(layout, backend),
                Parameters.buffers(layout, backend),
                Parameters.allocate(layout, backend),
                Parameters.allocate(layout, backend),
                Parameters.allocate(layout, backend),
                Scalars.allocate(backend));
    }
}
