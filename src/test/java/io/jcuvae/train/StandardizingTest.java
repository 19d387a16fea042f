package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.data.Table;
import io.jcuvae.jobs.Evaluation;
import io.jcuvae.jobs.Progress;
import io.jcuvae.jobs.Reconstruction;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of numbers in any units: standardised for the model, and back for whoever reads its files. */
class StandardizingTest {
    private static final int WIDTH = 3;

    @TempDir
    Path folder;

    /** A large offset, a small scale, and a column that never varies; the second follows from the first. */
    private static float[] rows(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count * WIDTH];
        for (int r = 0; r < count; r++) {
            double hidden = random.nextGaussian();
            values[r * WIDTH] = (float) (5000 + 100 * hidden);
            values[r * WIDTH + 1] = (float) (1e-3 * (hidden + 0.1 * random.nextGaussian()));
            values[r * WIDTH + 2] = 7;
        }
        return values;
    }

    private static Dataset set(float[] values) {
        return Dataset.ofFloats("rows", new SampleShape(WIDTH), values, null);
    }

    @Test
    void eachColumnHasMeanZeroAndDeviationOne() {
        Dataset raw = set(rows(200, 1));
        Table table = Table.standardizing(raw);
        float[] coded = table.encoded(raw).floats();
        for (int c = 0; c < WIDTH; c++) {
            double sum = 0;
            double squares = 0;
            for (int r = 0; r < 200; r++) {
                sum += coded[r * WIDTH + c];
                squares += coded[r * WIDTH + c] * coded[r * WIDTH + c];
            }
            assertEquals(0, sum / 200, 1e-6);
            // What never varies is all zeros, in units of its own.
            assertEquals(c == 2 ? 0 : 1, squares / 200, 1e-5);
        }
        assertEquals(1, table.columns().get(2).deviation());
        table.decode(coded, 200);
        for (int i = 0; i < coded.length; i++) {
            assertEquals(raw.floats()[i], coded[i], 1e-6 * Math.abs(raw.floats()[i]) + 1e-9);
        }
        assertEquals(table, Table.fromJson(table.toJson()));
    }

    @Test
    void commandsReadAndWriteTheDatasOwnUnits() throws IOException {
        float[] values = rows(120, 2);
        StringBuilder text = new StringBuilder();
        for (int r = 0; r < 120; r++) {
            text.append(values[r * WIDTH])
                    .append(',')
                    .append(values[r * WIDTH + 1])
                    .append(",7\n");
        }
        Path file = Files.writeString(folder.resolve("rows.csv"), text);
        DataSource source = DataSource.parse(file.toString());
        TrainConfig config = TrainConfig.preset("table")
                .with(Setting.LIKELIHOOD, "table")
                .with(Setting.DATA, file.toString())
                .with(Setting.EPOCHS, "40")
                .with(Setting.BATCH, "20")
                .with(Setting.LR, "0.01")
                .with(Setting.HIDDEN, "8")
                .with(Setting.LATENT, "2")
                .with(Setting.PATIENCE, "0")
                .with(Setting.THREADS, "1");
        try (Backend backend = new CpuBackend(1)) {
            Path run = folder.resolve("run");
            SmallRuns.train(config, source.load(Split.TRAIN, 0), source.load(Split.TEST, 0), backend, run);
            Model model = Model.load(run, backend);
            assertEquals(3, model.data().table().columns().size());
            Path out = folder.resolve("made.csv");
            Reconstruction.run(model, backend, source, Split.ALL, 0, out, Progress.SILENT);
            float[] made = new float[120 * WIDTH];
            try (SampleReader reader = DataSource.parse(out.toString()).open(Split.ALL, 0)) {
                assertEquals(120, reader.read(made, 120));
            }
            double error = 0;
            for (int r = 0; r < 120; r++) {
                error += Math.pow((made[r * WIDTH] - values[r * WIDTH]) / 100, 2) / 120;
                assertEquals(7, made[r * WIDTH + 2], 1);
            }
            assertTrue(error < 0.3, "share of the variance that is lost: " + error);
            Evaluation.Report report =
                    Evaluation.run(model, backend, source, Split.TRAIN, 0, 0, false, Progress.SILENT);
            assertTrue(Double.isFinite(report.loss()));
            // The record and the table come back from the file as they were.
            assertEquals(model.data(), DataRecord.fromJson(model.data().toJson()));
        }
    }

    @Test
    void rowsOfOtherUnitsTrainAlike() {
        float[] one = rows(90, 3);
        float[] other = one.clone();
        for (int i = 0; i < other.length; i += WIDTH) {
            other[i] *= 1024;
            other[i + 1] *= 1 / 64f;
        }
        TrainConfig config = SmallRuns.with(
                TrainConfig.preset("table"), "--data rows --epochs 2 --batch 30 --hidden 8 --latent 2 --threads 1");
        try (Backend backend = new CpuBackend(1)) {
            float[] want = SmallRuns.state(SmallRuns.train(config, set(one), set(one), backend, null), backend);
            float[] got = SmallRuns.state(SmallRuns.train(config, set(other), set(other), backend, null), backend);
            // Powers of two scale without rounding.
            assertArrayEquals(want, got, 1e-6f);
        }
    }

    @Test
    void standardizedValuesAreNoneOfTheUnitRange() {
        Dataset rows = set(rows(20, 4));
        for (String options : List.of("--likelihood bernoulli", "--binarize static")) {
            TrainConfig config =
                    SmallRuns.with(TrainConfig.preset("table"), "--data rows --batch 5 --threads 1 " + options);
            try (Backend backend = new CpuBackend(1)) {
                UserError error = assertThrows(
                        UserError.class,
                        () -> Trainer.start(config, rows, rows, backend, null, new Trainer.Listener() {}));
                assertTrue(error.getMessage().startsWith(options), error.getMessage());
                assertTrue(error.getMessage().contains("--standardize"), error.getMessage());
            }
        }
    }
}
