package io.jcuvae.train;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a run may take. It is given as a duration, and becomes a number of epochs once the pace of the run is known; from then
 * on it says how many were planned, and nothing depends on the clock any more.
 *
 * @param seconds of training, 0 for no limit
 * @param planned epochs that were asked for before the budget was known to allow fewer, 0 while that is not known
 */
public record Budget(double seconds, int planned) {
    /** As many epochs as are asked for. */
    public static final Budget NONE = new Budget(0, 0);

    private static final Pattern FORM = Pattern.compile("(\\d+(?:\\.\\d+)?)([smh])(?: of (\\d{1,7}) epochs)?");

    /** Reads {@code none}, {@code 90s}, {@code 10m}, {@code 2h}, and those with {@code of 3280 epochs} behind. */
    static Budget parse(String text) {
        if (text.equals("none")) {
            return NONE;
        }
        Matcher matcher = FORM.matcher(text);
        if (matcher.matches()) {
            double seconds = Double.parseDouble(matcher.group(1)) * secondsOf(matcher.group(2));
            int planned = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
            if (seconds > 0 && seconds <= 1e8) {
                return new Budget(seconds, planned);
            }
        }
        throw new IllegalArgumentException("must be a duration, as in 90s, 10m or 2h, or none");
    }

    private static int secondsOf(String unit) {
        return switch (unit) {
            case "s" -> 1;
            case "m" -> 60;
            default -> 3600;
        };
    }

    /** Whether the number of epochs is still to be found. */
    public boolean open() {
        return seconds > 0 && planned == 0;
    }

    /** The same with what was planned. */
    Budget of(int epochs) {
        return new Budget(seconds, epochs);
    }

    /** As one would type it. */
    @Override
    public String toString() {
        if (seconds == 0) {
            return "none";
        }
        String text = seconds % 3600 == 0
                ? number(seconds / 3600) + "h"
                : seconds % 60 == 0 ? number(seconds / 60) + "m" : number(seconds) + "s";
        return planned == 0 ? text : text + " of " + planned + " epochs";
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : String.format(Locale.ROOT, "%.9g", value);
    }
}
