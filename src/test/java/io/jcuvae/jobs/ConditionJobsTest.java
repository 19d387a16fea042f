package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Classes;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.ConditionRuns;
import io.jcuvae.train.Evaluator;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs with a model that is told labels. */
class ConditionJobsTest {
    private static final Dataset DATA = ConditionRuns.blobs(30, 5);
    private static CpuBackend backend;
    private static Model model;

    @TempDir
    Path folder;

    @BeforeAll
    static void train() {
        backend = new CpuBackend(2);
        model = SmallRuns.train(
                        ConditionRuns.config(8).with(Setting.HIDDEN, "64").with(Setting.LR, "0.005"),
                        ConditionRuns.blobs(600, 1),
                        ConditionRuns.blobs(40, 2),
                        backend,
                        null)
                .model();
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    /** The data as a table with a column of labels. */
    private DataSource table(boolean labelled) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < DATA.width(); i++) {
            text.append('x').append(i).append(',');
        }
        text.append(labelled ? "label\n" : "last\n");
        for (int r = 0; r < DATA.count(); r++) {
            for (int i = 0; i < DATA.width(); i++) {
                text.append((DATA.bytes()[r * DATA.width() + i] & 0xFF) / 255f).append(',');
            }
            text.append(labelled ? DATA.labels()[r] : 0).append('\n');
        }
        Path file = folder.resolve("rows" + labelled + ".csv");
        Files.writeString(file, text);
        return DataSource.parse(file.toString());
    }

    private float[] generated(String label, int count) {
        return Generation.sample(model, backend, Labels.of(model, label), null, count, 3, 1);
    }

    /** Sample i of a class is the same alone, among more, and in the line of its class. */
    @Test
    void noiseDoesNotDependOnTheLayout() {
        int width = DATA.width();
        float[] all = generated("all", 5);
        assertEquals(4 * 5 * width, all.length);
        for (int k = 0; k < 4; k++) {
            float[] alone = generated(String.valueOf(k), 9);
            assertArrayEquals(
                    Arrays.copyOf(alone, 5 * width), Arrays.copyOfRange(all, k * 5 * width, (k + 1) * 5 * width));
        }
        assertFalse(Arrays.equals(Arrays.copyOf(all, width), Arrays.copyOfRange(all, 5 * width, 6 * width)));
        Path png = folder.resolve("all.png");
        Generation.run(model, backend, Labels.of(model, "all"), null, 5, 3, 1, png, Progress.SILENT);
        assertTrue(Files.exists(png));
    }

    /** A nearest-mean classifier on raw pixels finds the digit that was asked for. */
    @Test
    void digitsAreThoseAskedFor() {
        DataSource digits = DataSource.parse("mnist-sample");
        Dataset train = digits.load(Split.TRAIN, 0);
        TrainConfig config = TrainConfig.preset("cvae")
                .with(Setting.HIDDEN, "128")
                .with(Setting.LATENT, "4")
                .with(Setting.EPOCHS, "8")
                .with(Setting.LR, "0.003")
                .with(Setting.BATCH, "64");
        Model told = SmallRuns.train(config, train, digits.load(Split.TEST, 100), backend, null)
                .model();
        int width = train.width();
        double[][] means = new double[10][width];
        int[] counts = new int[10];
        float[] row = new float[width];
        for (int r = 0; r < train.count(); r++) {
            train.copyRow(r, row, 0);
            counts[train.labels()[r]]++;
            for (int d = 0; d < width; d++) {
                means[train.labels()[r]][d] += row[d];
            }
        }
        float[] made = Generation.sample(told, backend, Labels.of(told, "all"), null, 40, 0, 1);
        int right = 0;
        for (int i = 0; i < 400; i++) {
            int nearest = 0;
            double least = Double.POSITIVE_INFINITY;
            for (int k = 0; k < 10; k++) {
                double distance = 0;
                for (int d = 0; d < width; d++) {
                    double error = made[i * width + d] - means[k][d] / counts[k];
                    distance += error * error;
                }
                if (distance < least) {
                    least = distance;
                    nearest = k;
                }
            }
            right += nearest == i / 40 ? 1 : 0;
        }
        assertTrue(right >= 280, right + " of 400 digits are those asked for");
    }

    /** The labels of the data are used: with those of other rows every figure is another. */
    @Test
    void jobsTellTheLabelsOfTheData() throws IOException {
        DataSource source = table(true);
        float[] rows = SmallModels.rows(DATA);
        RowLabels labels = RowLabels.of(model.data().classes(), DATA);
        float[] wanted = Reconstruction.of(model, backend, rows, labels, 30);
        Path out = folder.resolve("again.npy");
        Reconstruction.run(model, backend, source, null, 0, out, Progress.SILENT);
        assertArrayEquals(wanted, SmallModels.load(out), 1e-5f);
        Dataset wrong = ConditionRuns.relabelled(DATA, label -> 3 - label);
        float[] misled = Reconstruction.of(
                model, backend, rows, RowLabels.of(model.data().classes(), wrong), 30);
        assertFalse(Arrays.equals(wanted, misled));

        Path line = folder.resolve("line.npy");
        Interpolation.run(model, backend, source, null, 4, 11, 3, line);
        float[] between = SmallModels.load(line);
        assertArrayEquals(
                Arrays.copyOfRange(wanted, 4 * DATA.width(), 5 * DATA.width()),
                Arrays.copyOf(between, DATA.width()),
                1e-5f);
        assertArrayEquals(
                Arrays.copyOfRange(wanted, 11 * DATA.width(), 12 * DATA.width()),
                Arrays.copyOfRange(between, 2 * DATA.width(), 3 * DATA.width()),
                1e-5f);

        Path codes = folder.resolve("codes.npz");
        Encoding.run(model, backend, source, null, 0, codes, Progress.SILENT);
        Path decoded = folder.resolve("decoded.npy");
        Decoding.run(model, backend, codes.toString(), "2", decoded, Progress.SILENT);
        float[] asTwo = SmallModels.load(decoded);
        for (int r = 0; r < DATA.count(); r++) {
            int from = r * DATA.width();
            boolean same = Math.abs(asTwo[from + 30] - wanted[from + 30]) < 1e-6
                    && Math.abs(asTwo[from + 100] - wanted[from + 100]) < 1e-6;
            assertTrue(same || DATA.labels()[r] != 2, "row " + r);
        }

        Evaluation.Report report = Evaluation.run(model, backend, source, null, 0, 50, true, Progress.SILENT);
        Evaluator evaluator = new Evaluator(model.spec(), backend, model.values(), model.buffers());
        double direct =
                evaluator.evaluate(DATA.open(), labels, Binarization.NONE, 0, 0).loss(1);
        assertEquals(direct, report.loss(), 1e-3);
        assertTrue(report.nll() < report.loss(), "importance samples tighten the bound");
        double other = evaluator
                .evaluate(DATA.open(), RowLabels.of(model.data().classes(), wrong), Binarization.NONE, 0, 0)
                .loss(1);
        assertTrue(other > direct + 1, "wrong labels cost: " + direct + ", " + other);
    }

    @Test
    void classesAreFoundByName() {
        String[] wrong = {null, "7", "none"};
        for (String label : wrong) {
            UserError error = assertThrows(UserError.class, () -> Labels.of(model, label));
            assertTrue(error.getMessage().contains("(there are 0, 1, 2, 3"), error.getMessage());
            assertEquals(1, error.getMessage().lines().count());
        }
        Model plain = SmallModels.untrained(SmallRuns.config(1), SmallRuns.blobs(20, 1), backend);
        assertThrows(UserError.class, () -> Labels.of(plain, "all"));
        assertArrayEquals(new int[] {-1}, Labels.of(plain, null));
    }

    @Test
    void dataWithoutLabelsAreRefused() {
        SmallModels.save(SmallRuns.blobs(20, 9), folder.resolve("rows.npy"));
        DataSource source = DataSource.parse(folder.resolve("rows.npy").toString());
        UserError error = assertThrows(
                UserError.class, () -> Evaluation.run(model, backend, source, null, 0, 0, true, Progress.SILENT));
        assertTrue(error.getMessage().contains("has no labels"), error.getMessage());
    }

    /** Names of sub-folders, and labels of all the kinds of files that have them, for the split and limit of the rows. */
    @Test
    void sourcesHaveLabels() throws IOException {
        DataSource digits = DataSource.parse("mnist-sample");
        assertArrayEquals(digits.load(Split.TEST, 50).labels(), digits.labels(Split.TEST, 50));
        assertArrayEquals(digits.load(Split.ALL, 10_050).labels(), digits.labels(Split.ALL, 10_050));
        assertEquals("0, 1, 2, 3, 4, 5, 6, 7, 8, 9", Classes.of(digits).toString());
        DataSource moons = DataSource.parse("moons:40");
        assertArrayEquals(moons.load(Split.TRAIN, 0).labels(), moons.labels(Split.TRAIN, 0));
        DataSource rows = table(true);
        for (Split split : List.of(Split.TRAIN, Split.TEST, Split.ALL)) {
            assertArrayEquals(rows.load(split, 2).labels(), rows.labels(split, 2), split.toString());
            assertArrayEquals(rows.load(split, 0).labels(), rows.labels(split, 0), split.toString());
        }
    }

    /** A mixture for each class is fitted to its codes, kept in one file, and drawn from under its label. */
    @Test
    void aMixtureIsFittedToTheCodesOfEachClass() throws IOException {
        Path run = folder.resolve("run");
        SmallRuns.train(ConditionRuns.config(3), ConditionRuns.blobs(300, 1), DATA, backend, run);
        Model loaded = Model.load(run, backend);
        DataSource rows = table(true);
        List<String> notes = new ArrayList<>();
        AggregatePosterior.Wanted wanted = new AggregatePosterior.Wanted(2, null, 0);
        CodeSampler fitted = AggregatePosterior.of(
                Model.file(run), loaded, backend, () -> rows, wanted, Progress.SILENT, notes::add);
        int classes = loaded.data().classes().count();
        assertTrue(
                notes.get(0).contains("2 normals for each of " + classes + " classes, for the codes of"), notes.get(0));
        CodeSampler kept = AggregatePosterior.of(
                Model.file(run), loaded, backend, () -> rows, wanted, Progress.SILENT, notes::add);
        assertTrue(notes.get(1).startsWith("drawing from"), notes.get(1));

        // A mixture of one class alone, fitted to the codes that its rows have under their labels.
        RowLabels labels = Rows.labels(loaded, rows, Split.TRAIN, 0);
        double[][] codes = AggregatePosterior.codes(loaded, backend, rows, 0, labels, Progress.SILENT);
        for (int number = 0; number < classes; number++) {
            int wantedClass = number;
            double[][] own = IntStream.range(0, codes.length)
                    .filter(row -> labels.at(row) == wantedClass)
                    .mapToObj(row -> codes[row])
                    .toArray(double[][]::new);
            Mixture alone = MixtureFit.fit(own, 2, loaded.config().seed()).mixture();
            float[] want = new float[12];
            float[] got = new float[12];
            alone.draw(want, 0, 4, 9, 1);
            fitted.ofClass(number).draw(got, 0, 4, 9, 1);
            assertArrayEquals(want, got);
            kept.ofClass(number).draw(got, 0, 4, 9, 1);
            assertArrayEquals(want, got);
        }
        int[] all = Labels.of(loaded, Classes.ALL);
        float[] both = Generation.sample(loaded, backend, all, kept, 3, 1, 1);
        float[] second = Generation.sample(loaded, backend, new int[] {1}, kept, 3, 1, 1);
        assertArrayEquals(Arrays.copyOfRange(both, second.length, 2 * second.length), second);
        String error = assertThrows(
                        UserError.class,
                        () -> AggregatePosterior.of(
                                Model.file(run),
                                loaded,
                                backend,
                                () -> rows,
                                new AggregatePosterior.Wanted(29, null, 0),
                                Progress.SILENT,
                                notes::add))
                .getMessage();
        assertTrue(error.contains("training samples of class "), error);
    }
}
