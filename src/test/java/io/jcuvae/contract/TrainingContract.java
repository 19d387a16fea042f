package io.jcuvae.contract;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What every backend must do where training asks for more than Adam at a constant rate; part of {@link OpsContract}. */
public interface TrainingContract {
    /** See {@link OpsContract#backend}. */
    Backend backend();

    /** See {@link OpsContract#precision}. */
    Precision precision();

    private void compare(Scenario scenario) {
        Lab.compare(backend(), new ReferenceBackend(), precision(), scenario);
    }

    // ---- against the oracle

    @Test
    @Covers("schedule")
    default void takesTheStepsValuesFromTheTable() {
        compare(TrainingScenarios.schedule(0, 1, 0));
        compare(TrainingScenarios.schedule(0, 7, 5));
        compare(TrainingScenarios.schedule(1000, 1001, 3));
        compare(TrainingScenarios.schedule(1000, 1099, 0));
    }

    @Test
    @Covers("freeBits")
    default void putsAFloorUnderLatents() {
        for (int[] s : new int[][] {{1, 1}, {1, 33}, {31, 1}, {33, 7}, {257, 20}, {7, 1031}}) {
            compare(TrainingScenarios.freeBits(s[0], s[1], 0.4f));
        }
        compare(TrainingScenarios.freeBits(33, 7, 0));
        compare(TrainingScenarios.freeBits(33, 7, 100));
    }

    @Test
    @Covers("sampleGaussianBackwardWeighted")
    default void weighsLatents() {
        for (int[] s : new int[][] {{1, 1}, {1, 33}, {31, 1}, {33, 7}, {257, 20}, {7, 1031}}) {
            compare(TrainingScenarios.sampleGaussianBackwardWeighted(s[0], s[1]));
        }
    }

    @Test
    @Covers("capacityElbo")
    default void drawsToACapacity() {
        for (int rows : new int[] {1, 31, 33, 1009, 5003}) {
            compare(TrainingScenarios.capacityElbo(rows, 20));
            compare(TrainingScenarios.capacityElbo(rows, 30));
        }
    }

    /** The absolute value has its kink there: no gradient, as PyTorch has it. */
    @Test
    @Covers("capacityElbo")
    default void atTheCapacityThereIsNoGradient() {
        Backend backend = backend();
        Tensor scalars = scalars(backend, Map.of(Scalars.BETA, 1000.0, Scalars.CAPACITY, 3.0));
        Tensor loss = tensor(backend, 0, 0);
        Tensor weights = tensor(backend, 1, 1);
        backend.ops().capacityElbo(loss, weights, tensor(backend, 10, 20), tensor(backend, 2, 4), scalars, 0.5f);
        assertArrayEquals(new double[] {10, 20}, Access.values(backend, loss));
        assertArrayEquals(new double[] {0, 0}, Access.values(backend, weights));
    }

    @Test
    @Covers("add")
    default void addsUp() {
        for (int count : new int[] {1, 31, 33, 1009, 40_009}) {
            compare(TrainingScenarios.add(count));
        }
    }

    @Test
    @Covers("gradientNorm")
    default void findsTheNorm() {
        for (int count : new int[] {1, 31, 33, 4095, 4097, 40_009}) {
            compare(TrainingScenarios.gradientNorm(count, 1, 0.01f));
            compare(TrainingScenarios.gradientNorm(count, 1 / 3f, 1e9f));
        }
    }

    @Test
    @Covers("adamW")
    default void stepsWithAdamW() {
        for (int count : new int[] {1, 31, 33, 1009, 40_009}) {
            for (int step : new int[] {1, 1000}) {
                compare(TrainingScenarios.adamW(count, step, true, false));
                compare(TrainingScenarios.adamW(count, step, false, true));
            }
        }
    }

    @Test
    @Covers("average")
    default void averages() {
        for (int count : new int[] {1, 31, 33, 1009, 40_009}) {
            for (int step : new int[] {1, 2, 1000, 1_000_000}) {
                compare(TrainingScenarios.average(count, step));
            }
        }
    }

    // ---- against PyTorch

    /**
     * Three steps with float64 values of PyTorch 1.13: {@code opt = torch.optim.AdamW([p], lr=0.01, weight_decay=decay)} from p =
     * [0.5, -1.25, 2, 0] with the gradients below, before each {@code opt.step()} where clip is not 0 {@code
     * torch.nn.utils.clip_grad_norm_([p], clip)}.
     */
    @Test
    @Covers({"adamW", "gradientNorm"})
    default void decaysAndClipsAsPyTorchDoes() {
        steps(0, 0.1f, 0.47494731228428705, -1.2476683920968243, 1.9968847336998647, -0.027703651534493678);
        steps(1, 0.1f, 0.47170102206569364, -1.234125779508702, 1.9925612654000773, -0.023076648451385892);
        steps(1, 0, 0.47317004021949094, -1.2378546271316957, 1.998540282729479, -0.023104020348254498);
    }

    private void steps(float clip, float decay, double... want) {
        Backend backend = backend();
        Ops ops = backend.ops();
        float[][] gradients = {{0.1f, -0.2f, 0.3f, 0.4f}, {3, 4, -12, 0.5f}, {0, -0.7f, 0.05f, 1e-3f}};
        Tensor scalars = scalars(backend, Map.of(Scalars.LEARNING_RATE, 0.01, Scalars.GRADIENT_SCALE, 1.0));
        Tensor p = tensor(backend, 0.5f, -1.25f, 2, 0);
        Tensor m = tensor(backend, 0, 0, 0, 0);
        Tensor v = tensor(backend, 0, 0, 0, 0);
        Tensor g = tensor(backend, 0, 0, 0, 0);
        Tensor decays = decay == 0 ? null : tensor(backend, decay, decay, decay, decay);
        for (float[] gradient : gradients) {
            backend.upload(g, gradient, 0);
            ops.beginStep(scalars, 0.9f, 0.999f);
            if (clip > 0) {
                ops.gradientNorm(scalars, g, 1, clip);
            }
            ops.adamW(p, m, v, g, decays, scalars, 0.9f, 0.999f, 1e-8f, 1);
        }
        String what = "clip " + clip + ", decay " + decay;
        double[] got = Access.values(backend, p);
        for (int i = 0; i < want.length; i++) {
            // PyTorch's constants are doubles: 0.999f is off by 1e-8, a hundred thousandth of 1 - 0.999.
            assertEquals(want[i], got[i], 2e-6, what + ", element " + i);
        }
        double[] slots = Access.values(backend, scalars);
        double norms = clip == 0 ? 0 : 0.5477225575051662 + 13.009611831257688 + 0.7017841548510482;
        assertEquals(norms, slots[Scalars.GRADIENT_NORM_SUM.ordinal()], 1e-6, what);
        assertEquals(clip == 0 ? 0 : 13.009611831257688, slots[Scalars.GRADIENT_NORM_MAX.ordinal()], 1e-6, what);
    }

    /** The sum over all steps so far, each weighted by (1 - d) d^age, divided by what these weights come to. */
    @Test
    @Covers("average")
    default void averageForgetsNoStepAndHasNoBias() {
        Backend backend = backend();
        Tensor scalars = scalars(backend, Map.of());
        Tensor p = tensor(backend, 0);
        Tensor average = tensor(backend, 99);
        double decay = 0.9;
        double sum = 0;
        for (int t = 1; t <= 12; t++) {
            float value = (float) Math.sin(t);
            backend.upload(p, new float[] {value}, 0);
            backend.ops().beginStep(scalars, 0.9f, 0.999f);
            backend.ops().average(average, p, scalars, decay);
            sum = decay * sum + (1 - decay) * value;
            assertEquals(sum / (1 - Math.pow(decay, t)), Access.values(backend, average)[0], 2e-5, "step " + t);
        }
    }

    // ---- halting, replaying

    /** With a halted state in between, every verb is called and nothing changes. */
    @Test
    @Covers({"schedule", "gradientNorm", "adamW", "average"})
    default void haltedStatesStayAsTheyAre() {
        Backend backend = backend();
        Ops ops = backend.ops();
        Tensor scalars = scalars(
                backend,
                Map.of(
                        Scalars.STEP,
                        5.0,
                        Scalars.SCHEDULE_START,
                        4.0,
                        Scalars.LEARNING_RATE,
                        0.5,
                        Scalars.HALTED_AT,
                        5.0,
                        Scalars.GRADIENT_SCALE,
                        0.5));
        Tensor table = doubles(backend, 1, 2, 3, 4, 5, 6);
        Tensor[] blocks = new Tensor[5];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = tensor(backend, 1 + i, 2 + i, 3 + i);
        }
        double[] before = Access.values(backend, scalars);
        ops.beginStep(scalars, 0.9f, 0.999f);
        ops.schedule(scalars, table);
        ops.gradientNorm(scalars, blocks[3], 1, 0.1f);
        ops.adamW(blocks[0], blocks[1], blocks[2], blocks[3], blocks[3], scalars, 0.9f, 0.999f, 1e-8f, 1);
        ops.average(blocks[4], blocks[0], scalars, 0.9);
        assertArrayEquals(before, Access.values(backend, scalars));
        for (int i = 0; i < blocks.length; i++) {
            assertArrayEquals(new double[] {1 + i, 2 + i, 3 + i}, Access.values(backend, blocks[i]), "block " + i);
        }
    }

    /** A value that is not a number goes to the parameter it belongs to and to no other. */
    @Test
    @Covers("gradientNorm")
    default void aNormThatIsNoNumberClipsNothing() {
        Backend backend = backend();
        Tensor scalars = scalars(backend, Map.of(Scalars.LEARNING_RATE, 0.1));
        Tensor p = tensor(backend, 1, 1, 1);
        Tensor m = tensor(backend, 0, 0, 0);
        Tensor v = tensor(backend, 0, 0, 0);
        Tensor g = tensor(backend, 1, Float.NaN, 1);
        backend.ops().beginStep(scalars, 0.9f, 0.999f);
        backend.ops().gradientNorm(scalars, g, 1, 1);
        backend.ops().adamW(p, m, v, g, null, scalars, 0.9f, 0.999f, 1e-8f, 1);
        double[] got = Access.values(backend, p);
        assertTrue(Double.isFinite(got[0]) && Double.isNaN(got[1]) && Double.isFinite(got[2]), Arrays.toString(got));
    }

    /** A floor must not hide a posterior that has left the range of numbers. */
    @Test
    @Covers("freeBits")
    default void freeBitsShowWhatIsNotFinite() {
        Backend backend = backend();
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            Tensor head = tensor(backend, 0, 1, 0, 0, 0, value, 0, 0).reshape(Shape.of(2, 4));
            Tensor kl = tensor(backend, 0, 0);
            backend.ops().freeBits(kl, tensor(backend, 0, 0), head, 5);
            double[] got = Access.values(backend, kl);
            assertTrue(Double.isFinite(got[0]) && !Double.isFinite(got[1]), value + ": " + Arrays.toString(got));
        }
    }

    /** A recorded step follows what the host writes into the table between its runs. */
    @Test
    @Covers({"schedule", "add"})
    default void replaysFollowTheTable() {
        Backend backend = backend();
        Ops ops = backend.ops();
        Tensor scalars = scalars(backend, Map.of());
        Tensor table = doubles(backend, 1, 2, 3, 4, 5, 6);
        Tensor p = tensor(backend, 0);
        Tensor g = tensor(backend, 1);
        Tensor m = tensor(backend, 0);
        Tensor v = tensor(backend, 0);
        Tensor total = tensor(backend, 0);
        Recorded step = backend.record(() -> {
            ops.beginStep(scalars, 0.9f, 0.999f);
            ops.schedule(scalars, table);
            ops.fill(total, 0);
            ops.add(total, g);
            ops.add(total, g);
            ops.gradientNorm(scalars, total, 0.5f, 1e9f);
            ops.adamW(p, m, v, total, null, scalars, 0.9f, 0.999f, 1e-8f, 0.5f);
        });
        double sum = 0;
        for (int i = 0; i < 6; i++) {
            int row = i % 2;
            double rate = 0.1 * (i + 1);
            double[] rows = new double[6];
            rows[3 * row] = rate;
            rows[3 * row + 1] = i;
            rows[3 * row + 2] = 10 * i;
            backend.upload(table, rows);
            double[] slots = Access.values(backend, scalars);
            slots[Scalars.SCHEDULE_START.ordinal()] = i - row;
            backend.upload(scalars, slots);
            step.run();
            slots = Access.values(backend, scalars);
            assertEquals(rate, slots[Scalars.LEARNING_RATE.ordinal()], "run " + i);
            assertEquals(i, slots[Scalars.BETA.ordinal()], "run " + i);
            assertEquals(10 * i, slots[Scalars.CAPACITY.ordinal()], "run " + i);
            assertEquals(i + 1, slots[Scalars.GRADIENT_NORM_SUM.ordinal()], 1e-9, "run " + i);
            // With a gradient that is always 1 Adam moves by the rate.
            sum -= rate;
            assertEquals(sum, Access.values(backend, p)[0], 1e-5, "run " + i);
        }
    }

    // ---- small tensors

    private static Tensor tensor(Backend backend, float... values) {
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, values.length), Shape.of(values.length));
        backend.upload(tensor, values, 0);
        return tensor;
    }

    /** [n, 3]. */
    private static Tensor doubles(Backend backend, double... values) {
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F64, values.length), Shape.of(values.length / 3, 3));
        backend.upload(tensor, values);
        return tensor;
    }

    private static Tensor scalars(Backend backend, Map<Scalars, Double> slots) {
        Tensor scalars = Scalars.allocate(backend);
        double[] values = new double[Scalars.COUNT];
        values[Scalars.GRADIENT_SCALE.ordinal()] = 1;
        slots.forEach((slot, value) -> values[slot.ordinal()] = value);
        backend.upload(scalars, values);
        return scalars;
    }
}
