package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import io.jcuvae.data.TableSchema;
import io.jcuvae.jobs.Evaluation;
import io.jcuvae.jobs.Generation;
import io.jcuvae.jobs.Progress;
import io.jcuvae.jobs.Reconstruction;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.ColumnScores;
import io.jcuvae.vae.Likelihood;
import io.jcuvae.vae.Vae;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A table of mixed columns from a file to a model, and back to files. */
class TableRunsTest {
    private static final String TABLE = "src/test/resources/io/jcuvae/data/patients.csv";

    @TempDir
    Path folder;

    private Path schema() throws IOException {
        return Files.writeString(
                folder.resolve("schema.json"),
                TableSchema.propose(Path.of(TABLE), new ArrayList<>()).toString());
    }

    private TrainConfig config(int epochs) throws IOException {
        return SmallRuns.with(
                TrainConfig.preset("table"),
                "--data " + TABLE + " --schema " + schema() + " --epochs " + epochs
                        + " --hidden 16 --latent 2 --batch 32 --lr 0.01 --patience 0 --threads 1");
    }

    private DataSource source(TrainConfig config) {
        return DataSource.parse(TABLE).by(TableSchema.read(config.schema().orElseThrow()));
    }

    @Test
    void aTableIsLearnedAndWrittenBack() throws IOException {
        TrainConfig config = config(30);
        assertEquals(Likelihood.TABLE, config.likelihood());
        DataSource source = source(config);
        Dataset train = source.load(Split.TRAIN, 0);
        Dataset test = source.load(Split.TEST, 0);
        try (Backend backend = new CpuBackend(1)) {
            Path run = folder.resolve("run");
            SmallRuns.train(config, train, test, backend, run);
            Model model = Model.load(run, backend);
            assertEquals(model.data(), DataRecord.fromJson(model.data().toJson()));
            List<String> metrics = SmallRuns.metrics(run);
            assertTrue(metrics.size() == 30);
            DataSource plain = DataSource.parse(TABLE);
            Evaluation.Report report = Evaluation.run(model, backend, plain, Split.TRAIN, 0, 5, false, Progress.SILENT);
            assertTrue(report.loss() < 13, "loss " + report.loss());
            assertTrue(report.nll() <= report.loss() + 0.1);
            assertTrue(report.protocol().contains("own units"), report.protocol());

            Path made = folder.resolve("made.csv");
            Generation.run(model, backend, 50, 1, 1, made, Progress.SILENT);
            Path back = folder.resolve("back.csv");
            Reconstruction.run(model, backend, plain, Split.ALL, 0, back, Progress.SILENT);
            for (Path file : List.of(made, back)) {
                List<String> lines = Files.readAllLines(file);
                assertEquals("age,sex,visits,smoker,ward,pressure", lines.get(0));
                for (String line : lines.subList(1, lines.size())) {
                    assertTrue(line.matches("[-0-9.]+,[fm],\\d+,(yes|no),(cardiology|none|surgery),[-0-9.]+"), line);
                }
            }
            assertEquals(241, Files.readAllLines(back).size());
            // Old patients are in cardiology, and what is missing is filled in.
            double old = 0;
            double young = 0;
            for (String line : Files.readAllLines(back)) {
                if (line.contains("cardiology")) {
                    old = Math.max(old, Double.parseDouble(line.split(",")[0]));
                } else if (line.contains("none")) {
                    young = Math.max(young, Double.parseDouble(line.split(",")[0]));
                }
            }
            assertTrue(old > young, old + " and " + young);
        }
    }

    @Test
    void aRunGoesOnWithItsBitsAndItsSchema() throws IOException {
        TrainConfig config = config(3);
        DataSource source = source(config);
        Dataset train = source.load(Split.TRAIN, 0);
        Dataset test = source.load(Split.TEST, 0);
        try (Backend backend = new CpuBackend(1)) {
            float[] want = SmallRuns.state(SmallRuns.train(config, train, test, backend, null), backend);
            Path run = folder.resolve("run");
            SmallRuns.train(config.with(Setting.EPOCHS, "2"), train, test, backend, run);
            Trainer.Listener listener = new Trainer.Listener() {};
            Trainer resumed = Trainer.resume(config, train, test, backend, run, listener);
            assertTrue(resumed.run(() -> false));
            assertArrayEquals(want, SmallRuns.state(resumed, backend));
            Files.writeString(
                    config.schema().orElseThrow(),
                    Files.readString(config.schema().orElseThrow()).replace("\"count\"", "\"numeric\""));
            DataSource other = source(config);
            UserError error = assertThrows(
                    UserError.class,
                    () -> Trainer.resume(
                            config, other.load(Split.TRAIN, 0), other.load(Split.TEST, 0), backend, run, listener));
            assertTrue(error.getMessage().contains("another schema"), error.getMessage());
        }
    }

    @Test
    void aSchemaHasItsLikelihood() throws IOException {
        TrainConfig config = config(1).with(Setting.LIKELIHOOD, "gaussian");
        UserError error = assertThrows(UserError.class, config::requireSense);
        assertTrue(error.getMessage().startsWith("--likelihood gaussian: the columns of a schema"), error.getMessage());
    }

    /** What columns are blamed for adds up to what the sample is, with any likelihood. */
    @Test
    void columnScoresAddUpToTheReconstruction() throws IOException {
        Dataset blobs = SmallRuns.blobs(20, 1);
        for (Likelihood likelihood : Likelihood.values()) {
            TrainConfig config =
                    SmallRuns.config(1).with(Setting.LEVELS, "4").with(Setting.LIKELIHOOD, likelihood.label());
            addUp(config, blobs, blobs);
        }
        DataSource source = source(config(1));
        addUp(config(1), source.load(Split.TRAIN, 0), source.load(Split.TEST, 0));
    }

    private static void addUp(TrainConfig config, Dataset train, Dataset test) {
        try (Backend backend = new CpuBackend(1)) {
            Model model = SmallRuns.train(config, train, test, backend, null).model();
            int rows = 7;
            Vae vae = Vae.forInference(model.spec(), backend, model.values(), model.buffers(), rows);
            Dataset seen = model.data().table().encoded(train);
            float[] x = new float[rows * seen.width()];
            for (int r = 0; r < rows; r++) {
                seen.copyRow(r, x, r * seen.width());
            }
            backend.upload(vae.x(), x, 0);
            vae.encode();
            vae.center();
            vae.decode();
            vae.score();
            float[] output = new float[(int) vae.output().count()];
            backend.download(output, 0, vae.output());
            float[] reconstruction = new float[rows];
            backend.download(reconstruction, 0, vae.reconstruction());
            ColumnScores blame = new ColumnScores(model.spec(), model.values().download(backend));
            double[] scores = new double[rows * blame.columns()];
            blame.score(scores, output, x, rows);
            for (int r = 0; r < rows; r++) {
                double sum = 0;
                double size = 0;
                for (int c = 0; c < blame.columns(); c++) {
                    sum += scores[r * blame.columns() + c];
                    size += Math.abs(scores[r * blame.columns() + c]);
                }
                assertEquals(
                        sum,
                        reconstruction[r],
                        1e-5 * (1 + size),
                        config.likelihood().label());
            }
        }
    }
}
