package io.jcuvae.data;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/** Decimal numbers in text, parsed from bytes without making a string in the usual case. */
final class CsvNumber {
    /** What stands for a missing or unbounded value in files that programs write. */
    private static final Set<String> GAPS =
            Set.of("nan", "-nan", "+nan", "inf", "-inf", "+inf", "infinity", "-infinity", "na", "n/a", "null", "none");

    /** Up to here a power of ten is exact in a double (10^22 = 2^22 * 5^22, and 5^22 < 2^53). */
    private static final int EXACT_POWER = 22;

    private static final int EXACT_DIGITS = 15;
    private static final double[] POWERS = new double[EXACT_POWER + 1];

    static {
        for (int i = 0; i < POWERS.length; i++) {
            POWERS[i] = Double.parseDouble("1e" + i);
        }
    }

    private CsvNumber() {}

    /**
     * Parses {@code text[from .. to)}, such as {@code -1.5e-3}.
     *
     * @return the nearest double; infinite if the number leaves its range
     * @throws NumberFormatException if the text is no decimal number
     */
    static double parse(byte[] text, int from, int to) {
        int at = from;
        boolean negative = at < to && text[at] == '-';
        if (negative || at < to && text[at] == '+') {
            at++;
        }
        long mantissa = 0;
        int digits = 0;
        int significant = 0;
        int scale = 0;
        boolean point = false;
        for (; at < to; at++) {
            byte c = text[at];
            if (c >= '0' && c <= '9') {
                digits++;
                significant += significant > 0 || c != '0' ? 1 : 0;
                mantissa = significant <= EXACT_DIGITS ? mantissa * 10 + (c - '0') : 0;
                scale -= point ? 1 : 0;
            } else if (c == '.' && !point) {
                point = true;
            } else {
                break;
            }
        }
        if (digits == 0) {
            throw new NumberFormatException();
        }
        if (at < to) {
            scale += exponent(text, at, to);
        }
        // Clinger's fast path: both factors are exact, so one rounding makes the nearest double.
        if (significant <= EXACT_DIGITS && Math.abs(scale) <= EXACT_POWER) {
            double value = scale < 0 ? mantissa / POWERS[-scale] : mantissa * POWERS[scale];
            return negative ? -value : value;
        }
        return Double.parseDouble(new String(text, from, to - from, StandardCharsets.ISO_8859_1));
    }

    private static int exponent(byte[] text, int from, int to) {
        int at = from + 1;
        if (text[from] != 'e' && text[from] != 'E') {
            throw new NumberFormatException();
        }
        boolean negative = at < to && text[at] == '-';
        if (negative || at < to && text[at] == '+') {
            at++;
        }
        if (at == to) {
            throw new NumberFormatException();
        }
        int exponent = 0;
        for (; at < to; at++) {
            if (text[at] < '0' || text[at] > '9') {
                throw new NumberFormatException();
            }
            // Held at a bound that is out of a double's range either way.
            exponent = Math.min(100_000, exponent * 10 + text[at] - '0');
        }
        return negative ? -exponent : exponent;
    }

    /** Whether the text stands for a missing or unbounded value. */
    static boolean isGap(String text) {
        return GAPS.contains(text.toLowerCase(Locale.ROOT));
    }
}
