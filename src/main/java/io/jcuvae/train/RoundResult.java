package io.jcuvae.train;

import java.io.Serializable;

/**
 * What a worker made of a round.
 *
 * @param worker from 0
 * @param state after its steps; null where it had no rows left in the epoch
 * @param scalars after its steps
 * @param rows that it trained on
 * @param seconds that its steps took
 * @param failure one line where its loss was not finite, else null
 */
public record RoundResult(int worker, RoundState state, double[] scalars, int rows, double seconds, String failure)
        implements Serializable {}
