package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Copy;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * What every backend must do. A test class of a backend implements this and says which backend; the oracle is
 * {@link ReferenceBackend}, and for what a backend fuses also its own unfused operations.
 */
public interface OpsContract
        extends CodebookContract,
                ConditionContract,
                HierarchyContract,
                DiscrepancyContract,
                LikelihoodContract,
                MeasureContract,
                NormContract,
                ObjectiveContract,
                PriorContract,
                SpatialContract,
                TableContract,
                TrainingContract {
    /** The backend under test; may be the same for all tests. */
    @Override
    Backend backend();

    /** Of its matrix products. */
    @Override
    default Precision precision() {
        return Precision.FP32;
    }

    /** Rows and widths: single ones, around a vector and a warp, primes, non-square, more than one block. */
    int[][] MATRICES = {{1, 1}, {1, 31}, {31, 1}, {33, 31}, {7, 33}, {1, 1031}, {257, 20}, {1031, 3}, {13, 785}};

    /** Lengths of flat tensors. */
    int[] LENGTHS = {1, 31, 33, 1009, 40_009};

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    // ---- linear

    @Test
    @Covers("matmul")
    default void multipliesMatrices() {
        int[][] shapes = {
            {1, 1, 1}, {1, 31, 33}, {31, 1, 7}, {33, 31, 1}, {1, 1, 1031}, {5, 257, 127}, {67, 129, 401}, {128, 40, 32}
        };
        for (int[] s : shapes) {
            everyForm(s[0], s[1], s[2]);
        }
        Random random = new Random(1);
        for (int i = 0; i < 8; i++) {
            everyForm(1 + random.nextInt(70), 1 + random.nextInt(70), 1 + random.nextInt(70));
        }
    }

    private void everyForm(int rows, int columns, int inner) {
        for (int form = 0; form < 8; form++) {
            compare(Scenarios.matmul(rows, columns, inner, (form & 1) != 0, (form & 2) != 0, (form & 4) != 0));
        }
    }

    /** Very long on one side, and only a few elements thick: what the gradient of a layer with a wide output looks like. */
    @Test
    @Covers("matmul")
    default void multipliesLongMatrices() {
        for (int form = 0; form < 4; form++) {
            compare(Scenarios.matmul(20_011, 17, 8, (form & 1) != 0, (form & 2) != 0, false));
            compare(Scenarios.matmul(17, 20_011, 8, (form & 1) != 0, (form & 2) != 0, false));
        }
        compare(Scenarios.matmul(3, 5, 20_011, false, true, true));
    }

    @Test
    @Covers("addBias")
    default void addsBias() {
        for (int[] s : MATRICES) {
            compare(Scenarios.addBias(s[0], s[1]));
        }
    }

    @Test
    @Covers("sumRows")
    default void sumsRows() {
        for (int[] s : MATRICES) {
            compare(Scenarios.sumRows(s[0], s[1]));
        }
    }

    // ---- activation

    @Test
    @Covers("activate")
    default void activates() {
        for (Activation f : Activation.values()) {
            for (int count : LENGTHS) {
                compare(Scenarios.activate(f, count, false));
            }
            compare(Scenarios.activate(f, 1031, true));
        }
    }

    @Test
    @Covers("activateBackward")
    default void activatesBackward() {
        for (Activation f : Activation.values()) {
            for (int count : LENGTHS) {
                compare(Scenarios.activateBackward(f, count, false, false));
            }
            compare(Scenarios.activateBackward(f, 1031, true, false));
            if (f.derivativeFromOutput()) {
                compare(Scenarios.activateBackward(f, 1031, false, true));
                compare(Scenarios.activateBackward(f, 1031, true, true));
            }
        }
    }

    /** At a kink the derivative is that of the left; zeros of both signs are the same place. */
    @Test
    @Covers("activateBackward")
    default void derivativeAtZero() {
        Backend backend = backend();
        for (Activation f : new Activation[] {Activation.RELU, Activation.LEAKY_RELU}) {
            Tensor x = tensor(backend, 0f, -0f, 0f, -0f, 1e-30f, -1e-30f);
            Tensor dy = tensor(backend, 1f, 1f, -2f, -2f, 1f, 1f);
            Tensor y = tensor(backend, 9f, 9f, 9f, 9f, 9f, 9f);
            backend.ops().activate(y, x, f);
            backend.ops().activateBackward(dy, dy, y, y, f);
            double low = f == Activation.RELU ? 0 : Activation.LEAKY_SLOPE;
            double[] want = {low, low, -2 * low, -2 * low, 1, low};
            double[] tolerance = Tolerances.each(6, i -> 2 * Tolerances.ARITHMETIC * Math.abs(want[i]));
            Closeness.check(f + "'", null, Access.values(backend, dy), want, tolerance);
        }
    }

    /** Otherwise a broken step would look healthy: the loss must turn to NaN for the run to halt. */
    @Test
    @Covers("activate")
    default void activationsPassNanOn() {
        Backend backend = backend();
        for (Activation f : Activation.values()) {
            Tensor x = tensor(backend, Float.NaN, 1f);
            backend.ops().activate(x, x, f);
            double[] y = Access.values(backend, x);
            assertTrue(Double.isNaN(y[0]), () -> f + "(NaN) = " + y[0]);
        }
    }

    @Test
    @Covers({"biasActivate", "biasActivateBackward"})
    default void activatesWithBias() {
        for (Activation f : Activation.values()) {
            for (int[] s : new int[][] {{1, 1}, {33, 7}, {2100, 5}}) {
                compare(Scenarios.biasActivate(f, s[0], s[1], false));
                compare(Scenarios.biasActivate(f, s[0], s[1], true));
                compare(Scenarios.biasActivateBackward(f, s[0], s[1]));
            }
        }
    }

    @Test
    @Covers("dense")
    default void computesDenseLayers() {
        for (Activation f : Activation.values()) {
            for (int[] s : new int[][] {{1, 1, 1}, {1, 31, 33}, {33, 7, 31}, {128, 40, 67}}) {
                compare(Scenarios.dense(f, s[0], s[1], s[2], false));
                // With both in one place where nothing will ask for the input again.
                compare(Scenarios.dense(f, s[0], s[1], s[2], true));
            }
        }
    }

    @Test
    @Covers("denseBackward")
    default void computesDenseLayersBackward() {
        for (Activation f : Activation.values()) {
            for (int[] s : new int[][] {{1, 1, 1}, {1, 31, 33}, {33, 7, 31}, {128, 40, 67}}) {
                compare(Scenarios.denseBackward(f, s[0], s[1], s[2], true));
                compare(Scenarios.denseBackward(f, s[0], s[1], s[2], false));
            }
        }
    }

    // ---- the Gaussian posterior

    @Test
    @Covers({"reparameterize", "gaussianKl", "sampleGaussian", "sampleGaussianBackward", "gaussianLogRatio"})
    default void samplesGaussians() {
        for (int[] s : new int[][] {{1, 1}, {1, 31}, {31, 2}, {33, 20}, {7, 33}, {1031, 3}, {2, 1031}}) {
            compare(Scenarios.reparameterize(s[0], s[1]));
            compare(Scenarios.gaussianKl(s[0], s[1]));
            compare(Scenarios.sampleGaussian(s[0], s[1]));
            compare(Scenarios.sampleGaussianBackward(s[0], s[1]));
            compare(Scenarios.gaussianLogRatio(s[0], s[1]));
        }
    }

    // ---- likelihoods

    @Test
    @Covers({"bernoulliRows", "bernoulliBackward", "bernoulli"})
    default void scoresBernoulli() {
        for (int[] s : MATRICES) {
            for (double size : new double[] {3, 80, 1e4}) {
                compare(Scenarios.bernoulliRows(s[0], s[1], size));
                compare(Scenarios.bernoulliBackward(s[0], s[1], size));
                compare(Scenarios.bernoulli(s[0], s[1], size));
            }
        }
    }

    /** The exact logits at which a careless formula overflows, against data that contradicts them. */
    @Test
    @Covers("bernoulli")
    default void bernoulliStaysFinite() {
        Backend backend = backend();
        float[] logits = {80, -80, 88.8f, -88.8f, 104, -104, 1e4f, -1e4f, 1e30f, -1e30f};
        for (float pixel : new float[] {0, 1}) {
            Tensor l = rows(backend, logits);
            Tensor x = rows(backend, new float[logits.length]);
            backend.ops().fill(x, pixel);
            Tensor weights = rows(backend, new float[logits.length]);
            backend.ops().fill(weights, 1);
            Tensor sums = rows(backend, new float[logits.length]);
            Tensor dl = rows(backend, new float[logits.length]);
            backend.ops().bernoulli(sums.reshape(Shape.of(logits.length)), dl, l, x, weights);
            double[] wantRows = new double[logits.length];
            double[] wantGradient = new double[logits.length];
            for (int i = 0; i < logits.length; i++) {
                wantRows[i] = Math.max(logits[i], 0) - logits[i] * pixel + Math.log1p(Math.exp(-Math.abs(logits[i])));
                wantGradient[i] = 1 / (1 + Math.exp(-logits[i])) - pixel;
            }
            Closeness.check(
                    "rows at pixel " + pixel,
                    null,
                    Access.values(backend, sums),
                    wantRows,
                    Tolerances.each(logits.length, i -> Tolerances.FUNCTION * (1 + Math.abs(wantRows[i]))));
            Closeness.check(
                    "gradient at pixel " + pixel,
                    null,
                    Access.values(backend, dl),
                    wantGradient,
                    Tolerances.all(logits.length, Tolerances.FUNCTION));
        }
    }

    @Test
    @Covers({"squaredErrorRows", "squaredErrorBackward"})
    default void scoresSquaredError() {
        for (int[] s : MATRICES) {
            compare(Scenarios.squaredErrorRows(s[0], s[1]));
            compare(Scenarios.squaredErrorBackward(s[0], s[1]));
        }
    }

    @Test
    @Covers({"gaussianRows", "gaussianBackward"})
    default void scoresGaussian() {
        for (int[] s : MATRICES) {
            for (double logvar : new double[] {-20, -1.3, 0, 10}) {
                compare(Scenarios.gaussianRows(s[0], s[1], logvar));
                compare(Scenarios.gaussianBackward(s[0], s[1], logvar, true));
                compare(Scenarios.gaussianBackward(s[0], s[1], logvar, false));
            }
        }
    }

    /** A broken value shows in its row's term, and in no other row's: it is the sum of the rows that halts a run. */
    @Test
    @Covers({"bernoulliRows", "bernoulli", "squaredErrorRows", "gaussianRows", "gaussianKl", "sampleGaussian"})
    default void termsPassNanOn() {
        int width = 34;
        for (float broken : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int place : new int[] {width, width + 16, 2 * width - 1}) {
                float[] values = new float[3 * width];
                values[place] = broken;
                Tensor output = rows(backend(), values).reshape(Shape.of(3, width));
                Tensor x = rows(backend(), new float[3 * width]).reshape(Shape.of(3, width));
                backend().ops().fill(x, 0.5f);
                Tensor d = rows(backend(), new float[3 * width]).reshape(Shape.of(3, width));
                Tensor logvar = tensor(backend(), 0);
                Tensor weights = tensor(backend(), 1, 1, 1);
                Tensor half = rows(backend(), new float[3 * width / 2]).reshape(Shape.of(3, width / 2));
                Tensor z = rows(backend(), new float[3 * width / 2]).reshape(Shape.of(3, width / 2));
                onlyTheSecond("bernoulliRows", broken, sums -> backend().ops().bernoulliRows(sums, output, x));
                onlyTheSecond("bernoulli", broken, sums -> backend().ops().bernoulli(sums, d, output, x, weights));
                onlyTheSecond(
                        "squaredErrorRows", broken, sums -> backend().ops().squaredErrorRows(sums, output, x));
                onlyTheSecond("gaussianRows", broken, sums -> backend().ops().gaussianRows(sums, output, x, logvar));
                onlyTheSecond("gaussianKl", broken, sums -> backend().ops().gaussianKl(sums, output));
                onlyTheSecond("sampleGaussian", broken, sums -> backend().ops().sampleGaussian(z, sums, output, half));
            }
        }
    }

    private void onlyTheSecond(String verb, float broken, Consumer<Tensor> term) {
        Tensor sums = tensor(backend(), 7, 7, 7);
        term.accept(sums);
        double[] rows = Access.values(backend(), sums);
        assertTrue(
                Double.isFinite(rows[0]) && !Double.isFinite(rows[1]) && Double.isFinite(rows[2]),
                () -> verb + " with " + broken + " in row 1: " + Arrays.toString(rows));
    }

    // ---- objective

    @Test
    @Covers("elbo")
    default void weighsTheTerms() {
        for (int rows : LENGTHS) {
            compare(Scenarios.elbo(rows));
        }
    }

    // ---- structure and step

    @Test
    @Covers("fill")
    default void fills() {
        for (int count : LENGTHS) {
            compare(Scenarios.fill(count));
        }
    }

    @Test
    @Covers("repeatRows")
    default void repeatsRows() {
        for (int[] s : MATRICES) {
            for (int times : new int[] {1, 2, 5}) {
                compare(Scenarios.repeatRows(s[0], times, s[1]));
            }
        }
    }

    @Test
    @Covers("gather")
    default void gathers() {
        for (int[] s : MATRICES) {
            for (ElementType type : new ElementType[] {ElementType.U8, ElementType.F32}) {
                for (Binarization binarization : Binarization.values()) {
                    compare(Scenarios.gather(s[0], s[1], 37, type, binarization));
                }
            }
        }
    }

    /** Static draws belong to the row and stay; dynamic ones belong to the row and the epoch. */
    @Test
    @Covers("gather")
    default void drawsByRowAndEpoch() {
        Backend backend = backend();
        int width = 257;
        Tensor data = rows(backend, new float[width * 3]).reshape(Shape.of(3, width));
        backend.ops().fill(data, 0.5f);
        Tensor order = Tensor.of(backend.allocate(ElementType.I32, 4), Shape.of(4));
        backend.upload(order, new int[] {2, 0, 2, 1});
        double[][] epochs = new double[3][];
        double[][] fixed = new double[3][];
        for (int epoch = 0; epoch < 3; epoch++) {
            Tensor scalars = scalars(backend, Map.of(Scalars.EPOCH, epoch + 1.0));
            Tensor x = Tensor.of(backend.allocate(ElementType.F32, 4L * width), Shape.of(4, width));
            backend.ops().gather(x, data, order, scalars, Binarization.DYNAMIC, 7);
            epochs[epoch] = Access.values(backend, x);
            backend.ops().gather(x, data, order, scalars, Binarization.STATIC, 7);
            fixed[epoch] = Access.values(backend, x);
        }
        for (double[][] drawn : new double[][][] {epochs, fixed}) {
            for (int d = 0; d < width; d++) {
                assertEquals(drawn[0][d], drawn[0][2 * width + d], "the same row in two places of the order");
            }
        }
        assertArrayEquals(fixed[0], fixed[1]);
        assertTrue(differing(epochs[0], epochs[1]) > width, "epochs 1 and 2 draw alike");
        assertTrue(differing(epochs[1], epochs[2]) > width, "epochs 2 and 3 draw alike");
        assertTrue(differing(epochs[0], fixed[0]) > width, "epoch 1 draws like the static one");
    }

    private static int differing(double[] a, double[] b) {
        int count = 0;
        for (int i = 0; i < a.length; i++) {
            count += a[i] != b[i] ? 1 : 0;
        }
        return count;
    }

    @Test
    @Covers("gatherFed")
    default void gathersFromARing() {
        for (int[] s : MATRICES) {
            for (ElementType type : new ElementType[] {ElementType.U8, ElementType.F32}) {
                for (Binarization binarization : Binarization.values()) {
                    compare(Scenarios.gatherFed(s[0], s[1], s[0], type, binarization));
                    compare(Scenarios.gatherFed(s[0], s[1], s[0] + 7, type, binarization));
                }
            }
        }
    }

    /** What a run computes must not depend on where its data are. */
    @Test
    @Covers({"gather", "gatherFed"})
    default void aRingGivesWhatAllDataGive() {
        Backend backend = backend();
        int width = 33;
        int samples = 50;
        int window = 13;
        Random random = new Random(3);
        byte[] pixels = new byte[samples * width];
        random.nextBytes(pixels);
        Tensor data = Tensor.of(backend.allocate(ElementType.U8, pixels.length), Shape.of(samples, width));
        backend.upload(data, pixels, 0);
        int[] rows = random.ints(samples, 0, samples).toArray();
        Tensor order = Tensor.of(backend.allocate(ElementType.I32, samples), Shape.of(samples));
        backend.upload(order, rows);
        Tensor ring = Tensor.of(backend.allocate(ElementType.U8, window * width), Shape.of(window, width));
        Tensor x = Tensor.of(backend.allocate(ElementType.F32, 6 * width), Shape.of(6, width));
        for (int position : new int[] {0, 7, 10, 13, 44}) {
            for (int p = position; p < position + 6; p++) {
                Tensor row = ring.view((long) p % window * width, Shape.of(width));
                backend.copyAhead(row, pixels, rows[p] * width).join();
            }
            Tensor scalars = scalars(backend, Map.of(Scalars.ORDER_POSITION, (double) position, Scalars.EPOCH, 2.0));
            backend.ops().gather(x, data, order, scalars, Binarization.DYNAMIC, 9);
            double[] want = Access.values(backend, x);
            backend.ops().fill(x, -1);
            backend.ops().gatherFed(x, ring, order, scalars, Binarization.DYNAMIC, 9);
            assertArrayEquals(want, Access.values(backend, x), "from position " + position);
        }
    }

    @Test
    @Covers("quantize")
    default void quantizes() {
        for (int count : LENGTHS) {
            compare(Scenarios.quantize(count));
        }
    }

    @Test
    @Covers("logitPixels")
    default void makesPixelsOfLogits() {
        for (int[] shape : new int[][] {{1, 1}, {2, 1}, {7, 31}, {6, 784}, {40, 1025}}) {
            compare(Scenarios.logitPixels(shape[0], shape[1]));
        }
        Backend backend = backend();
        int width = 33;
        for (int place = 0; place < width; place++) {
            float[] values = new float[3 * width];
            values[width + place] = Float.NaN;
            values[2 * width + place] = Float.POSITIVE_INFINITY;
            Tensor x = tensor(backend, values).view(0, Shape.of(3, width));
            Tensor rows = tensor(backend, new float[3]);
            Tensor pixels = Tensor.of(backend.allocate(ElementType.U8, 3 * width), Shape.of(3, width));
            backend.ops().logitPixels(pixels, rows, x);
            assertArrayEquals(new double[] {0, Double.NaN, 0}, Access.values(backend, rows), "at " + place);
        }
    }

    @Test
    @Covers("finiteRows")
    default void findsWhatIsNoNumber() {
        for (int[] shape : new int[][] {{1, 1}, {2, 1}, {7, 31}, {6, 784}, {40, 1025}}) {
            compare(Scenarios.finiteRows(shape[0], shape[1]));
        }
        Backend backend = backend();
        int width = 33;
        float[] odd = {1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0};
        for (int place = 0; place < width; place++) {
            float[] values = new float[odd.length * width];
            for (int r = 0; r < odd.length; r++) {
                values[r * width + place] = odd[r];
            }
            Tensor x = tensor(backend, values).view(0, Shape.of(odd.length, width));
            Tensor rows = tensor(backend, new float[odd.length]);
            backend.ops().finiteRows(rows, x);
            double nan = Double.NaN;
            assertArrayEquals(new double[] {0, nan, nan, nan, 0}, Access.values(backend, rows), "at " + place);
        }
    }

    @Test
    @Covers("normal")
    default void drawsNormals() {
        long turn = 262_144;
        for (long position :
                new long[] {0, 1, 2, 3, 4, 1023, turn - 3, turn - 1, turn, 5 * turn - 17, (1L << 33) + 5}) {
            for (int count : new int[] {1, 3, 33, 1009}) {
                compare(Scenarios.normal(count, position));
            }
        }
        compare(Scenarios.normal(100_003, 262_144 - 50_001));
    }

    /** The oracle draws through the same class; this one says it without the oracle. */
    @Test
    @Covers("normal")
    default void normalsAreTheSharedSequence() {
        Backend backend = backend();
        long key = -3;
        Tensor scalars = scalars(backend, Map.of(Scalars.NOISE_POSITION, 777.0));
        Tensor noise = rows(backend, new float[2050]);
        backend.reserveNoise(key, 777, 2050);
        backend.ops().normal(noise, scalars, key);
        float[] want = new float[2050];
        Philox.fillNormal(want, 0, want.length, key, 777);
        Closeness.check(
                "normals",
                null,
                Access.values(backend, noise),
                Tolerances.each(2050, i -> want[i]),
                Tolerances.all(2050, Tolerances.NORMAL));
    }

    @Test
    @Covers({"beginStep", "endStep", "recordLoss"})
    default void keepsTheBooks() {
        for (int step : new int[] {0, 1, 9, 999, 100_000}) {
            compare(Scenarios.beginStep(step));
        }
        for (int rows : LENGTHS) {
            compare(Scenarios.recordLoss(rows));
        }
        compare(Scenarios.endStep());
    }

    @Test
    @Covers("adam")
    default void stepsWithAdam() {
        for (int count : LENGTHS) {
            for (int step : new int[] {1, 2, 1000}) {
                compare(Scenarios.adam(count, step, false));
                compare(Scenarios.adam(count, step, true));
            }
        }
    }

    /** Weights of pixels that are black in the whole batch have no gradient, and must not drift. */
    @Test
    @Covers("adam")
    default void adamLeavesWhatHasNoGradient() {
        Backend backend = backend();
        Tensor scalars = scalars(backend, Map.of(Scalars.LEARNING_RATE, 1e-3));
        Tensor p = tensor(backend, 1f, -0.3f, 1e-20f);
        Tensor m = tensor(backend, 0, 0, 0);
        Tensor v = tensor(backend, 0, 0, 0);
        Tensor g = tensor(backend, 0, 0, 0);
        backend.ops().beginStep(scalars, 0.9f, 0.999f);
        backend.ops().adam(p, m, v, g, scalars, 0.9f, 0.999f, 1e-8f);
        assertArrayEquals(new double[] {1, -0.3f, 1e-20f}, Access.values(backend, p));
    }

    // ---- halting

    @Test
    @Covers({"recordLoss", "beginStep", "adam", "endStep"})
    default void haltsOnALossThatIsNotFinite() {
        float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        for (float value : bad) {
            for (int rows : new int[] {1, 33, 1031}) {
                for (int where : new int[] {0, rows / 2, rows - 1}) {
                    halts(value, rows, where);
                }
            }
        }
    }

    private void halts(float value, int rows, int where) {
        Backend backend = backend();
        Ops ops = backend.ops();
        Tensor scalars = scalars(backend, Map.of(Scalars.LEARNING_RATE, 0.1, Scalars.ORDER_POSITION, 7.0));
        float[] good = new float[rows];
        Arrays.fill(good, 2f);
        float[] broken = good.clone();
        broken[where] = value;
        Tensor loss = rows(backend, good);
        Tensor reconstruction = rows(backend, good);
        Tensor kl = rows(backend, good);
        Tensor p = tensor(backend, 1, 2, 3);
        Tensor m = tensor(backend, 0, 0, 0);
        Tensor v = tensor(backend, 0, 0, 0);
        Tensor g = tensor(backend, 1, 1, 1);
        Runnable step = () -> {
            ops.beginStep(scalars, 0.9f, 0.999f);
            ops.recordLoss(scalars, loss, reconstruction, kl);
            ops.adam(p, m, v, g, scalars, 0.9f, 0.999f, 1e-8f);
            ops.endStep(scalars, rows, 5);
        };
        step.run();
        double[] before = Access.values(backend, scalars);
        double[] moved = Access.values(backend, p);
        assertEquals(0, before[Scalars.HALTED_AT.ordinal()]);
        assertEquals(rows, before[Scalars.SAMPLES.ordinal()]);
        assertEquals(2.0 * rows, before[Scalars.LOSS_SUM.ordinal()]);

        backend.upload(loss, broken, 0);
        backend.upload(reconstruction, broken, 0);
        step.run();
        String what = value + " in row " + where + " of " + rows;
        double[] halted = Access.values(backend, scalars);
        assertEquals(2, halted[Scalars.HALTED_AT.ordinal()], what);
        for (Scalars slot : new Scalars[] {
            Scalars.LOSS_SUM,
            Scalars.RECONSTRUCTION_SUM,
            Scalars.KL_SUM,
            Scalars.SAMPLES,
            Scalars.ORDER_POSITION,
            Scalars.ROWS_TRAINED,
            Scalars.NOISE_POSITION
        }) {
            assertEquals(before[slot.ordinal()], halted[slot.ordinal()], what + ": " + slot);
        }
        assertArrayEquals(moved, Access.values(backend, p), what + ": parameters");

        double[] moments = Access.values(backend, m);
        backend.upload(loss, good, 0);
        backend.upload(reconstruction, good, 0);
        step.run();
        step.run();
        assertArrayEquals(halted, Access.values(backend, scalars), what + ": two steps later");
        assertArrayEquals(moved, Access.values(backend, p), what + ": parameters two steps later");
        assertArrayEquals(moments, Access.values(backend, m), what + ": moments two steps later");
    }

    /** With beta at zero the loss may be finite where a term is not. */
    @Test
    @Covers("recordLoss")
    default void haltsOnATermThatIsNotFinite() {
        Backend backend = backend();
        for (int term = 0; term < 2; term++) {
            Tensor scalars = scalars(backend, Map.of(Scalars.STEP, 5.0, Scalars.LOSS_SUM, 1.0));
            Tensor good = tensor(backend, 1, 2, 3);
            Tensor broken = tensor(backend, 1, Float.NaN, 3);
            backend.ops().recordLoss(scalars, good, term == 0 ? broken : good, term == 1 ? broken : good);
            double[] after = Access.values(backend, scalars);
            assertEquals(5, after[Scalars.HALTED_AT.ordinal()], "term " + term);
            assertEquals(1, after[Scalars.LOSS_SUM.ordinal()], "term " + term);
            assertEquals(0, after[Scalars.SAMPLES.ordinal()], "term " + term);
        }
    }

    // ---- the backend as such

    @Test
    default void memoryStartsZeroed() {
        Backend backend = backend();
        Tensor floats = Tensor.of(backend.allocate(ElementType.F32, 1031), Shape.of(1031));
        Tensor doubles = Tensor.of(backend.allocate(ElementType.F64, 33), Shape.of(33));
        assertArrayEquals(new double[1031], Access.values(backend, floats));
        assertArrayEquals(new double[33], Access.values(backend, doubles));
        assertEquals(1031, floats.buffer().length());
        assertEquals(ElementType.F64, doubles.buffer().type());
    }

    @Test
    default void movesPartsOfArraysToPartsOfBuffers() {
        Backend backend = backend();
        float[] from = new float[50];
        for (int i = 0; i < from.length; i++) {
            from[i] = i + 0.5f;
        }
        Tensor whole = Tensor.of(backend.allocate(ElementType.F32, 40), Shape.of(40));
        backend.upload(whole.view(7, Shape.of(3, 5)), from, 11);
        double[] want = new double[40];
        for (int i = 0; i < 15; i++) {
            want[7 + i] = 11.5 + i;
        }
        assertArrayEquals(want, Access.values(backend, whole));
        float[] to = new float[20];
        backend.download(to, 4, whole.view(9, Shape.of(2, 3)));
        for (int i = 0; i < to.length; i++) {
            assertEquals(i >= 4 && i < 10 ? 13.5f + i - 4 : 0, to[i], "element " + i);
        }

        Tensor doubles = Tensor.of(backend.allocate(ElementType.F64, 10), Shape.of(10));
        backend.upload(doubles.view(3, Shape.of(4)), new double[] {1e300, -1e-300, 1 / 3.0, 4});
        assertArrayEquals(new double[] {0, 0, 0, 1e300, -1e-300, 1 / 3.0, 4, 0, 0, 0}, Access.values(backend, doubles));
        double[] part = new double[2];
        backend.download(part, doubles.view(5, Shape.of(2)));
        assertArrayEquals(new double[] {1 / 3.0, 4}, part);
    }

    @Test
    default void copiesToTheHostAsBytes() {
        Backend backend = backend();
        Tensor floats = tensor(backend, 1.5f, -2, Float.NaN, 1e-40f, 5, 6);
        try (HostCopy copy = backend.hostCopy(floats.view(1, Shape.of(4)))) {
            copy.start();
            ByteBuffer bytes = copy.await();
            assertEquals(ByteOrder.LITTLE_ENDIAN, bytes.order());
            assertEquals(16, bytes.remaining());
            float[] got = new float[4];
            bytes.asFloatBuffer().get(got);
            assertArrayEquals(new float[] {-2, Float.NaN, 1e-40f, 5}, got);
            backend.ops().fill(floats, 7);
            copy.start();
            assertEquals(7, copy.await().getFloat(12));
        }
        Tensor doubles = Tensor.of(backend.allocate(ElementType.F64, 3), Shape.of(3));
        backend.upload(doubles, new double[] {1, 1 / 3.0, -1e300});
        try (HostCopy copy = backend.hostCopy(doubles.view(1, Shape.of(2)))) {
            copy.start();
            assertEquals(-1e300, copy.await().getDouble(8));
        }
        Tensor bytes = Tensor.of(backend.allocate(ElementType.U8, 5), Shape.of(5));
        backend.upload(bytes, new byte[] {9, 1, 2, (byte) 255, 4, 9}, 1);
        assertArrayEquals(new double[] {1, 2, 255, 4, 9}, Access.values(backend, bytes));
        Tensor integers = Tensor.of(backend.allocate(ElementType.I32, 3), Shape.of(3));
        backend.upload(integers, new int[] {1, -2, Integer.MAX_VALUE});
        assertArrayEquals(new double[] {1, -2, Integer.MAX_VALUE}, Access.values(backend, integers));
    }

    /** Two copies in turn, with work on another tensor in between, as a writer of many batches does. */
    @Test
    default void copiesInTurn() {
        Backend backend = backend();
        int batches = 9;
        int count = 50_021;
        Tensor[] tensors = new Tensor[2];
        HostCopy[] copies = new HostCopy[2];
        for (int i = 0; i < 2; i++) {
            tensors[i] = Tensor.of(backend.allocate(ElementType.F32, count), Shape.of(count));
            copies[i] = backend.hostCopy(tensors[i]);
        }
        for (int i = 0; i <= batches; i++) {
            if (i < batches) {
                backend.ops().fill(tensors[i % 2], i + 1);
                copies[i % 2].start();
            }
            if (i > 0) {
                ByteBuffer bytes = copies[(i - 1) % 2].await();
                assertEquals(i, bytes.getFloat(0));
                assertEquals(i, bytes.getFloat(4 * (count - 1)));
            }
        }
        copies[0].close();
        copies[1].close();
    }

    @Test
    default void copiesAheadFromArraysThatChangeAfterwards() {
        Backend backend = backend();
        int count = 3_000_017;
        float[] floats = new float[count + 3];
        byte[] bytes = new byte[count + 3];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = i;
            bytes[i] = (byte) i;
        }
        Tensor ofFloats = Tensor.of(backend.allocate(ElementType.F32, count + 5L), Shape.of(count + 5));
        Tensor ofBytes = Tensor.of(backend.allocate(ElementType.U8, count + 5L), Shape.of(count + 5));
        Copy first = backend.copyAhead(ofFloats.view(2, Shape.of(count)), floats, 3);
        Copy second = backend.copyAhead(ofBytes.view(1, Shape.of(count)), bytes, 3);
        Arrays.fill(floats, -1);
        Arrays.fill(bytes, (byte) -1);
        first.join();
        second.join();
        Tensor copied = Tensor.of(backend.allocate(ElementType.F32, count + 5L), Shape.of(count + 5));
        backend.ops().activate(copied, ofFloats, Activation.IDENTITY);
        double[] got = Access.values(backend, copied);
        double[] gotBytes = Access.values(backend, ofBytes);
        for (int i = 0; i < count + 5; i++) {
            assertEquals(i < 2 || i >= count + 2 ? 0 : i + 1, got[i], "float " + i);
            assertEquals(i < 1 || i >= count + 1 ? 0 : i + 2 & 0xFF, gotBytes[i], "byte " + i);
        }
    }

    @Test
    default void tellsTheMemoryThatIsLeft() {
        assertTrue(backend().memoryLeft() > 1 << 20, () -> backend().memoryLeft() + " bytes");
    }

    @Test
    default void movesBytesAndIntegers() {
        Backend backend = backend();
        Tensor data = Tensor.of(backend.allocate(ElementType.U8, 30), Shape.of(30));
        byte[] pixels = {99, 99, 0, 1, (byte) 128, (byte) 255, 51, 102};
        backend.upload(data.view(5, Shape.of(3, 2)), pixels, 2);
        Tensor order = Tensor.of(backend.allocate(ElementType.I32, 9), Shape.of(9));
        backend.upload(order.view(4, Shape.of(3)), new int[] {2, 0, 1});
        Tensor x = Tensor.of(backend.allocate(ElementType.F32, 6), Shape.of(3, 2));
        Tensor scalars = scalars(backend, Map.of());
        backend.ops()
                .gather(x, data.view(5, Shape.of(3, 2)), order.view(4, Shape.of(3)), scalars, Binarization.NONE, 0);
        assertArrayEquals(new double[] {51 / 255f, 102 / 255f, 0, 1 / 255f, 128 / 255f, 1}, Access.values(backend, x));
    }

    @Test
    default void describesItself() {
        assertTrue(backend().name().matches("[a-z0-9-]+"), backend().name());
        assertTrue(!backend().description().isBlank()
                && backend().description().lines().count() == 1);
    }

    // ---- fused against composed, run against run, recorded against eager

    @Test
    default void fusedVerbsDoWhatTheirCompositionDoes() {
        Map<String, List<Scenario>> scenarios = Scenarios.large();
        int composites = 0;
        for (var method : Ops.class.getMethods()) {
            if (method.isDefault()) {
                composites++;
                for (Scenario scenario : scenarios.get(method.getName())) {
                    Lab.compare(backend(), PrimitivesOnly.of(backend()), precision(), scenario);
                }
            }
        }
        assertTrue(composites > 0);
    }

    @Test
    default void largeShapesMeetTheOracle() {
        Scenarios.large().values().forEach(scenarios -> scenarios.forEach(this::compare));
    }

    @Test
    default void twoRunsGiveEqualBits() {
        SameBits.check(backend(), backend());
    }

    @Test
    default void recordedStepsAreEagerSteps() {
        recordedLikeEager(-1);
    }

    /** A replay must halt by itself: nobody looks at the loss in between. */
    @Test
    default void recordedStepsHaltLikeEagerOnes() {
        recordedLikeEager(70);
    }

    private void recordedLikeEager(int brokenRow) {
        int runs = 7;
        SmallStep eager = new SmallStep(backend(), brokenRow);
        List<double[]> want = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            eager.run();
            want.add(eager.state());
        }
        SmallStep small = new SmallStep(backend(), brokenRow);
        Recorded recorded = backend().record(small);
        for (int i = 0; i < runs; i++) {
            recorded.run();
            assertArrayEquals(want.get(i), small.state(), "after run " + (i + 1));
        }
        double[] last = want.get(runs - 1);
        assertEquals(brokenRow < 0 ? 0 : brokenRow / SmallStep.ROWS + 1, last[Scalars.HALTED_AT.ordinal()]);
        assertEquals(brokenRow < 0 ? runs : brokenRow / SmallStep.ROWS + 1, last[Scalars.STEP.ordinal()]);
        // The same state without looking in between, as a trainer runs it.
        SmallStep blind = new SmallStep(backend(), brokenRow);
        Recorded again = backend().record(blind);
        for (int i = 0; i < runs; i++) {
            again.run();
        }
        assertArrayEquals(last, blind.state(), "after " + runs + " runs in a row");
    }

    // ---- small tensors

    private static Tensor tensor(Backend backend, float... values) {
        return rows(backend, values).reshape(Shape.of(values.length));
    }

    /** [n, 1]. */
    private static Tensor rows(Backend backend, float[] values) {
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, values.length), Shape.of(values.length, 1));
        backend.upload(tensor, values, 0);
        return tensor;
    }

    private static Tensor scalars(Backend backend, Map<Scalars, Double> slots) {
        Tensor scalars = Scalars.allocate(backend);
        double[] values = new double[Scalars.COUNT];
        slots.forEach((slot, value) -> values[slot.ordinal()] = value);
        backend.upload(scalars, values);
        return scalars;
    }
}
