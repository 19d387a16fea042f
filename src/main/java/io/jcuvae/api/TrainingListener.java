package io.jcuvae.api;

/**
 * Told how a training goes, by the thread that trains, which waits meanwhile. What it throws ends the training. Every
 * method has a default; warnings go to the log unless they are taken.
 */
public interface TrainingListener {
    /**
     * How far an epoch is.
     *
     * @param epoch from 1
     * @param epochs in all
     * @param done samples of the epoch done
     * @param samples of the epoch
     * @param loss average of the epoch so far, nats per sample
     * @param samplesPerSecond since the epoch began
     */
    record Progress(int epoch, int epochs, int done, int samples, double loss, double samplesPerSecond) {}

    /**
     * What an epoch came to, nats per sample.
     *
     * @param epoch from 1
     * @param training averages over the epoch's steps
     * @param heldOut of the held-out rows, after the epoch
     * @param activeUnits latents that carry information
     * @param seconds that its training took
     */
    record Epoch(int epoch, Losses training, Losses heldOut, int activeUnits, double seconds) {}

    /**
     * A loss and its parts, nats per sample.
     *
     * @param loss what is trained on
     * @param reconstruction negative log-likelihood
     * @param kl divergence from the prior
     */
    record Losses(double loss, double reconstruction, double kl) {}

    /** Told every few steps. */
    default void progress(Progress progress) {}

    /** Told after each epoch. */
    default void epoch(Epoch epoch) {}

    /** Told when something looks wrong while there is time to act. */
    default void warning(String line) {
        Log.warning(line);
    }
}
