package io.jcuvae.tensor;

/**
 * The independent random sequences of one seed. Each has its own Philox key, so drawing more from one never shifts
 * another: changing the number of epochs does not change the split, and so on.
 */
public enum Stream {
    /** The reparameterization noise of training. Its key is the seed itself, as cuRAND would take it. */
    NOISE,
    /** Initial parameters. */
    INITIALISATION,
    /** The order of the samples, drawn anew per epoch. */
    SHUFFLE,
    /** Bernoulli draws that make grey pixels black or white. */
    BINARIZATION,
    /** Which rows of an undivided file are held out. */
    SPLIT,
    /** The noise of evaluation and of reconstructions. */
    EVALUATION,
    /** The latents of generated samples. */
    GENERATION,
    /** The drawn data sets. */
    DRAWING,
    /** The masks of dropout, with a key per layer. */
    DROPOUT,
    /** Mixtures: which component a generated sample comes from, and where a fit begins. */
    MIXTURE,
    /** Which rows a bootstrap sample has. */
    BOOTSTRAP,
    /** Where the codes of a codebook go that nobody uses. */
    REVIVAL;

    /**
     * The Philox key of this stream.
     *
     * @param seed the run's seed
     */
    public long key(long seed) {
        if (this == NOISE) {
            return seed;
        }
        // SplitMix64's finalizer (Steele, Lea, Flood 2014) keeps the streams of neighbouring seeds apart.
        long z = seed + ordinal() * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
