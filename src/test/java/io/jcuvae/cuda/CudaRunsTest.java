package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.jobs.GoldenCheck;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Precision;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole trainings on CUDA over the software device: right, repeatable, resumable, and nothing left behind. */
@OnSoftwareCuda
class CudaRunsTest {
    private static final int EPOCHS = 4;
    /** Of 150 rows in batches of 32. */
    private static final int STEPS = 5;

    private static final Dataset TRAIN = SmallRuns.blobs(150, 1);
    private static final Dataset TEST = SmallRuns.blobs(40, 2);
    private static final TrainConfig CONFIG = SmallRuns.config(EPOCHS).with(Setting.BINARIZE, "dynamic");

    @TempDir
    Path folder;

    private static CudaOptions options(Precision precision, NoiseSource noise, boolean debug, boolean branches) {
        return new CudaOptions(0, precision, noise, debug, branches);
    }

    private static CudaOptions plain() {
        return options(Precision.FP32, NoiseSource.CURAND, false, false);
    }

    /** Parameters and moments after a training. */
    private static float[] trained(CudaOptions options, TrainConfig config) {
        try (Backend cuda = CudaBackend.open(options)) {
            return SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, cuda, null), cuda);
        }
    }

    private static BooleanSupplier after(int looks) {
        AtomicInteger looked = new AtomicInteger();
        return () -> looked.incrementAndGet() >= looks;
    }

    // ---- right

    @Test
    void computesWhatPyTorchComputes() throws URISyntaxException {
        Path cases = Path.of(
                        CudaRunsTest.class.getResource("/golden/relu_mse.json").toURI())
                .getParent();
        try (Backend cuda = CudaBackend.open(plain())) {
            GoldenCheck.Report small = GoldenCheck.run(null, cuda);
            assertTrue(small.passed(), small.toText());
            GoldenCheck.Report all = GoldenCheck.run(cases, cuda);
            assertTrue(all.passed(), all.toText());
            assertEquals(9, all.cases().size());
        }
    }

    /** The same initial parameters, data, noise and draws: what differs is the order of sums and the last place of exp. */
    @Test
    void tenStepsAreThoseOfTheCpu() {
        TrainConfig config = CONFIG.with(Setting.EPOCHS, "2");
        float[] got = trained(plain(), config);
        float[] want;
        try (Backend cpu = new CpuBackend(1)) {
            want = SmallRuns.state(SmallRuns.train(config, TRAIN, TEST, cpu, null), cpu);
        }
        assertEquals(2 * STEPS, 10);
        assertClose(want, got, 2e-5);
    }

    private static void assertClose(float[] want, float[] got, double share) {
        assertEquals(want.length, got.length);
        // Parameters, first and second moments: each third by its own size.
        int third = want.length / 3;
        for (int part = 0; part < 3; part++) {
            double worst = 0;
            double largest = 0;
            for (int i = part * third; i < (part + 1) * third; i++) {
                worst = Math.max(worst, Math.abs(want[i] - got[i]));
                largest = Math.max(largest, Math.abs(want[i]));
            }
            assertTrue(worst <= share * largest, "part " + part + ": " + worst + " of " + largest);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Precision.class,
            names = {"TF32", "BF16"})
    void reducedPrecisionLearnsTheSame(Precision precision) {
        float[] exact = trained(plain(), CONFIG);
        float[] rounded = trained(options(precision, NoiseSource.CURAND, false, false), CONFIG);
        int count = exact.length / 3;
        double distance = 0;
        double size = 0;
        for (int i = 0; i < count; i++) {
            distance += Math.pow(exact[i] - rounded[i], 2);
            size += Math.pow(exact[i], 2);
        }
        double share = Math.sqrt(distance / size);
        // Adam's steps have the size of the learning rate whatever the gradient's, so tiny gradients of either sign
        // count.
        assertTrue(share > 0 && share < (precision == Precision.TF32 ? 0.01 : 0.05), precision + ": " + share);
    }

    @Test
    void bothSourcesOfNoiseDrawTheSame() {
        float[] curand = trained(plain(), CONFIG);
        float[] philox = trained(options(Precision.FP32, NoiseSource.PHILOX, false, false), CONFIG);
        assertClose(curand, philox, 2e-4);
    }

    // ---- repeatable

    /** Launch by launch, as graphs, with branches, on streams as late as they may be. */
    @ParameterizedTest
    @ValueSource(strings = {"again", "eager", "branches", "late", "late branches"})
    void equalSeedsGiveEqualBits(String how) {
        float[] want = trained(plain(), CONFIG);
        if (how.startsWith("late")) {
            SoftwareCuda.fault("late");
        }
        boolean eager = how.equals("eager");
        boolean branches = how.endsWith("branches");
        assertArrayEquals(want, trained(options(Precision.FP32, NoiseSource.CURAND, eager, branches), CONFIG));
    }

    /** Compiled otherwise, so not in the same bits. */
    @ParameterizedTest
    @EnumSource(Precision.class)
    void noAccessIsAmiss(Precision precision) {
        float[] want = trained(options(precision, NoiseSource.PHILOX, false, true), CONFIG);
        SoftwareCuda.fault("checked");
        float[] got = trained(options(precision, NoiseSource.PHILOX, false, true), CONFIG);
        assertClose(want, got, precision == Precision.BF16 ? 0.05 : 1e-3);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void branchesChangeNoBit(Precision precision) {
        SoftwareCuda.fault("late");
        assertArrayEquals(
                trained(options(precision, NoiseSource.PHILOX, false, false), CONFIG),
                trained(options(precision, NoiseSource.PHILOX, false, true), CONFIG));
    }

    @Test
    void stoppedAndResumedItEndsWithTheSameBits() throws IOException {
        Path undisturbed = folder.resolve("undisturbed");
        try (Backend cuda = CudaBackend.open(plain())) {
            SmallRuns.train(CONFIG, TRAIN, TEST, cuda, undisturbed);
        }
        for (int at : new int[] {1, 2, STEPS + 3, 3 * STEPS}) {
            Path run = folder.resolve("run" + at);
            Trainer.Listener silent = new Trainer.Listener() {};
            try (Backend cuda = CudaBackend.open(plain())) {
                assertFalse(
                        Trainer.start(CONFIG, TRAIN, TEST, cuda, run, silent).run(after(at)));
            }
            try (Backend cuda = CudaBackend.open(plain())) {
                assertTrue(
                        Trainer.resume(CONFIG, TRAIN, TEST, cuda, run, silent).run(() -> false));
            }
            for (String file : new String[] {"checkpoint.safetensors", "model.safetensors"}) {
                assertEquals(
                        -1,
                        Files.mismatch(undisturbed.resolve(file), run.resolve(file)),
                        "stop at " + at + ": " + file);
            }
            assertEquals(SmallRuns.metrics(undisturbed), SmallRuns.metrics(run), "stop at " + at);
        }
    }

    // ---- memory

    @Test
    void dataThatDoNotFitAreFedAndGiveTheSame() {
        Dataset many = SmallRuns.blobs(8_000, 3);
        TrainConfig config = CONFIG.with(Setting.EPOCHS, "2").with(Setting.BATCH, "100");
        List<float[]> states = new ArrayList<>();
        for (String how : new String[] {"resident", "fed", "fed late"}) {
            SoftwareCuda.reset();
            SoftwareCuda.fault(how.endsWith("late") ? "late" : "");
            List<String> warnings = new ArrayList<>();
            try (Backend cuda = CudaBackend.open(plain())) {
                if (how.startsWith("fed")) {
                    // The pictures take 1.2 million bytes.
                    long used = (2L << 30) - cuda.memoryLeft();
                    SoftwareCuda.fault("memory:" + (used + 1_700_000));
                }
                Trainer trainer = Trainer.start(config, many, TEST, cuda, null, new Trainer.Listener() {
                    @Override
                    public void warning(String message) {
                        warnings.add(message);
                    }
                });
                assertTrue(trainer.run(() -> false));
                states.add(SmallRuns.state(trainer, cuda));
            }
            boolean said = warnings.stream().anyMatch(w -> w.contains("copied to it as the steps need them"));
            assertEquals(how.startsWith("fed"), said, how + ": " + warnings);
        }
        assertArrayEquals(states.get(0), states.get(1));
        assertArrayEquals(states.get(0), states.get(2));
    }

    @Test
    void closingLeavesTheMemoryAsItWas() {
        long before;
        try (CudaBackend first = CudaBackend.open(plain())) {
            before = first.memoryLeft();
            Trainer trainer = SmallRuns.train(CONFIG, TRAIN, TEST, first, null);
            assertTrue(first.memoryLeft() < before);
            assertTrue(trainer.epoch() > EPOCHS);
            // A second one on the same device shares its memory.
            try (CudaBackend second = CudaBackend.open(plain())) {
                long between = second.memoryLeft();
                second.allocate(ElementType.F32, 1 << 20);
                assertEquals(between - (4 << 20), second.memoryLeft());
            }
        }
        assertEquals(0, SoftwareCuda.liveAllocations());
        try (CudaBackend again = CudaBackend.open(plain())) {
            assertEquals(before, again.memoryLeft());
        }
    }
}
