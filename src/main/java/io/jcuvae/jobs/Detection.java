package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How well scores tell anomalies from normal rows: the area under the ROC curve, which is the chance that an anomaly scores
 * above a normal row (a tie counts half), and average precision, the sum over the distinct scores, from the highest, of the
 * precision at and above each times the recall that it adds; rows with equal scores come in together. Both in O(n log n).
 *
 * <p>Intervals are of 95 %: of AUROC by DeLong's variance (DeLong et al. 1988, computed from midranks as Sun, Xu 2014), of
 * average precision by the standard deviation over stratified bootstrap samples; each on the scale of the logit, where they
 * cover better than on the plain one with few anomalies, and stay within 0 and 1. Where the two kinds do not overlap at all
 * neither has a variance: the interval then is that of min(m, n) independent pairs that are all in order, at level 97.5 %.
 *
 * @param normal rows that are none
 * @param anomalies rows that are
 * @param auroc area under the ROC curve
 * @param averagePrecision average precision; by chance it is the share of anomalies
 * @param resamples bootstrap samples behind the latter's interval
 */
public record Detection(long normal, long anomalies, Interval auroc, Interval averagePrecision, int resamples) {
    /** Samples of the bootstrap, fewer where there are more than a million rows. */
    public static final int RESAMPLES = 1000;

    private static final long MOST_DRAWS = 1_000_000_000L;
    private static final int LEAST_RESAMPLES = 200;
    /** Of the standard normal, at 97.5 %. */
    private static final double Z = 1.959963984540054;

    /**
     * A figure with its 95 % interval.
     *
     * @param low NaN, as is high, where a single row of a kind gives no variance
     */
    public record Interval(double value, double low, double high) {
        JsonArray ends() {
            JsonArray ends = new JsonArray();
            ends.add(Double.isNaN(low) ? null : low);
            ends.add(Double.isNaN(high) ? null : high);
            return ends;
        }

        /** The figure and its interval for people, four digits each. */
        @Override
        public String toString() {
            String ends =
                    Double.isNaN(low) ? "no interval" : String.format(Locale.ROOT, "95 %%: %.4f to %.4f", low, high);
            return String.format(Locale.ROOT, "%.4f   (%s)", value, ends);
        }
    }

    /** Rows of equal score, from the highest score on: how many there are of each kind. */
    private record Groups(int[] anomalies, int[] normal) {}

    /**
     * Measures.
     *
     * @param scores [n], finite; more is more unusual
     * @param count n
     * @param anomaly which of them are anomalies: at least one is, and at least one is not
     * @param seed of the bootstrap
     * @throws IllegalArgumentException when all are of one kind
     */
    public static Detection of(float[] scores, int count, BitSet anomaly, long seed) {
        int anomalies = anomaly.get(0, count).cardinality();
        int normal = count - anomalies;
        if (anomalies == 0 || normal == 0) {
            throw new IllegalArgumentException(anomalies + " anomalies and " + normal + " normal rows");
        }
        Groups groups = groups(scores, count, anomaly);
        Interval auroc = auroc(groups, anomalies, normal);
        int resamples = (int) Math.max(LEAST_RESAMPLES, Math.min(RESAMPLES, MOST_DRAWS / count));
        double precision = averagePrecision(groups.anomalies, groups.normal, anomalies);
        Interval averagePrecision = auroc.value == 1
                ? new Interval(precision, auroc.low, 1)
                : byBootstrap(precision, groups, anomalies, normal, resamples, seed);
        return new Detection(normal, anomalies, auroc, averagePrecision, resamples);
    }

    private static Groups groups(float[] scores, int count, BitSet anomaly) {
        long[] keys = new long[count];
        for (int i = 0; i < count; i++) {
            // 0 and -0 are one score; the bits of a float grow with it once those of negative ones are turned round.
            int bits = Float.floatToIntBits(scores[i] == 0 ? 0f : scores[i]);
            int ordered = bits < 0 ? ~bits : bits ^ Integer.MIN_VALUE;
            keys[i] = (ordered & 0xFFFFFFFFL) << 1 | (anomaly.get(i) ? 1 : 0);
        }
        Arrays.parallelSort(keys);
        int[] anomalies = new int[count];
        int[] normal = new int[count];
        int group = -1;
        for (int i = count - 1; i >= 0; i--) {
            group += i == count - 1 || keys[i] >> 1 != keys[i + 1] >> 1 ? 1 : 0;
            if ((keys[i] & 1) == 1) {
                anomalies[group]++;
            } else {
                normal[group]++;
            }
        }
        return new Groups(Arrays.copyOf(anomalies, group + 1), Arrays.copyOf(normal, group + 1));
    }

    private static Interval auroc(Groups groups, int anomalies, int normal) {
        double area = 0;
        double squaresOfAnomalies = 0;
        double squaresOfNormal = 0;
        long above = 0;
        long normalAbove = 0;
        for (int g = 0; g < groups.normal.length; g++) {
            int a = groups.anomalies[g];
            int n = groups.normal[g];
            // The share of normal rows below an anomaly of this score, and of anomalies above a normal row of it.
            double below = (normal - normalAbove - n / 2.0) / normal;
            double over = (above + a / 2.0) / anomalies;
            area += a * below;
            squaresOfAnomalies += a * below * below;
            squaresOfNormal += n * over * over;
            above += a;
            normalAbove += n;
        }
        area /= anomalies;
        double variance = variance(squaresOfAnomalies, area, anomalies) + variance(squaresOfNormal, area, normal);
        if (area == 1 || area == 0) {
            double end = Math.pow(0.025, 1.0 / Math.min(anomalies, normal));
            return area == 1 ? new Interval(1, end, 1) : new Interval(0, 0, 1 - end);
        }
        return onLogit(area, Math.sqrt(variance) / (area * (1 - area)));
    }

    /** Of the mean of so many values, from the sum of their squares; NaN of a single one. */
    private static double variance(double squares, double mean, int count) {
        return Math.max(0, squares - count * mean * mean) / (count - 1) / count;
    }

    /**
     * An interval on the scale of the logit.
     *
     * @param deviation of the logit
     */
    private static Interval onLogit(double value, double deviation) {
        double middle = logit(value);
        return new Interval(
                value, 1 / (1 + Math.exp(Z * deviation - middle)), 1 / (1 + Math.exp(-Z * deviation - middle)));
    }

    private static double logit(double share) {
        return Math.log(share / (1 - share));
    }

    private static double averagePrecision(int[] anomalies, int[] normal, int all) {
        double sum = 0;
        long found = 0;
        long rows = 0;
        for (int g = 0; g < anomalies.length; g++) {
            found += anomalies[g];
            rows += anomalies[g] + normal[g];
            if (anomalies[g] > 0) {
                sum += anomalies[g] * ((double) found / rows);
            }
        }
        return sum / all;
    }

    private static Interval byBootstrap(
            double value, Groups groups, int anomalies, int normal, int resamples, long seed) {
        if (anomalies == 1) {
            return new Interval(value, Double.NaN, Double.NaN);
        }
        int[] ofAnomaly = members(groups.anomalies, anomalies);
        int[] ofNormal = members(groups.normal, normal);
        long key = Stream.BOOTSTRAP.key(seed);
        // A sample in which all anomalies come first has no logit; it counts as half a row short of that.
        double most = 1 - 0.5 / (anomalies + normal);
        double[] logits = IntStream.range(0, resamples)
                .parallel()
                .mapToDouble(sample -> {
                    int[] some = drawn(ofAnomaly, groups.anomalies.length, key, sample, 0);
                    int[] others = drawn(ofNormal, groups.normal.length, key, sample, anomalies);
                    return logit(Math.min(most, averagePrecision(some, others, anomalies)));
                })
                .toArray();
        double mean = Arrays.stream(logits).average().orElseThrow();
        double squares = Arrays.stream(logits).map(v -> (v - mean) * (v - mean)).sum();
        return onLogit(Math.min(most, value), Math.sqrt(squares / (resamples - 1)), value);
    }

    private static Interval onLogit(double centre, double deviation, double value) {
        Interval interval = onLogit(centre, deviation);
        return new Interval(value, interval.low, interval.high);
    }

    /** The group of each row of a kind. */
    private static int[] members(int[] counts, int all) {
        int[] members = new int[all];
        int done = 0;
        for (int g = 0; g < counts.length; g++) {
            Arrays.fill(members, done, done + counts[g], g);
            done += counts[g];
        }
        return members;
    }

    /** How often each group comes in a sample of as many rows, drawn with replacement. */
    private static int[] drawn(int[] members, int groups, long key, int sample, long first) {
        int[] counts = new int[groups];
        int[] bits = new int[Math.min(members.length, 1 << 12)];
        for (int done = 0; done < members.length; done += bits.length) {
            int some = Math.min(bits.length, members.length - done);
            Philox.fillBits(bits, 0, some, key, sample, first + done);
            for (int i = 0; i < some; i++) {
                counts[members[(int) ((bits[i] & 0xFFFFFFFFL) * members.length >>> 32)]]++;
            }
        }
        return counts;
    }

    /** The figures with their intervals and what they are made of. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("normal", normal);
        json.addProperty("anomalies", anomalies);
        json.addProperty("auroc", auroc.value);
        json.add("auroc_95", auroc.ends());
        json.addProperty("auroc_interval", "DeLong, on the logit scale");
        json.addProperty("average_precision", averagePrecision.value);
        json.add("average_precision_95", averagePrecision.ends());
        json.addProperty(
                "average_precision_interval", "stratified bootstrap, " + resamples + " samples, on the logit scale");
        json.addProperty("average_precision_by_chance", (double) anomalies / (anomalies + normal));
        return json;
    }
}
