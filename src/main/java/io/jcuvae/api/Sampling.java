package io.jcuvae.api;

import io.jcuvae.jobs.Generation;

/**
 * Which samples to draw. Sample i is a function of the model, the seed, the temperature, the label and i: it is the
 * same however many are asked for, whichever thread asks. Immutable.
 */
public final class Sampling {
    private final long first;
    private final long count;
    private final long seed;
    private final double temperature;
    private final String label;

    private Sampling(long first, long count, long seed, double temperature, String label) {
        this.first = first;
        this.count = count;
        this.seed = seed;
        this.temperature = temperature;
        this.label = label;
    }

    /**
     * Samples 0 .. count - 1 of seed 0, from the prior as it is.
     *
     * @param count from 1; any number, as they are streamed
     */
    public static Sampling of(long count) {
        return new Sampling(0, count, 0, 1, null);
    }

    /**
     * As many from another one on.
     *
     * @param number of the first sample, from 0
     */
    public Sampling first(long number) {
        return new Sampling(number, count, seed, temperature, label);
    }

    /** The same of another random sequence. */
    public Sampling seed(long start) {
        return new Sampling(first, count, start, temperature, label);
    }

    /**
     * The same at another temperature.
     *
     * @param scale of the latent codes: 1 is the prior, 0 gives its mean every time
     */
    public Sampling temperature(double scale) {
        return new Sampling(first, count, seed, scale, label);
    }

    /**
     * The same of a class, which a model that is told labels needs.
     *
     * @param name one of {@link TrainedModel#labels}
     */
    public Sampling label(String name) {
        return new Sampling(first, count, seed, temperature, name);
    }

    Generation.Asked asked() {
        return new Generation.Asked(first, count, seed, temperature, "prior");
    }

    String label() {
        return label;
    }

    /** As in {@code samples 0 to 99 of seed 0}. */
    @Override
    public String toString() {
        return "samples " + first + " to " + (first + count - 1) + " of seed " + seed
                + (temperature == 1 ? "" : " at temperature " + temperature)
                + (label == null ? "" : " with label " + label);
    }
}
