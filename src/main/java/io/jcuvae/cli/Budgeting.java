package io.jcuvae.cli;

import io.jcuvae.train.Pace;
import io.jcuvae.train.TrainConfig;
import java.util.Locale;
import java.util.Optional;

/** Finds how many epochs a budget has room for, on the device that is to train. */
final class Budgeting {
    private Budgeting() {}

    /** The configuration that fits, and a line about it. */
    static TrainConfig fit(Arguments arguments, Output output, TrainConfig planned, TrainCommand.Rows rows) {
        Pace pace;
        try (Device device = Device.open(arguments, planned)) {
            pace = Pace.measure(planned, rows.train(), rows.test(), rows.validation(), device.backend());
        }
        output.note(line(planned, pace));
        shortage(planned, pace).ifPresent(output::warn);
        return planned.shortened(epochs(planned, pace));
    }

    /** The epochs there is room for, at least one and no more than planned. */
    static int epochs(TrainConfig planned, Pace pace) {
        return Math.max(1, Math.min(planned.epochs(), pace.epochsIn(planned.budget())));
    }

    private static String line(TrainConfig planned, Pace pace) {
        int epochs = epochs(planned, pace);
        return String.format(
                Locale.ROOT,
                "budget   %s: %.3g ms a step, %s steps an epoch and %.3g s after it: %s of %s epochs%s",
                planned.budget(),
                1e3 * pace.stepSeconds(),
                Figures.count(pace.stepsPerEpoch()),
                pace.evaluationSeconds(),
                Figures.count(epochs),
                Figures.count(planned.epochs()),
                epochs < planned.epochs() ? ", schedules shortened with them" : "");
    }

    /** What is to be said where there is no room for a single epoch. */
    static Optional<String> shortage(TrainConfig planned, Pace pace) {
        if (pace.epochsIn(planned.budget()) >= 1) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "--budget %s: one epoch takes about %.0f s, so that the run will take longer; give more time, or train on"
                        + " fewer rows with --limit",
                planned.budget(),
                pace.epochSeconds()));
    }
}
