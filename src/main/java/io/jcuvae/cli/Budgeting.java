package io.jcuvae.cli;

import io.jcuvae.train.Pace;
import io.jcuvae.train.TrainConfig;
import java.util.Locale;

/** Finds how many epochs a budget has room for, on the device that is to train. */
final class Budgeting {
    private Budgeting() {}

    /** The configuration that fits, and a line about it. */
    static TrainConfig fit(Arguments arguments, Output output, TrainConfig planned, TrainCommand.Rows rows) {
        Pace pace;
        try (Device device = Device.open(arguments, planned)) {
            pace = Pace.measure(planned, rows.train(), rows.test(), rows.validation(), device.backend());
        }
        int room = pace.epochsIn(planned.budget());
        int epochs = Math.max(1, Math.min(planned.epochs(), room));
        output.note(String.format(
                Locale.ROOT,
                "budget   %s: %.3g ms a step, %s steps an epoch and %.3g s after it: %s of %s epochs%s",
                planned.budget(),
                1e3 * pace.stepSeconds(),
                Figures.count(pace.stepsPerEpoch()),
                pace.evaluationSeconds(),
                Figures.count(epochs),
                Figures.count(planned.epochs()),
                epochs < planned.epochs() ? ", schedules shortened with them" : ""));
        if (room < 1) {
            output.warn(String.format(
                    Locale.ROOT,
                    "--budget %s: one epoch takes about %.0f s, so that the run will take longer; give more time, or train on"
                            + " fewer rows with --limit",
                    planned.budget(),
                    pace.epochSeconds()));
        }
        return planned.shortened(epochs);
    }
}
