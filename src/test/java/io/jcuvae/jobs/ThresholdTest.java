package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Thresholds as order statistics: by hand, and by how often they keep what they promise. */
class ThresholdTest {
    private static float[] numbers(int count) {
        float[] scores = new float[count];
        for (int i = 0; i < count; i++) {
            // Not in order.
            scores[i] = (i * 7919L) % count + 1;
        }
        return scores;
    }

    @ParameterizedTest
    @CsvSource({"0.5, 6", "0.1, 36", "0.05, 72", "0.01, 368", "0.001, 3688"})
    void soManyRowsAreNeeded(double rate, int needed) {
        assertEquals(needed, Threshold.needed(rate));
        // As many as put an end to the interval above, not one more.
        assertTrue(Math.pow(1 - rate, needed) <= 0.025 && Math.pow(1 - rate, needed - 1) > 0.025);
        Threshold.fit(numbers(needed), rate, "rows");
        UserError error = assertThrows(UserError.class, () -> Threshold.fit(numbers(needed - 1), rate, "rows"));
        assertTrue(
                error.getMessage().contains("needs at least " + String.format("%,d", needed) + " normal rows"),
                error.getMessage());
    }

    @Test
    void theErrorNamesARateThatWouldDo() {
        UserError error = assertThrows(UserError.class, () -> Threshold.fit(numbers(100), 0.01, "few.csv"));
        assertTrue(
                error.getMessage().contains("--calibrate few.csv: has 100 rows")
                        && error.getMessage().contains("from 0.037 on"),
                error.getMessage());
        Threshold.fit(numbers(100), 0.037, "few.csv");
        assertTrue(assertThrows(UserError.class, () -> Threshold.fit(numbers(3), 0.1, "x"))
                .getMessage()
                .contains("no rate is known from so few"));
    }

    @Test
    void ranksAreThoseOfTheFormula() {
        // n = 999, a = 0.01: the 990th of the scores 1 .. 999; the ends by the binomial distribution (scipy: 982, 996).
        Threshold found = Threshold.fit(numbers(999), 0.01, "rows");
        assertEquals(990, found.threshold());
        assertEquals(982, found.low());
        assertEquals(996, found.high());
        // Beta(10, 990), by scipy.stats.beta.ppf.
        assertEquals(0.00481033, found.rateLow(), 1e-7);
        assertEquals(0.01703275, found.rateHigh(), 1e-7);
        assertEquals(999, found.count());
    }

    /**
     * Of 400 thresholds on uniform scores: the mean rate of false alarms is at most the one asked for (its standard error is
     * below 2 % of it), and the interval of the quantile and that of the rate hold the truth in at least 95 %, but for four
     * standard deviations of 4.4.
     */
    @ParameterizedTest
    @CsvSource({"0.1, 60", "0.05, 400", "0.01, 400"})
    void promisesAreKept(double rate, int count) {
        Random random = new Random(3);
        double alarms = 0;
        int quantiles = 0;
        int rates = 0;
        for (int round = 0; round < 400; round++) {
            float[] scores = new float[count];
            for (int i = 0; i < count; i++) {
                scores[i] = random.nextFloat();
            }
            Threshold found = Threshold.fit(scores, rate, "rows");
            double own = 1 - found.threshold();
            alarms += own / 400;
            quantiles += found.low() <= 1 - rate && 1 - rate <= found.high() ? 1 : 0;
            rates += found.rateLow() <= own && own <= found.rateHigh() ? 1 : 0;
        }
        assertTrue(alarms <= rate * 1.1, alarms + " for " + rate);
        assertTrue(alarms >= rate * 0.5, alarms + " for " + rate);
        assertTrue(quantiles >= 362, quantiles + " of 400 intervals of the quantile");
        assertTrue(rates >= 362 && rates <= 396, rates + " of 400 intervals of the rate");
    }

    @Test
    void tiesRaiseNoAlarm() {
        float[] same = new float[400];
        assertEquals(0, Threshold.fit(same, 0.05, "rows").threshold());
    }
}
