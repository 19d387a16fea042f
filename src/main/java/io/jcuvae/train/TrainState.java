package io.jcuvae.train;

import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.vae.Learning;

/**
 * All that training changes, on the device: what a checkpoint holds.
 *
 * @param values parameters
 * @param buffers what layers keep beside them, as running statistics
 * @param gradients of the last step; recomputed by each
 * @param firstMoments Adam's m
 * @param secondMoments Adam's v
 * @param average moving average of the values, or null without one
 * @param scalars see {@link Scalars}
 */
public record TrainState(
        Parameters values,
        Parameters buffers,
        Parameters gradients,
        Parameters firstMoments,
        Parameters secondMoments,
        Parameters average,
        Tensor scalars) {

    /** Zeroed state without an average. */
    public static TrainState allocate(ParameterLayout layout, Backend backend) {
        return allocate(layout, backend, false);
    }

    /**
     * Zeroed state, but for the buffers, which are as they start.
     *
     * @param averaged whether with an average
     */
    public static TrainState allocate(ParameterLayout layout, Backend backend, boolean averaged) {
        return new TrainState(
                Parameters.allocate(layout, backend),
                Parameters.buffers(layout, backend),
                Parameters.allocate(layout, backend),
                Parameters.allocate(layout, backend),
                Parameters.allocate(layout, backend),
                averaged ? Parameters.allocate(layout, backend) : null,
                Scalars.allocate(backend));
    }

    /**
     * What a model is bound to for training.
     *
     * @param seed of what layers draw
     */
    public Learning learning(long seed) {
        return new Learning(values, buffers, gradients, scalars, seed);
    }

    /**
     * What evaluation uses and a model file holds, beside the buffers: the average where there is one, else the values. Buffers
     * are not averaged, as they are averages themselves.
     */
    public Parameters forUse() {
        return average == null ? values : average;
    }
}
