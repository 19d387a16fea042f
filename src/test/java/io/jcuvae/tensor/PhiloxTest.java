package io.jcuvae.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PhiloxTest {
    private static final int DRAWS = 1_000_000;
    private static final long KEY = 2026;

    /** Random123's file kat_vectors, the lines "philox4x32 10": counter, key, result. */
    @Test
    void knownAnswers() {
        expectBlock(
                new int[] {0, 0, 0, 0}, new int[] {0, 0}, new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
        expectBlock(new int[] {-1, -1, -1, -1}, new int[] {-1, -1}, new int[] {
            0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd
        });
        expectBlock(
                new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                new int[] {0xa4093822, 0x299f31d0},
                new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
    }

    private static void expectBlock(int[] counter, int[] key, int[] want) {
        int[] got = new int[4];
        Philox.block(got, counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
        assertArrayEquals(want, got);
    }

    /** Value n: subsequence (n / 4) mod 65536 in the counter's third word, block n / 4 / 65536 in the first two, lane n mod 4. */
    @Test
    void ordering() {
        long key = 0xA1B2C3D4_00000007L;
        long turn = 262_144;
        long[] positions = {
            0, 1, 3, 4, 7, 1000, turn - 1, turn, turn + 5, 7 * turn - 2, 7 * turn, (1L << 33) + 6, (turn << 32) + 9
        };
        for (long n : positions) {
            for (int epoch : new int[] {0, 1, 77}) {
                int[] lanes = new int[4];
                long block = n / 4 / 65_536;
                Philox.block(lanes, (int) block, (int) (block >>> 32), (int) (n / 4 % 65_536), epoch, (int) key, (int)
                        (key >>> 32));
                int[] got = new int[1];
                Philox.fillBits(got, 0, 1, key, epoch, n);
                assertEquals(lanes[(int) (n % 4)], got[0], "value " + n + " of epoch " + epoch);
            }
        }
    }

    /** Any part of any sequence can be computed by itself. */
    @Test
    void partsAreSlices() {
        int length = 2000;
        for (long first : new long[] {0, 262_144 - 1001}) {
            int[] bits = new int[length];
            float[] uniforms = new float[length];
            float[] normals = new float[length];
            Philox.fillBits(bits, 0, length, KEY, 3, first);
            Philox.fillUniform(uniforms, 0, length, KEY, 3, first);
            Philox.fillNormal(normals, 0, length, KEY, first);
            for (int start : new int[] {0, 1, 2, 3, 5, 999, 1002}) {
                for (int count : new int[] {1, 2, 5, 800}) {
                    int[] bitPart = new int[count];
                    Philox.fillBits(bitPart, 0, count, KEY, 3, first + start);
                    assertArrayEquals(Arrays.copyOfRange(bits, start, start + count), bitPart);
                    float[] part = new float[count + 4];
                    Philox.fillUniform(part, 3, count, KEY, 3, first + start);
                    assertArrayEquals(
                            Arrays.copyOfRange(uniforms, start, start + count), Arrays.copyOfRange(part, 3, 3 + count));
                    Philox.fillNormal(part, 2, count, KEY, first + start);
                    assertArrayEquals(
                            Arrays.copyOfRange(normals, start, start + count), Arrays.copyOfRange(part, 2, 2 + count));
                }
            }
        }
    }

    @Test
    void fillsOnlyWhatIsAsked() {
        float[] out = new float[10];
        Philox.fillUniform(out, 4, 3, KEY, 0, 1);
        Philox.fillNormal(out, 8, 1, KEY, 1);
        for (int i : new int[] {0, 1, 2, 3, 7, 9}) {
            assertEquals(0, out[i]);
        }
    }

    /** The upper 24 bits of each value: nothing lost, never one. */
    @Test
    void uniforms() {
        int[] bits = new int[DRAWS];
        float[] uniforms = new float[DRAWS];
        Philox.fillBits(bits, 0, DRAWS, KEY, 0, 17);
        Philox.fillUniform(uniforms, 0, DRAWS, KEY, 0, 17);
        double sum = 0;
        double squares = 0;
        for (int i = 0; i < DRAWS; i++) {
            assertEquals((bits[i] >>> 8) / 16_777_216.0, uniforms[i]);
            sum += uniforms[i] - 0.5;
            squares += (uniforms[i] - 0.5) * (uniforms[i] - 0.5);
        }
        assertEquals(0, Philox.uniform(0));
        assertTrue(Philox.uniform(-1) < 1);
        // Standard errors: sqrt(1/12 / n) of the mean, sqrt(1/180 / n) of the variance.
        assertEquals(0, sum / DRAWS, 4 * Math.sqrt(1 / 12.0 / DRAWS));
        assertEquals(1 / 12.0, squares / DRAWS, 4 * Math.sqrt(1 / 180.0 / DRAWS));
        double[] sorted = sorted(uniforms);
        assertTrue(kolmogorovSmirnov(sorted, sorted) < 1.95, "not uniform");
    }

    /** Box-Muller in double precision on the same bits; u near one costs the float radius some digits. */
    @Test
    void normalsAreBoxMuller() {
        int count = 100_000;
        int[] bits = new int[count];
        float[] normals = new float[count];
        Philox.fillBits(bits, 0, count, KEY, 0, 0);
        Philox.fillNormal(normals, 0, count, KEY, 0);
        for (int i = 0; i < count; i += 2) {
            double u = (Integer.toUnsignedLong(bits[i]) + 0.5) / 0x1p32;
            double v = 2 * Math.PI * (Integer.toUnsignedLong(bits[i + 1]) + 0.5) / 0x1p32;
            double radius = Math.sqrt(-2 * Math.log(u));
            // u and v are floats: du / u is up to 2^-23, d radius = du / (u radius), and dv up to four roundings of 2
            // pi.
            double bound = 0x1p-23 / radius + 2 * Math.PI * 0x1p-22 * radius;
            assertEquals(radius * Math.sin(v), normals[i], bound, "value " + i);
            assertEquals(radius * Math.cos(v), normals[i + 1], bound, "value " + (i + 1));
        }
    }

    /**
     * The same formula with the functions of {@link StrictMath}: doubles that differ in their last places round to the same
     * float but for one in some ten million, and then to its neighbour.
     */
    @Test
    void normalsAreTheNearestFloats() {
        int[] bits = new int[DRAWS];
        Philox.fillBits(bits, 0, DRAWS, KEY, 0, 0);
        // What is rare: u of 1 and the smallest, angles next to each right angle.
        int[] edges = {0, 1, -1, -2, -129, 1 << 30, 3 << 30, Integer.MIN_VALUE, (1 << 30) - 64, (3 << 30) + 64};
        BoxMuller pairs = new BoxMuller(DRAWS / 2);
        for (int i = 0; i < edges.length * edges.length; i++) {
            bits[2 * i] = edges[i / edges.length];
            bits[2 * i + 1] = edges[i % edges.length];
        }
        for (int p = 0; p < DRAWS / 2; p++) {
            pairs.set(p, bits[2 * p], bits[2 * p + 1]);
        }
        pairs.compute(DRAWS / 2);
        int different = 0;
        for (int p = 0; p < DRAWS / 2; p++) {
            float u = Integer.toUnsignedLong(bits[2 * p]) * 0x1p-32f + 0x1p-33f;
            float turn = (float) (2 * Math.PI * 0x1p-32);
            float v = Integer.toUnsignedLong(bits[2 * p + 1]) * turn + turn / 2;
            double radius = StrictMath.sqrt(-2 * StrictMath.log(u));
            different += compare((float) (radius * StrictMath.sin(v)), pairs.sine(p), p);
            different += compare((float) (radius * StrictMath.cos(v)), pairs.cosine(p), p);
        }
        assertTrue(different <= 2, different + " of " + DRAWS + " normals differ");
    }

    private static int compare(float want, float got, int pair) {
        assertEquals(want, got, Math.ulp(want), "pair " + pair);
        return want == got ? 0 : 1;
    }

    /** Standard errors of a normal sample's moments: sqrt of 1, 2, 6, 24 over n. */
    @Test
    void normalMoments() {
        float[] normals = new float[DRAWS];
        Philox.fillNormal(normals, 0, DRAWS, KEY, 12_345);
        double mean = 0;
        for (float x : normals) {
            assertTrue(Float.isFinite(x));
            mean += x;
        }
        mean /= DRAWS;
        double[] central = new double[5];
        for (float x : normals) {
            double power = x - mean;
            for (int k = 1; k <= 4; k++) {
                central[k] += power / DRAWS;
                power *= x - mean;
            }
        }
        double variance = central[2];
        assertEquals(0, mean, 4 * Math.sqrt(1.0 / DRAWS), "mean");
        assertEquals(1, variance, 4 * Math.sqrt(2.0 / DRAWS), "variance");
        assertEquals(0, central[3] / Math.pow(variance, 1.5), 4 * Math.sqrt(6.0 / DRAWS), "skewness");
        assertEquals(3, central[4] / (variance * variance), 4 * Math.sqrt(24.0 / DRAWS), "kurtosis");
    }

    @Test
    void normalsHaveTheNormalDistribution() {
        float[] normals = new float[DRAWS];
        Philox.fillNormal(normals, 0, DRAWS, KEY, 12_345);
        double[] sorted = sorted(normals);
        double[] expected =
                Arrays.stream(sorted).map(PhiloxTest::normalDistribution).toArray();
        assertTrue(kolmogorovSmirnov(sorted, expected) < 1.95, "not normal");
    }

    private static double[] sorted(float[] values) {
        double[] sorted = new double[values.length];
        Arrays.setAll(sorted, i -> values[i]);
        Arrays.sort(sorted);
        return sorted;
    }

    /** sqrt(n) times the largest distance of the distributions; above 1.95 once in a thousand samples. */
    private static double kolmogorovSmirnov(double[] sorted, double[] expected) {
        double worst = 0;
        int n = sorted.length;
        for (int i = 0; i < n; i++) {
            worst = Math.max(worst, Math.max(expected[i] - (double) i / n, (i + 1.0) / n - expected[i]));
        }
        return Math.sqrt(n) * worst;
    }

    /** Marsaglia's series (2004), good to 1e-14 over the range of a million draws. */
    private static double normalDistribution(double x) {
        double sum = x;
        double term = x;
        for (int i = 3; Math.abs(term) > 1e-17; i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }

    /** Neither neighbouring seeds nor the streams of one seed, nor epochs, have anything to do with each other. */
    @Test
    void sequencesAreUncorrelated() {
        int count = 50_000;
        float[][] sequences = new float[12][count];
        for (int seed = 0; seed < 4; seed++) {
            Philox.fillNormal(sequences[seed], 0, count, Stream.NOISE.key(seed), 0);
            Philox.fillNormal(sequences[4 + seed], 0, count, Stream.EVALUATION.key(seed), 0);
            float[] uniforms = sequences[8 + seed];
            Philox.fillUniform(uniforms, 0, count, Stream.BINARIZATION.key(1), seed, 0);
            for (int i = 0; i < count; i++) {
                uniforms[i] = (uniforms[i] - 0.5f) * (float) Math.sqrt(12);
            }
        }
        for (int a = 0; a < sequences.length; a++) {
            for (int b = 0; b < a; b++) {
                for (int lag = 0; lag <= 4; lag++) {
                    double correlation = 0;
                    for (int i = 0; i < count - lag; i++) {
                        correlation += (double) sequences[a][i] * sequences[b][i + lag] / count;
                    }
                    // 330 of them: five standard errors come once in five thousand suites.
                    assertEquals(0, correlation, 5 / Math.sqrt(count), "sequences " + a + " and " + b + ", lag " + lag);
                }
            }
        }
    }

    @Test
    void sequencesHaveNoSerialCorrelation() {
        float[] normals = new float[DRAWS];
        Philox.fillNormal(normals, 0, DRAWS, KEY, 0);
        for (int lag : new int[] {1, 2, 3, 4, 5, 8, 20, 262_144}) {
            double correlation = 0;
            for (int i = 0; i + lag < DRAWS; i++) {
                correlation += (double) normals[i] * normals[i + lag];
            }
            assertEquals(0, correlation / Math.sqrt(DRAWS - lag), 4, "lag " + lag);
        }
    }
}
