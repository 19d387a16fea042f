package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.stream.IntStream;
import org.hipparchus.distribution.continuous.NormalDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** AUROC and average precision against their definitions, and how often their intervals hold the truth. */
class DetectionTest {
    /** Scores and which are anomalies. */
    private record Case(float[] scores, BitSet anomaly) {
        Detection detection(long seed) {
            return Detection.of(scores, scores.length, anomaly, seed);
        }
    }

    private static Case random(int anomalies, int normal, double apart, int levels, Random random) {
        float[] scores = new float[anomalies + normal];
        BitSet anomaly = new BitSet();
        // Anomalies stand anywhere among the rows.
        int left = anomalies;
        for (int i = 0; i < scores.length; i++) {
            boolean one = random.nextInt(scores.length - i) < left;
            left -= one ? 1 : 0;
            anomaly.set(i, one);
            double score = random.nextGaussian() + (one ? apart : 0);
            scores[i] = (float) (levels == 0 ? score : Math.rint(score * levels) / levels);
        }
        return new Case(scores, anomaly);
    }

    /** The share of pairs of an anomaly and a normal row in which the former is above; ties count half. */
    private static double pairs(Case c) {
        double right = 0;
        long all = 0;
        for (int i = 0; i < c.scores.length; i++) {
            for (int j = 0; j < c.scores.length; j++) {
                if (c.anomaly.get(i) && !c.anomaly.get(j)) {
                    right += c.scores[i] > c.scores[j] ? 1 : c.scores[i] == c.scores[j] ? 0.5 : 0;
                    all++;
                }
            }
        }
        return right / all;
    }

    /** Over every threshold that is a score, from the highest: the recall it adds times the precision at and above it. */
    private static double byThresholds(Case c) {
        float[] thresholds = c.scores.clone();
        Arrays.sort(thresholds);
        double sum = 0;
        double recallBefore = 0;
        for (int t = thresholds.length - 1; t >= 0; t--) {
            int found = 0;
            int above = 0;
            for (int i = 0; i < c.scores.length; i++) {
                if (c.scores[i] >= thresholds[t]) {
                    above++;
                    found += c.anomaly.get(i) ? 1 : 0;
                }
            }
            double recall = (double) found / c.anomaly.cardinality();
            sum += (recall - recallBefore) * found / above;
            recallBefore = recall;
        }
        return sum;
    }

    /** DeLong's variance of the area by its definition, from the placements of every row. */
    private static double deLong(Case c) {
        int n = c.scores.length;
        double[] placement = new double[n];
        for (int i = 0; i < n; i++) {
            int others = 0;
            for (int j = 0; j < n; j++) {
                if (c.anomaly.get(i) != c.anomaly.get(j)) {
                    boolean before = c.anomaly.get(i) ? c.scores[i] > c.scores[j] : c.scores[i] < c.scores[j];
                    placement[i] += before ? 1 : c.scores[i] == c.scores[j] ? 0.5 : 0;
                    others++;
                }
            }
            placement[i] /= others;
        }
        double variance = 0;
        for (boolean kind : new boolean[] {true, false}) {
            double[] some = IntStream.range(0, n)
                    .filter(i -> c.anomaly.get(i) == kind)
                    .mapToDouble(i -> placement[i])
                    .toArray();
            double mean = Arrays.stream(some).average().orElseThrow();
            variance += Arrays.stream(some).map(v -> (v - mean) * (v - mean)).sum() / (some.length - 1) / some.length;
        }
        return variance;
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1, 1, 0",
        "1, 40, 1, 0",
        "40, 1, 1, 2",
        "7, 60, 0.5, 0",
        "30, 30, 1, 1",
        "25, 200, 2, 3",
        "9, 9, 0, 1"
    })
    void figuresAreThoseOfTheDefinitions(int anomalies, int normal, double apart, int levels) {
        Random random = new Random(5);
        for (int round = 0; round < 10; round++) {
            Case c = random(anomalies, normal, apart, levels, random);
            Detection found = c.detection(1);
            assertEquals(anomalies, found.anomalies());
            assertEquals(normal, found.normal());
            assertEquals(pairs(c), found.auroc().value(), 1e-12);
            assertEquals(byThresholds(c), found.averagePrecision().value(), 1e-12);
            double area = found.auroc().value();
            if (anomalies > 1 && normal > 1 && area > 0 && area < 1) {
                double logit = Math.log(area / (1 - area));
                double deviation = Math.sqrt(deLong(c)) / (area * (1 - area));
                assertEquals(
                        1 / (1 + Math.exp(1.959964 * deviation - logit)),
                        found.auroc().low(),
                        1e-6);
                assertEquals(
                        1 / (1 + Math.exp(-1.959964 * deviation - logit)),
                        found.auroc().high(),
                        1e-6);
            }
        }
    }

    private static Case of(String anomalies, float... scores) {
        BitSet anomaly = new BitSet();
        for (int i = 0; i < scores.length; i++) {
            anomaly.set(i, anomalies.charAt(i) == '1');
        }
        return new Case(scores, anomaly);
    }

    @Test
    void knownAnswers() {
        // By hand: 3 of 4 pairs in order; precisions 1 and 2/3 at the two anomalies.
        Detection found = of("0011", 0.1f, 0.4f, 0.35f, 0.8f).detection(1);
        assertEquals(0.75, found.auroc().value(), 1e-15);
        assertEquals(5.0 / 6, found.averagePrecision().value(), 1e-15);
        // All rows alike: half of nothing known, and the share of anomalies.
        found = of("0001", 2, 2, 2, 2).detection(1);
        assertEquals(0.5, found.auroc().value());
        assertEquals(0.25, found.averagePrecision().value());
        // Zeros of either sign are one score, and negative scores are in order.
        assertEquals(0.5, of("01", 0f, -0f).detection(1).auroc().value());
        assertEquals(1, of("01", -3f, -2f).detection(1).auroc().value());
        assertEquals(0, of("01", 3f, -2f).detection(1).auroc().value());
    }

    @Test
    void perfectSeparationHasAnIntervalAllTheSame() {
        Detection found = of("0000011111", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).detection(1);
        assertEquals(1, found.averagePrecision().value());
        assertEquals(Math.pow(0.025, 0.2), found.auroc().low(), 1e-12);
        assertEquals(1, found.auroc().high());
        assertEquals(found.auroc().low(), found.averagePrecision().low());
    }

    @Test
    void aSingleAnomalyHasNone() {
        Detection found = of("00010", 1, 2, 3, 4, 5).detection(1);
        assertTrue(Double.isNaN(found.auroc().low())
                && Double.isNaN(found.averagePrecision().high()));
        assertTrue(
                found.auroc().toString().contains("no interval"), found.auroc().toString());
        JsonObject json = found.toJson();
        assertTrue(json.getAsJsonArray("auroc_95").get(0).isJsonNull());
    }

    @Test
    void oneKindAloneIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> of("00", 1, 2).detection(1));
        assertThrows(IllegalArgumentException.class, () -> of("11", 1, 2).detection(1));
    }

    @Test
    void theBootstrapDependsOnItsSeedAlone() {
        Case c = random(20, 100, 1, 0, new Random(2));
        assertEquals(c.detection(4), c.detection(4));
        assertFalse(c.detection(4).averagePrecision().equals(c.detection(5).averagePrecision()));
        assertEquals(c.detection(4).auroc(), c.detection(5).auroc());
    }

    /**
     * How many of 400 intervals hold the truth: 380 of honest ones on average, with a standard deviation of 4.4. Four of these
     * below is a chance of one in 30,000 for each row here; the bootstrap is granted two per cent for its approximation.
     */
    @ParameterizedTest
    @CsvSource({"25, 150, 1.5", "60, 60, 0.5", "40, 300, 2.5"})
    void intervalsHoldTheTruthAsOftenAsTheyClaim(int anomalies, int normal, double apart) {
        Random random = new Random(11);
        // The truth of two unit normals: Phi(apart / sqrt 2), and the mean precision at each anomaly of a large sample.
        double auroc = new NormalDistribution().cumulativeProbability(apart / Math.sqrt(2));
        Case many = random(20_000 * anomalies / normal, 20_000, apart, 0, random);
        double precision = many.detection(1).averagePrecision().value();
        int areas = 0;
        int precisions = 0;
        for (int round = 0; round < 400; round++) {
            Detection found = random(anomalies, normal, apart, 0, random).detection(round);
            areas += holds(found.auroc(), auroc);
            precisions += holds(found.averagePrecision(), precision);
        }
        assertTrue(areas >= 362 && areas <= 396, areas + " of 400 intervals of AUROC");
        assertTrue(precisions >= 354 && precisions <= 397, precisions + " of 400 intervals of average precision");
    }

    private static int holds(Detection.Interval interval, double truth) {
        return interval.low() <= truth && truth <= interval.high() ? 1 : 0;
    }
}
