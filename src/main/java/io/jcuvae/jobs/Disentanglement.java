package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * How far single latents stand for single factors of samples whose factors are known; all three from 0 to 1, more is better.
 * Codes are posterior means. Protocols are those of Locatello et al., Challenging Common Assumptions in the Unsupervised
 * Learning of Disentangled Representations (2019), unless said otherwise.
 *
 * @param gap MIG (Chen et al. 2018): the mean over the factors of (I1 - I2) / H, with I1 and I2 the largest and second
 *     largest mutual information of the factor with a latent, which is cut into {@value #BINS} bins of equal width, and H its
 *     entropy
 * @param factorScore the score of FactorVAE (Kim, Mnih 2018), see {@link #factorScore}
 * @param disentanglement of DCI (Eastwood, Williams 2018): how far each latent serves one factor
 * @param completeness how far each factor is served by one latent
 * @param informativeness the share of held-out samples whose factors are read off their codes rightly, mean over the factors
 * @param information [F][Z]: mutual information of factors and latents, nats
 * @param importance [F][Z]: what each latent is worth for each factor, a row's sum is 1
 */
record Disentanglement(
        double gap,
        double factorScore,
        double disentanglement,
        double completeness,
        double informativeness,
        double[][] information,
        double[][] importance) {
    /** Bins of a latent for its mutual information with a factor. */
    static final int BINS = 20;
    /** Samples with one factor in common that give a vote. */
    static final int VOTE_SAMPLES = 64;
    /** Votes that the majority is of. */
    static final int VOTES = 10_000;
    /** Votes that are compared with it. */
    static final int TEST_VOTES = 5_000;
    /** Latents whose means vary less have collapsed and do not vote. */
    static final double LEAST_VARIANCE = 0.05;
    /** Samples that DCI's predictors are fitted to, and half as many to test them, or two and one third of what there is. */
    static final int PREDICTOR_SAMPLES = 10_000;

    /**
     * Measures codes against factors.
     *
     * @param codes [N][Z]
     * @param seed of what is drawn
     */
    static Disentanglement of(float[][] codes, Factors factors, long seed, Progress progress) {
        double[][] information = information(codes, factors);
        progress.at(1, 3);
        double score = factorScore(codes, factors, new SplittableRandom(seed));
        progress.at(2, 3);
        double[][] importance = new double[factors.count()][];
        double[] right = new double[factors.count()];
        int[] order = order(codes.length, new SplittableRandom(seed + 1));
        int train = Math.min(PREDICTOR_SAMPLES, codes.length * 2 / 3);
        int test = Math.min(train / 2, codes.length - train);
        IntStream.range(0, factors.count()).parallel().forEach(f -> {
            Forest forest = Forest.fit(
                    codes,
                    factors.classes()[f],
                    factors.sizes()[f],
                    Arrays.copyOf(order, train),
                    new SplittableRandom(seed + 2 + f));
            importance[f] = forest.importance();
            right[f] = forest.accuracy(codes, factors.classes()[f], Arrays.copyOfRange(order, train, train + test));
        });
        progress.at(3, 3);
        double[][] served = new double[codes[0].length][factors.count()];
        for (int f = 0; f < factors.count(); f++) {
            for (int d = 0; d < served.length; d++) {
                served[d][f] = importance[f][d];
            }
        }
        return new Disentanglement(
                gap(information, factors),
                score,
                concentration(served, true),
                concentration(importance, false),
                Arrays.stream(right).average().orElse(Double.NaN),
                information,
                importance);
    }

    private static int[] order(int count, SplittableRandom random) {
        int[] order = IntStream.range(0, count).toArray();
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }

    // ---- MIG

    /** [F][Z]: I(v; z) of each factor and each latent in bins, nats, from their joint frequencies. */
    static double[][] information(float[][] codes, Factors factors) {
        int latents = codes[0].length;
        double[][] information = new double[factors.count()][latents];
        IntStream.range(0, latents).parallel().forEach(d -> {
            int[] bins = bins(codes, d);
            for (int f = 0; f < factors.count(); f++) {
                long[] joint = new long[BINS * factors.sizes()[f]];
                long[] alone = new long[BINS];
                for (int n = 0; n < bins.length; n++) {
                    joint[bins[n] * factors.sizes()[f] + factors.classes()[f][n]]++;
                    alone[bins[n]]++;
                }
                information[f][d] = Math.max(0, factors.entropy(f) + Factors.entropy(alone) - Factors.entropy(joint));
            }
        });
        return information;
    }

    private static int[] bins(float[][] codes, int d) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (float[] code : codes) {
            low = Math.min(low, code[d]);
            high = Math.max(high, code[d]);
        }
        int[] bins = new int[codes.length];
        for (int n = 0; n < bins.length && high > low; n++) {
            bins[n] = (int) Math.min(BINS - 1, BINS * (codes[n][d] - low) / (high - low));
        }
        return bins;
    }

    /** The mean over the factors that vary; with one latent alone the second largest information is 0. */
    static double gap(double[][] information, Factors factors) {
        double sum = 0;
        int varying = 0;
        for (int f = 0; f < factors.count(); f++) {
            double entropy = factors.entropy(f);
            if (entropy > 0) {
                double[] ascending = information[f].clone();
                Arrays.sort(ascending);
                int last = ascending.length - 1;
                sum += (ascending[last] - (last > 0 ? ascending[last - 1] : 0)) / entropy;
                varying++;
            }
        }
        return sum / varying;
    }

    // ---- FactorVAE

    /**
     * A vote: of a factor and one of its values, both drawn, so many samples; the latent whose codes vary least among them,
     * against their variance over the whole set, names the factor. The latent's factor is what most votes say; the score is
     * the share of further votes that agree. 0 where all latents have collapsed.
     */
    static double factorScore(float[][] codes, Factors factors, SplittableRandom random) {
        double[] variances = new double[codes[0].length];
        double[] means = Frechet.mean(codes);
        for (float[] code : codes) {
            for (int d = 0; d < variances.length; d++) {
                variances[d] += (code[d] - means[d]) * (code[d] - means[d]) / codes.length;
            }
        }
        int[] active = IntStream.range(0, variances.length)
                .filter(d -> variances[d] >= LEAST_VARIANCE)
                .toArray();
        int[] varying = IntStream.range(0, factors.count())
                .filter(f -> factors.sizes()[f] > 1)
                .toArray();
        if (active.length == 0) {
            return 0;
        }
        int[][][] rows = new int[factors.count()][][];
        for (int f : varying) {
            rows[f] = rowsOf(factors, f);
        }
        long[][] votes = new long[variances.length][factors.count()];
        for (int v = 0; v < VOTES; v++) {
            int f = varying[random.nextInt(varying.length)];
            votes[vote(codes, rows[f], active, variances, random)][f]++;
        }
        int[] named = new int[variances.length];
        for (int d = 0; d < named.length; d++) {
            for (int f = 1; f < factors.count(); f++) {
                named[d] = votes[d][f] > votes[d][named[d]] ? f : named[d];
            }
        }
        int agreed = 0;
        for (int v = 0; v < TEST_VOTES; v++) {
            int f = varying[random.nextInt(varying.length)];
            agreed += named[vote(codes, rows[f], active, variances, random)] == f ? 1 : 0;
        }
        return (double) agreed / TEST_VOTES;
    }

    private static int[][] rowsOf(Factors factors, int f) {
        int[] classes = factors.classes()[f];
        return IntStream.range(0, factors.sizes()[f])
                .mapToObj(value -> IntStream.range(0, classes.length)
                        .filter(n -> classes[n] == value)
                        .toArray())
                .toArray(int[][]::new);
    }

    private static int vote(float[][] codes, int[][] rows, int[] active, double[] variances, SplittableRandom random) {
        int[] alike = rows[random.nextInt(rows.length)];
        double[] sums = new double[variances.length];
        double[] squares = new double[variances.length];
        float[] first = codes[alike[random.nextInt(alike.length)]];
        for (int n = 1; n < VOTE_SAMPLES; n++) {
            float[] code = codes[alike[random.nextInt(alike.length)]];
            for (int d : active) {
                // Relative to one of them: what is equal in all gives exactly zero.
                double off = (double) code[d] - first[d];
                sums[d] += off;
                squares[d] += off * off;
            }
        }
        int least = active[0];
        double leastShare = Double.POSITIVE_INFINITY;
        for (int d : active) {
            double share = (squares[d] - sums[d] * sums[d] / VOTE_SAMPLES) / variances[d];
            if (share < leastShare) {
                leastShare = share;
                least = d;
            }
        }
        return least;
    }

    // ---- DCI

    /**
     * 1 minus the entropy of each row's shares, in units of the largest there can be; the mean over the rows, or their mean
     * weighted by their sums.
     */
    static double concentration(double[][] rows, boolean weighted) {
        double sum = 0;
        double weights = 0;
        for (double[] row : rows) {
            double total = Arrays.stream(row).sum();
            double entropy = 0;
            for (double value : row) {
                entropy -= value == 0 ? 0 : value / total * Math.log(value / total);
            }
            // A single one has nothing to be spread over.
            double share = row.length == 1 ? 1 : 1 - entropy / Math.log(row.length);
            double weight = weighted ? total : total > 0 ? 1 : 0;
            sum += total > 0 ? weight * share : 0;
            weights += weight;
        }
        return weights == 0 ? 0 : sum / weights;
    }

    JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("mig", gap);
        json.addProperty("factor_vae_score", factorScore);
        json.addProperty("dci_disentanglement", disentanglement);
        json.addProperty("dci_completeness", completeness);
        json.addProperty("dci_informativeness", informativeness);
        json.add("mutual_information", matrix(information));
        json.add("importance", matrix(importance));
        return json;
    }

    private static JsonArray matrix(double[][] rows) {
        JsonArray matrix = new JsonArray();
        for (double[] row : rows) {
            JsonArray line = new JsonArray();
            Arrays.stream(row).forEach(line::add);
            matrix.add(line);
        }
        return matrix;
    }
}
