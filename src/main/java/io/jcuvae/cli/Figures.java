package io.jcuvae.cli;

import java.util.Locale;

/** Numbers as people read them, the same in every country. */
final class Figures {
    private Figures() {}

    /** A loss: about five digits. */
    static String nats(double value) {
        double size = Math.abs(value);
        if (size != 0 && (size < 1e-3 || size >= 1e7)) {
            return String.format(Locale.ROOT, "%.3e", value);
        }
        return String.format(Locale.ROOT, size < 10 ? "%.3f" : size < 1e5 ? "%.2f" : "%.0f", value);
    }

    /** A count with commas between the thousands. */
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** A time as {@code 1:02:03}, {@code 2:03}, {@code 0:03}. */
    static String time(double seconds) {
        long whole = Math.max(0, Math.round(seconds));
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }

    /** A bar of that many characters. */
    static String bar(double share, int length) {
        int done = (int) (Math.max(0, Math.min(1, share)) * (length - 2));
        return "[" + "=".repeat(done) + " ".repeat(length - 2 - done) + "]";
    }
}
