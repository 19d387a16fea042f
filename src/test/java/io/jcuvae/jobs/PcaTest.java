package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.SmallRuns;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Principal components and the table they stand in. */
class PcaTest {
    /** Rows whose value i has deviation width - i around i. */
    private static Dataset rows(int count, int width) {
        float[] values = new float[count * width];
        Philox.fillNormal(values, 0, values.length, 3, 0);
        for (int i = 0; i < values.length; i++) {
            values[i] = i % width + (width - i % width) * values[i];
        }
        return Dataset.ofFloats("rows", new SampleShape(width), values, null);
    }

    private static double squaredError(Pca pca, Dataset data, int latents) {
        float[] made = pca.reconstruct(data.floats(), data.count(), latents);
        double sum = 0;
        for (int i = 0; i < made.length; i++) {
            double difference = made[i] - data.floats()[i];
            sum += difference * difference;
        }
        return sum / data.count();
    }

    /** The error that is left on the training rows is the variance that is left, whichever matrix it came from. */
    @Test
    void errorIsTheVarianceThatIsLeft() {
        for (Dataset data : List.of(rows(200, 7), rows(5, 40), rows(30, 30))) {
            int most = Math.min(data.count(), data.width());
            Pca pca = Pca.fit(data, most);
            double left = pca.totalVariance();
            for (int k = 0; k <= most; k++) {
                assertEquals(left, squaredError(pca, data, k), 1e-6 * pca.totalVariance(), k + " components");
                left -= k < most ? pca.variances()[k] : 0;
            }
            assertEquals(1, pca.explained(), 1e-9);
        }
    }

    /** Three points on the diagonal: one component, by hand. */
    @Test
    void componentOfALineIsTheLine() {
        Dataset line = Dataset.ofFloats("line", new SampleShape(2), new float[] {0, 0, 1, 2, 2, 4, 3, 6}, null);
        Pca pca = Pca.fit(line, 2);
        assertEquals(6.25, pca.totalVariance(), 1e-12);
        assertArrayEquals(new double[] {6.25, 0}, pca.variances(), 1e-12);
        // (5, 0) - (1.5, 3) onto (1, 2) / sqrt(5) is -0.5 (1, 2).
        assertArrayEquals(new float[] {1, 2}, pca.reconstruct(new float[] {5, 0}, 1, 1), 1e-6f);
    }

    @Test
    void pixelsThatNeverVaryDoNotStopIt() {
        Pca same = Pca.fit(SmallRuns.constant(9, 4, 0.5f), 2);
        assertEquals(0, same.totalVariance(), 1e-12);
        assertArrayEquals(new float[] {0.5f, 0.5f, 0.5f, 0.5f}, same.reconstruct(new float[4], 1, 2), 1e-6f);
        Pca moons = Pca.fit(DataSource.parse("moons:1000").load(Split.TRAIN, 0), 20);
        assertTrue(moons.explained() > 0.9 && moons.explained() <= 1, "" + moons.explained());
    }

    @Test
    void refusesMoreComponentsThanThereAre() {
        assertThrows(UserError.class, () -> Pca.fit(rows(5, 40), 6));
        String error = assertThrows(UserError.class, () -> Pca.fit(rows(4097, 4097), 2))
                .getMessage();
        assertTrue(error.contains("--limit 4096"), error);
    }

    @Test
    void modelsStandBesideIt() {
        try (CpuBackend backend = new CpuBackend(1)) {
            DataSource source = DataSource.parse("moons:300");
            Dataset train = source.load(Split.TRAIN, 0);
            Model model = SmallModels.untrained(SmallRuns.config(1), train, backend);
            Baseline.Report report = Baseline.run(
                    source, List.of(1, 3), 0, List.of(new Baseline.Named("mine", model)), backend, 4, Progress.SILENT);
            assertEquals(
                    List.of("PCA 1", "PCA 3", "mine 3"),
                    report.lines().stream()
                            .map(line -> line.name() + " " + line.latents())
                            .toList());
            Dataset test = source.load(Split.TEST, 0);
            float[] rows = SmallModels.rows(test);
            float[] made = Reconstruction.of(model, backend, rows, test.count());
            double sum = 0;
            for (int i = 0; i < rows.length; i++) {
                sum += (made[i] - rows[i]) * (double) (made[i] - rows[i]);
            }
            assertEquals(sum / test.count(), report.lines().get(2).squaredError(), 1e-6 * sum);
            assertTrue(
                    report.lines().get(1).squaredError() < report.lines().get(0).squaredError());
            assertTrue(report.lines().get(0).squaredError() < report.meanError());
            // Originals, two of PCA, the model.
            assertEquals(4 * 4 * 784, report.pictures().length);
            assertArrayEquals(Arrays.copyOf(rows, 4 * 784), Arrays.copyOf(report.pictures(), 4 * 784));
            JsonObject json = report.toJson();
            assertEquals(3, json.getAsJsonArray("lines").size());
            assertTrue(report.toText().contains("squared error"), report.toText());
        }
    }
}
