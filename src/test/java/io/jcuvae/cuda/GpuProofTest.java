package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import io.jcuvae.ChildJvm;
import io.jcuvae.cli.Main;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.jobs.GoldenCheck;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.EpochMetrics;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only a real device can show, beside the contract; scripts/gpu-check runs it. */
@Tag("gpu")
class GpuProofTest {
    private static final int BATCH = 20;
    private static final int ROWS = 10 * BATCH + 7;

    @TempDir
    Path folder;

    @BeforeAll
    static void device() {
        Gpu.require();
    }

    private static CudaBackend open(Precision precision) {
        return Gpu.open(precision, NoiseSource.CURAND, false, false);
    }

    /** A network whose sizes divide by nothing, on bytes that are neither all equal nor all different. */
    private static TrainConfig config(int epochs) {
        return TrainConfig.defaults()
                .with(Setting.BATCH, Integer.toString(BATCH))
                .with(Setting.HIDDEN, "67,31")
                .with(Setting.LATENT, "7")
                .with(Setting.EPOCHS, Integer.toString(epochs));
    }

    private static Dataset data() {
        byte[] bytes = new byte[ROWS * 81];
        Random random = new Random(5);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i % 9 < 4 ? 255 - random.nextInt(60) : random.nextInt(60));
        }
        return Dataset.ofBytes("made up", new SampleShape(9, 9), bytes, null);
    }

    private record Run(float[] values, List<EpochMetrics> epochs) {
        double loss() {
            return epochs.get(epochs.size() - 1).train().loss();
        }
    }

    private static Run train(Backend backend, int epochs) {
        List<EpochMetrics> metrics = new ArrayList<>();
        Trainer trainer =
                Trainer.start(config(epochs), data(), data().first(40), backend, null, new Trainer.Listener() {
                    @Override
                    public void epoch(EpochMetrics epoch) {
                        metrics.add(epoch);
                    }
                });
        trainer.run(() -> false);
        Tensor block = trainer.state().values().block();
        float[] values = new float[Math.toIntExact(block.count())];
        backend.download(values, 0, block);
        return new Run(values, metrics);
    }

    @Test
    void goldenCases() {
        String shared = System.getProperty("jcuvae.golden");
        try (Backend backend = open(Precision.FP32)) {
            GoldenCheck.Report report = GoldenCheck.run(null, backend);
            assertTrue(report.passed(), report.toText());
            if (shared != null) {
                GoldenCheck.Report all = GoldenCheck.run(Path.of(shared), backend);
                assertTrue(all.passed(), all.toText());
            }
        }
    }

    @Test
    void eagerRecordedAndBranchedGiveTheSameBits() {
        float[] recorded;
        try (Backend backend = open(Precision.FP32)) {
            recorded = train(backend, 2).values();
        }
        try (Backend backend = Gpu.open(Precision.FP32, NoiseSource.CURAND, true, false)) {
            assertArrayEquals(recorded, train(backend, 2).values(), "eager");
        }
        try (Backend backend = Gpu.open(Precision.FP32, NoiseSource.CURAND, false, true)) {
            assertArrayEquals(recorded, train(backend, 2).values(), "with branches");
        }
    }

    @Test
    void theSameSeedGivesTheSameBitsInEveryPrecision() {
        for (Precision precision : Precision.values()) {
            try (Backend first = open(precision);
                    Backend second = open(precision)) {
                assertArrayEquals(train(first, 2).values(), train(second, 2).values(), precision.label());
            }
        }
    }

    @Test
    void tenStepsAgreeWithTheProcessor() {
        try (Backend device = open(Precision.FP32);
                Backend processor = new CpuBackend(2)) {
            Run ours = train(device, 1);
            Run reference = train(processor, 1);
            assertEquals(reference.loss(), ours.loss(), 2e-4 * Math.abs(reference.loss()));
            double worst = 0;
            for (int i = 0; i < ours.values().length; i++) {
                worst = Math.max(worst, Math.abs(ours.values()[i] - reference.values()[i]));
            }
            // Adam moves a parameter by its rate whichever sign a gradient near zero has: eleven steps of 1e-3 at most.
            assertTrue(worst < 4e-3, "parameters differ by " + worst);
        }
    }

    @Test
    void precisionsDifferAndLearnAlike() {
        double[] losses = new double[3];
        List<float[]> values = new ArrayList<>();
        for (Precision precision : Precision.values()) {
            try (Backend backend = open(precision)) {
                Run run = train(backend, 3);
                losses[precision.ordinal()] = run.loss();
                values.add(run.values());
            }
        }
        assertEquals(losses[0], losses[1], 5e-3 * Math.abs(losses[0]), "tf32");
        assertEquals(losses[0], losses[2], 2e-2 * Math.abs(losses[0]), "bf16");
        assertFalse(Arrays.equals(values.get(0), values.get(2)), "bf16 is not fp32");
    }

    @Test
    void noiseIsTheSequence() {
        long key = 0x123456789abcdefL;
        long[] positions = {0, 1, 3, 4 * 65536 - 2, 4L * 65536 * 3 + 5, (1L << 33) + 7};
        for (NoiseSource source : NoiseSource.values()) {
            try (Backend backend = Gpu.open(Precision.FP32, source, false, false)) {
                for (long position : positions) {
                    for (int count : new int[] {1, 2, 5, 1023, 70_001}) {
                        assertNoise(backend, key, position, count, source);
                    }
                }
            }
        }
    }

    private static void assertNoise(Backend backend, long key, long position, int count, NoiseSource source) {
        Tensor noise = Tensor.of(backend.allocate(ElementType.F32, count), Shape.of(count));
        Tensor scalars = Scalars.allocate(backend);
        double[] values = new double[Scalars.COUNT];
        values[Scalars.NOISE_POSITION.ordinal()] = position;
        backend.upload(scalars, values);
        backend.reserveNoise(key, position, count);
        backend.ops().normal(noise, scalars, key);
        float[] found = new float[count];
        backend.download(found, 0, noise);
        float[] expected = new float[count];
        Philox.fillNormal(expected, 0, count, key, position);
        for (int i = 0; i < count; i++) {
            // Fast sine and cosine on the device: a few units in the last place of numbers up to six.
            assertEquals(expected[i], found[i], 2e-5f, source + " value " + (position + i) + " of " + count);
        }
    }

    @Test
    void memoryThatIsNotThereIsAskedForInOneLine() {
        try (Backend backend = open(Precision.FP32)) {
            long left = backend.memoryLeft();
            UserError error = assertThrows(UserError.class, () -> backend.allocate(ElementType.F32, left + (1L << 30)));
            assertTrue(error.getMessage().contains("were asked for"), error.getMessage());
            assertTrue(error.getMessage().contains("free"), error.getMessage());
            assertTrue(train(backend, 1).loss() > 0, "the device goes on");
        }
    }

    @Test
    void closingGivesAllMemoryBack() {
        for (int i = 0; i < 2; i++) {
            try (Backend backend = open(Precision.BF16)) {
                train(backend, 1);
            }
        }
        long before = free();
        for (int i = 0; i < 3; i++) {
            try (Backend backend = open(Precision.FP32)) {
                train(backend, 1);
            }
        }
        long after = free();
        // Another process may take or give some meanwhile.
        assertTrue(Math.abs(before - after) <= 32L << 20, before + " bytes were free, then " + after);
    }

    private static long free() {
        CudaReport report = CudaProbe.run(Gpu.number());
        assertTrue(report.reason().isEmpty(), report.toString());
        return report.devices().get(Gpu.number()).free();
    }

    @Test
    void theCommandLineFromTrainingToEncoding() throws Exception {
        Path run = folder.resolve("run");
        String device = "cuda:" + Gpu.number();
        call(
                "train",
                "--data",
                "moons:300",
                "--likelihood",
                "gaussian",
                "--epochs",
                "2",
                "--hidden",
                "32,16",
                "--batch",
                "50",
                "--device",
                device,
                "--out",
                run.toString());
        Path samples = folder.resolve("samples.npy");
        call("generate", "--model", run.toString(), "--count", "100", "--device", device, "--out", samples.toString());
        assertTrue(Files.size(samples) > 800);
        Path codes = folder.resolve("codes.npz");
        call("encode", "--model", run.toString(), "--data", "moons:300", "--device", device, "--out", codes.toString());
        assertTrue(Files.size(codes) > 0);
        call("evaluate", "--model", run.toString(), "--data", "moons:300", "--device", device, "--json");
        call("check", "--device", device);
    }

    @Test
    void aRunGoesOnWhereItDidNotBegin() throws Exception {
        String device = "cuda:" + Gpu.number();
        List<Double> losses = new ArrayList<>();
        for (List<String> order : List.of(List.of("cpu", "cpu"), List.of("cpu", device), List.of(device, "cpu"))) {
            Path run = folder.resolve("run" + losses.size());
            call(
                    "train",
                    "--data",
                    "moons:300",
                    "--likelihood",
                    "gaussian",
                    "--epochs",
                    "1",
                    "--hidden",
                    "32,16",
                    "--batch",
                    "50",
                    "--device",
                    order.get(0),
                    "--out",
                    run.toString());
            call("train", "--resume", run.toString(), "--epochs", "2", "--device", order.get(1));
            List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
            assertEquals(2, lines.size());
            losses.add(JsonParser.parseString(lines.get(1))
                    .getAsJsonObject()
                    .get("train_loss")
                    .getAsDouble());
        }
        assertEquals(losses.get(0), losses.get(1), 1e-3 * Math.abs(losses.get(0)));
        assertEquals(losses.get(0), losses.get(2), 1e-3 * Math.abs(losses.get(0)));
    }

    private static void call(String... words) throws IOException, InterruptedException {
        List<String> options = ManagementFactory.getRuntimeMXBean().getInputArguments();
        List<String> command = ChildJvm.command(options, Main.class, words);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), String.join(" ", words) + "\n" + output);
    }
}
