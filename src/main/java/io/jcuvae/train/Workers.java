package io.jcuvae.train;

import java.util.List;

/** The machines, or devices of one, that train together: each has its own part of the rows. */
public interface Workers extends AutoCloseable {
    /** W. */
    int count();

    /**
     * Has every worker read its rows.
     *
     * @param run a name for the run that begins or goes on
     * @return of the workers in their order
     */
    List<Shard.Facts> survey(String run, TrainConfig config);

    /**
     * Has every worker do its part of a round. Where one is lost all of it is done again from the order, which gives
     * the same bits.
     *
     * @return of the workers in their order
     */
    List<RoundResult> round(RoundOrder order);

    /** Lets go of what workers keep between rounds. */
    @Override
    void close();
}
