package io.jcuvae.jobs;

import io.jcuvae.tensor.UserError;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Locale;
import org.hipparchus.distribution.continuous.BetaDistribution;
import org.hipparchus.distribution.discrete.BinomialDistribution;

/**
 * A score above which a row counts as unusual, from the scores of normal rows and without assuming a distribution. Of n scores
 * in order the k-th, k = ceil((n + 1)(1 - a)), is exceeded by a further normal row with a chance of at most a (Vovk et al.
 * 2005, conformal prediction); ties only lower it. The order statistics that enclose the (1 - a)-quantile with 95 % are
 * those of the binomial distribution (David, Nagaraja 2003, 7.1). How often this very threshold raises a false alarm is
 * Beta(n + 1 - k, k) distributed.
 *
 * @param falseAlarm a, the chance asked for
 * @param threshold the k-th score; a row is unusual when its score is greater
 * @param low lower end of the 95 % interval of the quantile
 * @param high its upper end
 * @param rateLow lower end of the 95 % interval of the threshold's own rate of false alarms
 * @param rateHigh its upper end
 * @param count n
 */
public record Threshold(
        double falseAlarm, double threshold, double low, double high, double rateLow, double rateHigh, int count) {
    private static final double TAIL = 0.025;

    /** How many normal rows a rate needs: as many as put an end to the interval above, (1 - a)^n at most 2.5 %. */
    public static long needed(double falseAlarm) {
        return (long) Math.ceil(Math.log(TAIL) / Math.log1p(-falseAlarm));
    }

    /**
     * Finds the threshold.
     *
     * @param scores of normal rows; sorted by the call
     * @param falseAlarm above 0, at most a half
     * @param source of the rows, for messages
     * @throws UserError when there are too few
     */
    public static Threshold fit(float[] scores, double falseAlarm, String source) {
        int n = scores.length;
        long needed = needed(falseAlarm);
        if (n < needed) {
            throw new UserError(String.format(
                    Locale.ROOT,
                    "--calibrate %s: has %,d rows, a threshold for --false-alarm %s needs at least %,d normal rows to be known"
                            + " with 95 %% confidence; give more, or allow more false alarms (%s)",
                    source,
                    n,
                    share(falseAlarm),
                    needed,
                    n < needed(0.5) ? "no rate is known from so few" : "from " + share(rateFor(n)) + " on"));
        }
        Arrays.parallelSort(scores);
        int k = (int) Math.min(n, (long) Math.ceil((n + 1.0) * (1 - falseAlarm) - 1e-9));
        BinomialDistribution below = new BinomialDistribution(n, 1 - falseAlarm);
        // The quantile is below the l-th score when fewer than l scores are at or below it.
        int low = search(1, n, l -> below.cumulativeProbability(l - 1) > TAIL) - 1;
        int high = search(1, n, u -> 1 - below.cumulativeProbability(u - 1) <= TAIL);
        BetaDistribution rate = new BetaDistribution(n + 1.0 - k, k);
        return new Threshold(
                falseAlarm,
                scores[k - 1],
                scores[Math.max(1, low) - 1],
                scores[Math.min(n, high) - 1],
                rate.inverseCumulativeProbability(TAIL),
                rate.inverseCumulativeProbability(1 - TAIL),
                n);
    }

    /** The least rate, of two digits, that so many rows are enough for. */
    private static double rateFor(int n) {
        double least = -Math.expm1(Math.log(TAIL) / n);
        double step = Math.pow(10, Math.floor(Math.log10(least)) - 1);
        double rate = Math.ceil(least / step) * step;
        return needed(rate) <= n ? rate : rate + step;
    }

    /** A rate as one would type it. */
    static String share(double rate) {
        return new BigDecimal(rate)
                .round(new MathContext(4))
                .stripTrailingZeros()
                .toPlainString();
    }

    /** Something that holds of numbers or not. */
    @FunctionalInterface
    private interface Condition {
        boolean holds(int number);
    }

    /** The least number from..to for which a condition holds that goes on holding; to + 1 where it never does. */
    private static int search(int from, int to, Condition condition) {
        int low = from;
        int high = to + 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (condition.holds(middle)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }
}
