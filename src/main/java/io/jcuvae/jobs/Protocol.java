package io.jcuvae.jobs;

import io.jcuvae.data.SampleShape;
import io.jcuvae.data.ValueKind;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Likelihood;

/**
 * What a loss is a loss of. Figures of different protocols differ by tens of nats for reasons that say nothing about the
 * models, so they must not meet in one table unnoticed.
 *
 * @param likelihood what scores the values
 * @param levels that a categorical likelihood has
 * @param values what the data hold
 * @param binarization what is done to them first
 * @param sample the shape of a sample, which says how its values are called
 * @param standardized whether figures are of standardised values
 */
record Protocol(
        Likelihood likelihood,
        int levels,
        ValueKind values,
        Binarization binarization,
        SampleShape sample,
        boolean standardized) {
    /** What the model was trained with. */
    static Protocol ofTraining(Model model) {
        return new Protocol(
                model.config().likelihood(),
                model.config().levels(),
                model.data().values(),
                model.config().binarization(),
                model.data().shape(),
                model.config().standardizes());
    }

    /** The same treatment of other values. */
    Protocol with(ValueKind other) {
        return new Protocol(likelihood, levels, other, binarization, sample, standardized);
    }

    /** Whether figures can be compared. A model of any numbers takes those that happen to lie in [0, 1] as well. */
    boolean covers(Protocol evaluated) {
        return values == evaluated.values || values == ValueKind.REAL;
    }

    /** What is scored, as in {@code grey values in [0, 1], used as they are}. */
    String input() {
        return switch (values) {
            case BINARY -> "values 0 and 1";
            case UNIT ->
                graded() + " in [0, 1], "
                        + (binarization == Binarization.NONE
                                ? "used as they are"
                                : "drawn to 0 or 1 (" + binarization.label() + " binarization)");
            case REAL ->
                likelihood == Likelihood.TABLE
                        ? "columns of a table in their own units, missing values left out"
                        : standardized ? "standardised values" : "real values";
        };
    }

    @Override
    public String toString() {
        return likelihood.label() + " likelihood of " + input();
    }

    /** The units of loss and reconstruction. */
    String units() {
        return likelihood.isDensity() ? "nats per sample" : "squared error per sample (KL in nats)";
    }

    /** What the figures must not be compared with, or what they are not; empty where nothing need be said. */
    String caution() {
        if (likelihood == Likelihood.MSE) {
            return "a sum of squared errors is no density, so the loss is no bound on a likelihood";
        }
        if (likelihood == Likelihood.BERNOULLI) {
            return values == ValueKind.UNIT && binarization == Binarization.NONE
                    ? "not comparable with figures on binarized values"
                    : "not comparable with figures on " + graded() + (sample.isImage() ? "" : " in between");
        }
        if (likelihood.isDiscrete()) {
            return "a probability of values rounded to " + (likelihood == Likelihood.CATEGORICAL ? levels : 256)
                    + " levels, comparable with such figures only";
        }
        if (likelihood == Likelihood.TABLE) {
            return "a density of the numeric columns times the probability of the others, comparable only over the same columns";
        }
        return "a density of continuous values, not comparable with Bernoulli figures";
    }

    /** Values between 0 and 1 as they are called in this kind of sample. */
    private String graded() {
        return sample.picture()
                .map(picture -> picture.channels() == 1 ? "grey values" : "colour values")
                .orElse("values");
    }
}
