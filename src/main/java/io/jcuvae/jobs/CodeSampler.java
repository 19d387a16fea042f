package io.jcuvae.jobs;

/** A distribution of codes to generate from; draw i is a function of the seed and of i alone. */
public interface CodeSampler {
    /**
     * The distribution of a class's codes; the same for all unless something else is said.
     *
     * @param number of the class, or {@link Labels#NOTHING}
     */
    default CodeSampler ofClass(int number) {
        return this;
    }

    /**
     * Draws {@code first .. first + count}.
     *
     * @param codes receives [count, Z]
     * @param temperature scale of the deviations from the nearest centre: 1 is the distribution itself
     */
    void draw(float[] codes, long first, int count, long seed, double temperature);
}
