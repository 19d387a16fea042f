package io.jcuvae.jobs;

import java.util.List;

/**
 * A mixture for each class of a model that is told labels: where the codes of a class lie is what its label leaves open.
 *
 * @param mixtures by the class's number
 */
record ClassMixtures(List<Mixture> mixtures) implements CodeSampler {
    @Override
    public CodeSampler ofClass(int number) {
        return mixtures.get(number);
    }

    @Override
    public void draw(float[] codes, long first, int count, long seed, double temperature) {
        throw new IllegalStateException("which class's mixture?");
    }
}
