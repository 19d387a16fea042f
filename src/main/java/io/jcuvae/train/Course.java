package io.jcuvae.train;

import io.jcuvae.data.Safetensors;
import java.nio.file.Path;
import java.util.List;

/**
 * Who runs the steps of an epoch: this machine, one after the other, or several in rounds. What the trainer looks at in between
 * is in the state's scalars.
 */
interface Course {
    /** Rows of an epoch. */
    int samples();

    /** Steps of an epoch, those of all machines. */
    long steps();

    /**
     * Writes the scalars into the state with what follows from the configuration: the schedule of the epoch that is next or under
     * way.
     *
     * @param rateFactor what plateaus have left of the learning rate
     */
    void write(double[] scalars, double rateFactor);

    /**
     * Prepares an epoch from where its scalars say.
     *
     * @param scalars of the state
     */
    void begin(double[] scalars);

    /**
     * Runs the next step, or the next round of several.
     *
     * @return rows of the epoch that are done
     */
    int advance();

    /**
     * Why the state is halted.
     *
     * @param scalars of the state
     */
    String diagnosis(double[] scalars);

    /** What a checkpoint holds of it beside the state. */
    List<Safetensors.Entry> kept();

    /**
     * Takes from a checkpoint what {@link #kept} put there.
     *
     * @param file to name in errors
     */
    void restore(Path file, Safetensors tensors);
}
