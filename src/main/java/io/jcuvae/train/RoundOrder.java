package io.jcuvae.train;

import java.io.Serializable;

/**
 * What a round asks of the workers: it says all of it, so that whoever does a worker's part needs to know nothing of
 * rounds before.
 *
 * @param plan of the run
 * @param epoch from 1
 * @param steps of each worker that has rows left in the epoch for so many
 * @param rateFactor what plateaus have left of the learning rate
 * @param state that all begin with
 * @param scalars [W, COUNT]: each worker's, see {@link io.jcuvae.tensor.Scalars}
 */
public record RoundOrder(RoundPlan plan, int epoch, int steps, double rateFactor, RoundState state, double[][] scalars)
        implements Serializable {}
