package io.jcuvae.jobs;

/** A distribution of codes to generate from; draw i is a function of the seed and of i alone. */
public interface CodeSampler {
    /**
     * Draws {@code first .. first + count}.
     *
     * @param codes receives [count, Z]
     * @param temperature scale of the deviations from the nearest centre: 1 is the distribution itself
     */
    void draw(float[] codes, long first, int count, long seed, double temperature);
}
