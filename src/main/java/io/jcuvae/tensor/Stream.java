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

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    /** Beyond any stream's number. */
    private static final long WORKERS_BEGIN = 1L << 32;

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
        return mixed(seed + ordinal() * GOLDEN);
    }

    /**
     * The seed of one of several workers, each of which draws sequences of its own: that of the run for the first.
     *
     * @param seed the run's seed
     * @param worker from 0
     */
    public static long seedOf(long seed, int worker) {
        if (worker == 0) {
            return seed;
        }
        // NOISE's key is the seed itself, so that the seeds of workers must not be keys of the run's other streams.
        return mixed(seed + (WORKERS_BEGIN + worker) * GOLDEN);
    }

    private static long mixed(long value) {
        long z = value;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
