package io.jcuvae.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Decoding;
import io.jcuvae.jobs.Encoding;
import io.jcuvae.jobs.Generation;
import io.jcuvae.jobs.Progress;
import io.jcuvae.jobs.Reconstruction;
import io.jcuvae.jobs.ScoreKind;
import io.jcuvae.jobs.ScoreRecipe;
import io.jcuvae.jobs.Scoring;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the library gives, beside what the commands write. */
class TrainedModelTest {
    /** More than two batches, the last of them not full. */
    private static final int ROWS = 2200;

    @TempDir
    static Path folder;

    private static Path file;
    private static Path data;

    @BeforeAll
    static void train() {
        file = Small.save(Small.training(), folder.resolve("model.safetensors"));
        data = Small.write(SmallRuns.blobs(ROWS, 3), folder.resolve("rows.npy"));
    }

    private static TrainedModel load() {
        return TrainedModel.load(file, Device.cpu(2));
    }

    @Test
    void samplesAreThoseOfTheJobWhicheverAreAskedFor() {
        Path out = folder.resolve("samples.npy");
        try (CpuBackend cpu = new CpuBackend(1)) {
            Generation.run(Model.load(file, cpu), cpu, ROWS, 7, 0.8, out, Progress.SILENT);
        }
        float[] written = Small.read(out);
        try (TrainedModel model = load()) {
            Sampling sampling = Sampling.of(ROWS).seed(7).temperature(0.8);
            assertArrayEquals(written, model.generate(sampling).toArray());
            // Other work in between, and another seed and temperature, change nothing.
            model.encode(Small.samples(5, 4)).toArray();
            float[] others = model.generate(Sampling.of(3).seed(8)).toArray();
            assertNotEquals(written[0], others[0]);
            assertArrayEquals(
                    Arrays.copyOfRange(written, 1000 * Small.WIDTH, 1100 * Small.WIDTH),
                    model.generate(Sampling.of(100).first(1000).seed(7).temperature(0.8))
                            .toArray());
            assertArrayEquals(
                    Arrays.copyOf(written, Small.WIDTH),
                    model.generate(sampling).next().row(0));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"vamp", "gmm-prior", "two-layers"})
    void everyPriorIsDrawnFromAsTheJobDoes(String preset) {
        Path kept = Small.save(Small.training().preset(preset).epochs(1), folder.resolve(preset + ".safetensors"));
        float[] drawn;
        try (CpuBackend cpu = new CpuBackend(1)) {
            drawn = Generation.sample(Model.load(kept, cpu), cpu, 50, 3, 1);
        }
        try (TrainedModel model = TrainedModel.load(kept, Device.cpu(1))) {
            model.score(Small.samples(5, 4)).toArray();
            assertArrayEquals(drawn, model.generate(Sampling.of(50).seed(3)).toArray());
            assertArrayEquals(
                    Arrays.copyOfRange(drawn, 20 * Small.WIDTH, 30 * Small.WIDTH),
                    model.generate(Sampling.of(10).first(20).seed(3)).toArray());
        }
    }

    @Test
    void codesReconstructionsAndScoresAreThoseOfTheJobs() {
        Path codes = folder.resolve("codes.npy");
        Path made = folder.resolve("made.npy");
        Path decoded = folder.resolve("decoded.npy");
        DataSource source = DataSource.parse(data.toString());
        Scoring.Report report;
        try (CpuBackend cpu = new CpuBackend(1)) {
            Model model = Model.load(file, cpu);
            Encoding.run(model, cpu, source, Split.ALL, 0, codes, Progress.SILENT);
            Reconstruction.run(model, cpu, source, Split.ALL, 0, made, Progress.SILENT);
            Decoding.run(model, cpu, codes.toString(), null, decoded, Progress.SILENT);
            Scoring.Request request =
                    new Scoring.Request(ScoreRecipe.of(ScoreKind.LOSS), Split.ALL, null, 0, null, 0, null, null, true);
            report = Scoring.run(model, cpu, source, request, Progress.SILENT);
        }
        float[] written = Small.read(codes);
        Samples file = Samples.of(data.toString());
        Samples memory = Small.samples(ROWS, 3);
        try (TrainedModel model = load()) {
            try (RowStream encoded = model.encode(file)) {
                assertArrayEquals(new int[] {2, 3}, encoded.shape());
                assertEquals(ROWS, encoded.count());
                assertArrayEquals(written, encoded.toArray());
            }
            assertArrayEquals(written, model.encode(memory).toArray());
            assertArrayEquals(Small.read(made), model.reconstruct(file).toArray());
            assertArrayEquals(
                    Small.read(decoded),
                    model.decode(Samples.of(codes.toString())).toArray());
            assertArrayEquals(
                    Small.read(decoded),
                    model.decode(Samples.of(model.encode(memory))).toArray());
            assertArrayEquals(report.scores(), model.score(file).toArray());
            assertArrayEquals(report.scores(), model.score(memory, "loss", 16).toArray());
            float[] nll = model.score(memory.limit(20), "nll", 50).toArray();
            for (int i = 0; i < nll.length; i++) {
                assertTrue(
                        nll[i] < report.scores()[i], "50 draws bound tighter than the ELBO does on average: row " + i);
            }
        }
    }

    @Test
    void streamsOfAnyBatchesAreReadAsOne() {
        float[] rows = Small.rows(150, 5);
        try (TrainedModel model = load();
                TrainedModel narrow = TrainedModel.load(file, Device.cpu(1).batch(7))) {
            assertEquals(7, narrow.batch());
            float[] samples = model.generate(Sampling.of(150)).toArray();
            float[] codes =
                    model.encode(Samples.of(samples, Small.SIDE, Small.SIDE)).toArray();
            // Seven samples at once on their way to batches of a thousand.
            RowStream small = narrow.generate(Sampling.of(150));
            assertEquals(7, small.next().count());
            try (RowStream rest = model.encode(Samples.of(small).limit(100))) {
                float[] some = rest.toArray();
                for (int i = 0; i < some.length; i++) {
                    assertEquals(codes[7 * 6 + i], some[i], 1e-4f);
                }
                assertEquals(100 * 6, some.length);
            }
            assertFalse(small.hasNext(), "closed with the stream that took it");
            assertEquals(
                    150, model.score(Samples.of(rows, Small.SIDE, Small.SIDE)).toArray().length);
        }
    }

    @Test
    void modelsWithLabelsAreToldThem() {
        int[] labels = new int[300];
        float[] rows = new float[300 * 4];
        for (int i = 0; i < 300; i++) {
            labels[i] = i % 2;
            Arrays.fill(rows, 4 * i, 4 * i + 4, i % 2);
        }
        Training training = Training.on(Samples.labelled(rows, labels, 4))
                .device(Device.cpu(1))
                .preset("cvae")
                .hidden(16)
                .latents(2)
                .learningRate(0.01)
                .epochs(15);
        try (TrainingResult result = training.run(new Small.Heard())) {
            TrainedModel model = result.model();
            assertEquals(List.of("0", "1"), model.labels());
            float[] zeros = model.generate(Sampling.of(10).label("0")).toArray();
            float[] ones = model.generate(Sampling.of(10).label("1")).toArray();
            for (int i = 0; i < zeros.length; i++) {
                assertTrue(zeros[i] < 0.45f && ones[i] > 0.55f, zeros[i] + " and " + ones[i]);
            }
            float[] own =
                    model.encode(Samples.labelled(rows, labels, 4).limit(1)).toArray();
            float[] told = model.encode(Samples.of(rows, 4).limit(1).label("0")).toArray();
            assertArrayEquals(own, told);
            assertEquals(
                    10, model.score(Samples.of(rows, 4).limit(10).label("1")).toArray().length);
            assertMessage("--label NAME is missing", () -> model.generate(Sampling.of(1)));
            assertMessage("has no labels", () -> model.encode(Samples.of(rows, 4)));
        }
    }

    @Test
    void tablesAreInTheirOwnUnits() {
        float[] rows = new float[400 * 2];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = 1000 + 10 * (i % 7) + i % 2;
        }
        Training training = Training.on(Samples.of(rows, 2))
                .device(Device.cpu(1))
                .preset("table")
                .hidden(16)
                .epochs(3);
        try (TrainingResult result = training.run(new Small.Heard())) {
            float[] drawn = result.model().generate(Sampling.of(20)).toArray();
            float[] made = result.model().reconstruct(Samples.of(rows, 2)).toArray();
            for (float value : drawn) {
                assertEquals(1030, value, 100);
            }
            assertEquals(rows.length, made.length);
            assertEquals(1030, made[5], 60);
            float[] hole = rows.clone();
            hole[3] = Float.NaN;
            assertMessage(
                    "memory: value 1 of row 1 is NaN",
                    () -> result.model().encode(Samples.of(hole, 2)).next());
        }
    }

    @Test
    void mistakesAreToldInALine() {
        try (TrainedModel model = load()) {
            assertMessage(
                    "samples of 10 values, the model takes 12x12 = 144",
                    () -> model.encode(Samples.of(new float[20], 10)));
            assertMessage("19 values are no rows of 10", () -> Samples.of(new float[19], 10));
            assertMessage("the model's codes are 3 values", () -> model.decode(Samples.of(new float[4], 4)));
            assertMessage("needs values in [0, 1]", () -> {
                float[] large = new float[Small.WIDTH];
                large[3] = 2;
                model.encode(Samples.of(large, Small.WIDTH)).next();
            });
            assertMessage("--count: must be at least 1", () -> model.generate(Sampling.of(0)));
            assertMessage("--temperature", () -> model.generate(Sampling.of(1).temperature(-1)));
            assertMessage(
                    "--first and --count", () -> model.generate(Sampling.of(1).first(-1)));
            assertMessage(
                    "trained without labels",
                    () -> model.generate(Sampling.of(1).label("7")));
            assertMessage("--by: must be one of", () -> model.score(Small.samples(1, 1), "luck", 1));
            assertMessage("draws must be 1 to", () -> model.score(Small.samples(1, 1), "nll", 0));
            assertMessage("a model is a .safetensors file", () -> model.save(folder.resolve("model.bin")));
            assertMessage(
                    "no such file",
                    () -> model.encode(Samples.of(folder.resolve("none.npy").toString())));
        }
        assertMessage("no such file or folder", () -> TrainedModel.load(folder.resolve("none")));
        assertMessage("Device.copies: must be 1 to", () -> Device.cpu().copies(0));
        assertMessage("threads", () -> Device.cpu(-1));
        assertMessage("precision", () -> Device.cpu().precision("fp8"));
        assertMessage(
                "the CPU computes in fp32 only",
                () -> TrainedModel.load(file, Device.cpu(1).precision("tf32")));
    }

    @Test
    void aClosedModelSaysSoAndStaysClosed() {
        TrainedModel model = load();
        RowStream stream = model.generate(Sampling.of(10_000));
        stream.next();
        model.close();
        model.close();
        assertThrows(IllegalStateException.class, stream::next);
        assertFalse(stream.hasNext());
        assertThrows(IllegalStateException.class, () -> model.score(Small.samples(1, 1)));
    }

    @Test
    void aSavedModelIsTheSame() throws Exception {
        Path copy = folder.resolve("copy.safetensors");
        try (TrainedModel model = load()) {
            model.save(copy);
        }
        assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(copy));
        try (TrainedModel model = TrainedModel.load(copy)) {
            assertEquals("32", model.setting(Setting.HIDDEN));
            assertArrayEquals(new int[] {Small.SIDE, Small.SIDE}, model.shape());
            assertEquals(3, model.latents());
            assertTrue(model.device().contains("thread") || model.device().contains("cuda"), model.device());
        }
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable call) {
        String message = assertThrows(UserError.class, call).getMessage();
        assertTrue(message.contains(part), message);
        assertEquals(1, message.lines().count(), message);
    }
}
