package io.jcuvae.train;

/**
 * A part of a training, from its start or between two moments.
 *
 * @param amount how many
 * @param inSteps of steps, else of epochs; epochs may be fractions
 */
public record Stretch(double amount, boolean inSteps) {
    private static final String STEPS = "steps";
    private static final String EPOCHS = "epochs";

    /** Reads {@code 5} or {@code 0.5} (epochs), {@code 5epochs}, or {@code 500steps}. */
    static Stretch parse(String text) {
        boolean steps = text.endsWith(STEPS);
        String number = steps || text.endsWith(EPOCHS)
                ? text.substring(0, text.length() - (steps ? STEPS : EPOCHS).length())
                : text;
        try {
            double amount = Double.parseDouble(number.strip());
            if (amount >= 0 && amount <= 1e9 && (!steps || amount == Math.rint(amount))) {
                return new Stretch(amount, steps);
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException("must be a number of epochs, as in 5 or 0.5, or of steps, as in 500steps");
    }

    /** Whether it has no length. */
    public boolean none() {
        return amount == 0;
    }

    /** Its length in steps, rounded up. */
    public long steps(int stepsPerEpoch) {
        // 0.7 epochs of ten steps are seven, whatever the product of these doubles is.
        return (long) Math.ceil((inSteps ? amount : amount * stepsPerEpoch) - 1e-6);
    }

    /** That share of it. A part of a step counts when the length is taken, see {@link #steps}. */
    Stretch times(double share) {
        return new Stretch(inSteps ? Math.ceil(amount * share - 1e-6) : Math.rint(1e9 * amount * share) / 1e9, inSteps);
    }

    /** As one would type it. */
    @Override
    public String toString() {
        String number = amount == Math.rint(amount) ? Long.toString((long) amount) : Double.toString(amount);
        return inSteps ? number + STEPS : number;
    }
}
