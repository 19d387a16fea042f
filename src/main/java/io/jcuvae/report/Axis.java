package io.jcuvae.report;

import java.util.Locale;

/**
 * One direction of a chart: values, where they lie, and its ticks at round numbers.
 *
 * @param least the value at the beginning
 * @param most the value at the end
 * @param step between ticks
 */
record Axis(double least, double most, double step) {
    /**
     * An axis whose ends are ticks.
     *
     * @param ticks about how many
     */
    static Axis around(double least, double most, int ticks) {
        double low = least;
        double high = most;
        if (!(high > low)) {
            double room = Math.max(Math.abs(low) * 0.05, 0.5);
            low -= room;
            high += room;
        }
        double step = step((high - low) / ticks);
        return new Axis(Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step, step);
    }

    /** An axis with ends of its own. */
    static Axis between(double least, double most, int ticks) {
        return new Axis(least, most, step((most - least) / ticks));
    }

    /** An axis of epochs, which are whole. */
    static Axis ofEpochs(double first, double last, int ticks) {
        return new Axis(first, Math.max(last, first + 1), Math.max(1, step((last - first) / ticks)));
    }

    /** 1, 2 or 5 times a power of ten, at least so large. */
    private static double step(double least) {
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * power >= least * (1 - 1e-9)) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    /** Where a value lies: 0 at the beginning, 1 at the end. */
    double share(double value) {
        return (value - least) / (most - least);
    }

    /** The values that have ticks. */
    double[] ticks() {
        int first = (int) Math.ceil(least / step - 1e-9);
        int last = (int) Math.floor(most / step + 1e-9);
        double[] ticks = new double[Math.max(0, last - first + 1)];
        for (int i = 0; i < ticks.length; i++) {
            ticks[i] = (first + i) * step;
        }
        return ticks;
    }

    /** A tick's value as it stands beside it. */
    String label(double value) {
        if (Math.abs(value) < step / 1e6) {
            return "0";
        }
        if (Math.abs(most) >= 1e6 || Math.abs(least) >= 1e6 || step < 1e-4) {
            return String.format(Locale.ROOT, "%.3g", value);
        }
        int decimals = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }
}
