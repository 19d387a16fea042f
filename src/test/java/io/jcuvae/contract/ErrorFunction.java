package io.jcuvae.contract;

/**
 * erf and erfc to about 1e-14 relative: the all-positive series below 1.5, the continued fraction above, where 1 - erf would
 * cancel (Abramowitz, Stegun 1964, 7.1.6 and 7.1.14).
 */
final class ErrorFunction {
    private static final double SWITCH = 1.5;

    private ErrorFunction() {}

    /** erf(x) = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
    static double erf(double x) {
        double z = Math.abs(x);
        return Math.copySign(z < SWITCH ? series(z) : 1 - fraction(z), x);
    }

    /** erfc(x) = 1 - erf(x), with its relative accuracy kept for large x. */
    static double erfc(double x) {
        if (x < 0) {
            return 2 - erfc(-x);
        }
        return x < SWITCH ? 1 - series(x) : fraction(x);
    }

    /** 2 / sqrt(pi) exp(-x^2) sum over n of 2^n x^(2n + 1) / (1 3 5 ... (2n + 1)). */
    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; term > 1e-18 * sum; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /** exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + 1 / (x + (3/2) / (x + ...)))), from the inside out. */
    private static double fraction(double x) {
        double tail = x;
        for (int n = 120; n >= 1; n--) {
            tail = x + n / 2.0 / tail;
        }
        return Math.exp(-x * x) / (Math.sqrt(Math.PI) * tail);
    }
}
