package io.jcuvae.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.contract.Directional;
import io.jcuvae.contract.ReferenceBackend;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Norms, dropout and activations of their own, bound as a model binds them. */
class NormLayersTest {
    private static final Shape ROW = Shape.of(5);
    private static final Shape PICTURE = Shape.of(3, 4, 2);

    private final ReferenceBackend backend = new ReferenceBackend();
    private final SplittableRandom random = new SplittableRandom(4);

    private double[] normal(long count) {
        double[] values = new double[(int) count];
        Arrays.setAll(values, i -> random.nextGaussian());
        return values;
    }

    // ---- gradients

    @Test
    void normsOfRowsAndPictures() {
        for (LayerSpec norm : List.of(new BatchNormSpec(), new BatchNormSpec(0.5, 1e-2), new LayerNormSpec())) {
            for (Shape sample : List.of(ROW, PICTURE, Shape.of(2, 2))) {
                check(List.of(norm), sample, 4);
            }
            // With a curve in between: a second norm would take the first one's bias away again.
            check(List.of(norm, new ActivationSpec(Activation.TANH), norm), ROW, 7);
        }
        // One channel, one pixel, one row where that can be done.
        check(List.of(new BatchNormSpec()), Shape.of(1, 3, 3), 1);
        check(List.of(new BatchNormSpec()), Shape.of(3, 1, 1), 2);
        check(List.of(new LayerNormSpec()), ROW, 1);
        check(List.of(new LayerNormSpec()), Shape.of(3, 1, 1), 1);
    }

    /** A norm's output is not needed again, so that most activations behind it work in its place; all must agree. */
    @Test
    void activationsOfTheirOwn() {
        for (Activation f : Activation.values()) {
            check(List.of(new ActivationSpec(f)), ROW, 3);
            check(List.of(new BatchNormSpec(), new ActivationSpec(f)), PICTURE, 2);
            check(List.of(new LayerNormSpec(), new ActivationSpec(f), new DenseSpec(3, Activation.TANH)), ROW, 3);
            check(List.of(new DenseSpec(4, Activation.TANH), new ActivationSpec(f), new ActivationSpec(f)), ROW, 3);
        }
    }

    @Test
    void stacksWithDropout() {
        check(List.of(new DropoutSpec(0.5)), ROW, 9);
        check(List.of(new DropoutSpec(0)), ROW, 2);
        check(
                List.of(
                        new DenseSpec(6, Activation.TANH),
                        new BatchNormSpec(),
                        new ActivationSpec(Activation.SILU),
                        new DropoutSpec(0.3),
                        new ActivationSpec(Activation.ELU),
                        new DenseSpec(4, Activation.GELU),
                        new LayerNormSpec(),
                        new DropoutSpec(0.2)),
                ROW,
                6);
    }

    private void check(List<LayerSpec> specs, Shape sample, int rows) {
        BoundStack bound = BoundStack.training(backend, specs, sample, rows, 5);
        ParameterLayout layout = bound.values().layout();
        Sequential stack = bound.stack();
        if (layout.count() > 0) {
            backend.set(bound.values().block(), normal(layout.count()));
            // What an earlier batch left behind must not show.
            backend.set(bound.gradients().block(), normal(layout.count()));
        }
        backend.set(bound.input(), normal(bound.input().count()));
        double[] weights = normal(stack.output().count());
        assertEquals(rows * outputCount(specs, sample), stack.output().count());

        stack.forward();
        backend.set(stack.outputGradient(), weights);
        stack.backward();

        Directional differences = new Directional(backend, () -> {
                    stack.forward();
                    double[] output = backend.values(stack.output());
                    double sum = 0;
                    for (int i = 0; i < output.length; i++) {
                        sum += weights[i] * output[i];
                    }
                    return sum;
                })
                .with("input", bound.input(), backend.values(bound.inputGradient()));
        for (ParameterLayout.Entry entry : layout.entries()) {
            differences.with(
                    entry.name(),
                    bound.values().get(entry.name()),
                    backend.values(bound.gradients().get(entry.name())));
        }
        differences.check(specs.stream().map(LayerSpec::describe).toList() + " of " + sample, 1);
    }

    private static long outputCount(List<LayerSpec> specs, Shape sample) {
        return Sequential.declare(new ParameterLayout(), specs, "", sample).count();
    }

    // ---- memory

    @Test
    void activationsWorkInPlaceWhereNobodyNeedsTheirInput() {
        for (Activation f : Activation.values()) {
            for (LayerSpec before : List.of(
                    new BatchNormSpec(),
                    new LayerNormSpec(),
                    new DropoutSpec(0.5),
                    new DenseSpec(5, Activation.IDENTITY),
                    new DenseSpec(5, Activation.RELU))) {
                List<LayerSpec> specs = List.of(before, new ActivationSpec(f));
                BoundStack bound = BoundStack.training(backend, specs, ROW, 3, 5);
                boolean free = !(before instanceof DenseSpec dense && dense.activation() != Activation.IDENTITY);
                Tensor earlier = bound.tensor("layer0.out");
                assertEquals(
                        free && f.derivativeFromOutput(), bound.stack().output().equals(earlier), before + ", " + f);
                assertSame(bound.tensor("layer0.dout"), bound.stack().outputGradient());
            }
            BoundStack first = BoundStack.training(backend, List.of(new ActivationSpec(f)), ROW, 3, 5);
            assertNotSame(first.input(), first.stack().output(), "others may read the input of a stack");
        }
    }

    // ---- looking

    @Test
    void lookingUsesRunningStatisticsAndChangesNothing() {
        List<LayerSpec> specs = List.of(new BatchNormSpec(0.5, 1e-3), new DropoutSpec(0.9));
        BoundStack training = BoundStack.training(backend, specs, PICTURE, 4, 5);
        for (int step = 0; step < 3; step++) {
            backend.set(training.input(), normal(training.input().count()));
            training.stack().forward();
            training.stack().backward();
        }
        double[] before = backend.values(training.buffers().block());
        double[] mean = backend.values(training.buffers().get("layer0.running_mean"));
        double[] variance = backend.values(training.buffers().get("layer0.running_var"));
        assertNotEquals(0, mean[1]);
        BoundStack looking = training.looking(specs, PICTURE, 2);
        backend.set(looking.input(), normal(looking.input().count()));
        looking.stack().forward();
        double[] x = backend.values(looking.input());
        double[] y = backend.values(looking.stack().output());
        for (int i = 0; i < x.length; i++) {
            int c = i % 3;
            assertEquals((x[i] - mean[c]) / Math.sqrt(variance[c] + 1e-3f), y[i], 1e-12);
        }
        assertArrayEquals(before, backend.values(training.buffers().block()));
    }

    /** To the bit: what is beside a row in its batch is nothing that a model may see while it only looks. */
    @Test
    void lookingDoesNotSeeTheOtherRows() {
        List<LayerSpec> specs = List.of(
                new BatchNormSpec(),
                new ActivationSpec(Activation.RELU),
                new LayerNormSpec(),
                new DropoutSpec(0.5),
                new DenseSpec(7, Activation.TANH),
                new BatchNormSpec());
        Shape sample = Shape.of(33);
        int rows = 13;
        try (CpuBackend cpu = new CpuBackend(2)) {
            BoundStack training = BoundStack.training(cpu, specs, sample, rows, 5);
            fill(cpu, training.input(), 1);
            training.stack().forward();
            fill(cpu, training.stack().outputGradient(), 2);
            training.stack().backward();
            BoundStack looking = training.looking(specs, sample, rows);
            fill(cpu, looking.input(), 3);
            looking.stack().forward();
            float[] among = download(cpu, looking.stack().output());
            Tensor kept = looking.input().view(4 * 33, Shape.of(33));
            float[] row = download(cpu, kept);
            fill(cpu, looking.input(), 8);
            cpu.upload(kept, row, 0);
            looking.stack().forward();
            float[] amongOthers = download(cpu, looking.stack().output());
            assertArrayEquals(Arrays.copyOfRange(among, 28, 35), Arrays.copyOfRange(amongOthers, 28, 35));
            assertFalse(Arrays.equals(among, amongOthers));
        }
    }

    @Test
    void dropoutIsTheIdentityWhereAModelOnlyLooks() {
        List<LayerSpec> specs = List.of(new DropoutSpec(0.5));
        BoundStack training = BoundStack.training(backend, specs, ROW, 3, 5);
        BoundStack looking = training.looking(specs, ROW, 3);
        assertSame(looking.input(), looking.stack().output());
        // Behind a dropout that is not there, an activation must not write over what others read.
        List<LayerSpec> more = List.of(new DropoutSpec(0.5), new ActivationSpec(Activation.RELU));
        BoundStack both = BoundStack.training(backend, more, ROW, 3, 5).looking(more, ROW, 3);
        assertFalse(both.input().equals(both.stack().output()));
    }

    // ---- masks

    @Test
    void masksDifferByStepPartAndLayerAndRepeatBySeed() {
        List<LayerSpec> specs = List.of(new DropoutSpec(0.5), new DropoutSpec(0.5));
        Shape sample = Shape.of(300);
        List<double[]> masks = new ArrayList<>();
        for (long seed : new long[] {5, 6}) {
            BoundStack bound = BoundStack.training(backend, specs, sample, 4, seed);
            for (int part = 0; part < 3; part++) {
                bound.stack().forward();
                // Two parts of one step are as far apart as two steps: what counts is the rows in between.
                backend.ops().endStep(bound.scalars(), 4, 8);
                masks.add(backend.values(bound.tensor("layer0.mask")));
                masks.add(backend.values(bound.tensor("layer1.mask")));
            }
            assertEquals(12, backend.values(bound.scalars())[Scalars.ROWS_TRAINED.ordinal()]);
        }
        for (int i = 0; i < masks.size(); i++) {
            double zeros = Arrays.stream(masks.get(i)).filter(v -> v == 0).count() / 1200.0;
            assertEquals(0.5, zeros, 5 * Math.sqrt(0.25 / 1200), "mask " + i);
            for (int k = 0; k < i; k++) {
                int alike = 0;
                for (int e = 0; e < 1200; e++) {
                    alike += masks.get(i)[e] == masks.get(k)[e] ? 1 : 0;
                }
                assertEquals(0.5, alike / 1200.0, 5 * Math.sqrt(0.25 / 1200), "masks " + k + " and " + i);
            }
        }
        BoundStack again = BoundStack.training(backend, specs, sample, 4, 5);
        backend.ops().endStep(again.scalars(), 8, 0);
        again.stack().forward();
        assertArrayEquals(masks.get(4), backend.values(again.tensor("layer0.mask")), "the third part, resumed");
    }

    // ---- running statistics

    /** A step that was halted leaves them as they were, NaN or not. */
    @Test
    void haltedStepsMoveNoStatistics() {
        List<LayerSpec> specs = List.of(new BatchNormSpec());
        for (Backend device : List.of(backend, new CpuBackend(1))) {
            BoundStack bound = BoundStack.training(device, specs, ROW, 4, 5);
            float[] start = bound.buffers().download(device);
            float[] x = new float[20];
            x[7] = Float.NaN;
            device.upload(bound.input(), x, 0);
            double[] scalars = new double[Scalars.COUNT];
            scalars[Scalars.HALTED_AT.ordinal()] = 3;
            device.upload(bound.scalars(), scalars);
            bound.stack().forward();
            bound.stack().backward();
            assertArrayEquals(start, bound.buffers().download(device));
            scalars[Scalars.HALTED_AT.ordinal()] = 0;
            x[7] = 1;
            device.upload(bound.scalars(), scalars);
            device.upload(bound.input(), x, 0);
            bound.stack().forward();
            bound.stack().backward();
            assertFalse(Arrays.equals(start, bound.buffers().download(device)));
            device.close();
        }
    }

    @Test
    void oneValuePerChannelHasNoVariance() {
        List<LayerSpec> specs = List.of(new DenseSpec(4, Activation.RELU), new BatchNormSpec());
        UserError error = assertThrows(UserError.class, () -> BoundStack.training(backend, specs, ROW, 1, 5));
        assertEquals(
                "layer1, BatchNorm: a training batch of 1 row gives it one value per feature, which has no variance;"
                        + " choose a --batch, or a --limit of the training rows, that leaves no single row over at the"
                        + " end of an epoch",
                error.getMessage());
        UserError pixel = assertThrows(
                UserError.class,
                () -> BoundStack.training(backend, List.of(new BatchNormSpec()), Shape.of(3, 1, 1), 1, 5));
        assertTrue(pixel.getMessage().contains("one value per "), pixel.getMessage());
        // A single row is fine for what only looks.
        BoundStack.training(backend, specs, ROW, 2, 5)
                .looking(specs, ROW, 1)
                .stack()
                .forward();
    }

    // ---- what they are

    @Test
    void declaresPyTorchsNamesAndStartValues() {
        ParameterLayout layout = new ParameterLayout();
        List<LayerSpec> specs = List.of(
                new BatchNormSpec(), new ActivationSpec(Activation.RELU), new DropoutSpec(0.1), new LayerNormSpec());
        assertEquals(PICTURE, Sequential.declare(layout, specs, "enc", PICTURE));
        assertEquals(
                List.of("enc0.weight", "enc0.bias", "enc3.weight", "enc3.bias"),
                layout.entries().stream().map(ParameterLayout.Entry::name).toList());
        assertEquals(
                List.of("enc0.running_mean", "enc0.running_var", "enc0.num_batches_tracked"),
                layout.buffers().entries().stream()
                        .map(ParameterLayout.Entry::name)
                        .toList());
        for (Initialisation how : Initialisation.values()) {
            assertArrayEquals(new float[] {1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0}, how.values(layout, 3));
        }
        assertArrayEquals(
                new float[] {0, 0, 0, 1, 1, 1, 0, 0},
                Parameters.buffers(layout, backend).download(backend));
        // Features of a row, whatever its extents are.
        ParameterLayout rows = new ParameterLayout();
        new BatchNormSpec().declare(rows, "a", Shape.of(4, 6));
        assertEquals(Shape.of(24), rows.entry("a.weight").shape());
    }

    @Test
    void saysWhatItIsAndRefusesWhatItCannotBe() {
        assertEquals("BatchNorm", new BatchNormSpec().describe());
        assertEquals("BatchNorm(momentum 0.3, epsilon 0.001)", new BatchNormSpec(0.3, 1e-3).describe());
        assertEquals("LayerNorm", new LayerNormSpec().describe());
        assertEquals("LayerNorm(epsilon 0.001)", new LayerNormSpec(1e-3).describe());
        assertEquals("Dropout(0.25)", new DropoutSpec(0.25).describe());
        assertEquals("Activation(relu)", new ActivationSpec(Activation.RELU).describe());
        for (double bad : new double[] {0, -1, 1.1, Double.NaN}) {
            refused(() -> new BatchNormSpec(bad, 1e-5), "momentum");
        }
        for (double bad : new double[] {0, -1, 1e-40, Double.NaN, Double.POSITIVE_INFINITY}) {
            refused(() -> new BatchNormSpec(0.1, bad), "epsilon");
            refused(() -> new LayerNormSpec(bad), "epsilon");
        }
        for (double bad : new double[] {-0.1, 1, 0.999999999, Double.NaN}) {
            refused(() -> new DropoutSpec(bad), "rate");
        }
    }

    private static void refused(Runnable made, String names) {
        IllegalArgumentException error = assertThrows(IllegalArgumentException.class, made::run);
        assertTrue(error.getMessage().contains(names), error.getMessage());
    }

    private static void fill(Backend device, Tensor tensor, long seed) {
        SplittableRandom values = new SplittableRandom(seed);
        float[] floats = new float[(int) tensor.count()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values.nextGaussian();
        }
        device.upload(tensor, floats, 0);
    }

    private static float[] download(Backend device, Tensor tensor) {
        float[] floats = new float[(int) tensor.count()];
        device.download(floats, 0, tensor);
        return floats;
    }
}
