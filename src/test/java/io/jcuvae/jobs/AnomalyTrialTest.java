package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models beside PCA on anomalies that they have never seen. */
class AnomalyTrialTest {
    @TempDir
    Path folder;

    private static TrainConfig config() {
        return TrainConfig.preset("table");
    }

    private Path file(int normal, int anomalies) throws IOException {
        Random random = new Random(1);
        StringBuilder text = new StringBuilder("a,b,c,y\n");
        for (int r = 0; r < normal + anomalies; r++) {
            double a = random.nextGaussian();
            boolean odd = r >= normal;
            text.append(a)
                    .append(',')
                    .append((odd ? -a - 3 : a) + 0.1 * random.nextGaussian())
                    .append(',');
            text.append(random.nextGaussian()).append(',').append(odd ? 1 : 0).append('\n');
        }
        return Files.writeString(folder.resolve("t.csv"), text);
    }

    @Test
    void everyMethodScoresTheSameRows() throws IOException {
        DataSource source = DataSource.parse(file(200, 30).toString());
        TrainConfig small = config().with(Setting.LATENT, "2")
                .with(Setting.HIDDEN, "8")
                .with(Setting.EPOCHS, "3")
                .with(Setting.PATIENCE, "0");
        List<ScoreRecipe> recipes =
                List.of(ScoreRecipe.of(ScoreKind.RECONSTRUCTION), new ScoreRecipe(ScoreKind.LOSS, 2));
        try (CpuBackend backend = new CpuBackend(1)) {
            AnomalyTrial.Report report = AnomalyTrial.run(source, small, 2, recipes, backend);
            assertEquals(100, report.trained());
            assertEquals(130, report.tested());
            assertEquals(30, report.anomalies());
            assertEquals(
                    List.of("VAE, reconstruction", "VAE, loss"),
                    report.lines().subList(0, 2).stream()
                            .map(AnomalyTrial.Line::method)
                            .toList());
            // a and b are one thing: two components leave what breaks the rule between them.
            AnomalyTrial.Line two = report.lines().stream()
                    .filter(line -> line.method().equals("PCA, 2 components"))
                    .findFirst()
                    .orElseThrow();
            assertTrue(two.mean() > 0.95 && two.auroc().length == 2, report.toText());
            assertTrue(report.toText().contains("PCA, 90 % of the variance"), report.toText());
            // Seeds divide the rows and train the models: the same again.
            assertEquals(
                    report.toJson(),
                    AnomalyTrial.run(source, small, 2, recipes, backend).toJson());
        }
    }

    @Test
    void tooFewNormalRowsAreRefused() throws IOException {
        DataSource source = DataSource.parse(file(15, 5).toString());
        try (CpuBackend backend = new CpuBackend(1)) {
            UserError error =
                    assertThrows(UserError.class, () -> AnomalyTrial.run(source, config(), 1, List.of(), backend));
            assertTrue(error.getMessage().contains("has 15 normal rows; at least 20 are needed"), error.getMessage());
        }
    }

    /** The claim of docs/scores.md: at least PCA with as many components, and with those for 90 % of the variance. */
    @Test
    @Tag("slow")
    void theLossFindsWhatPcaFinds() {
        for (String name : List.of("6_cardio.npz", "38_thyroid.npz")) {
            Path file = shared(name);
            assumeTrue(file != null, "no shared/data/adbench beside the project: the sets are not here");
            try (CpuBackend backend = new CpuBackend(0)) {
                AnomalyTrial.Report report = AnomalyTrial.run(
                        DataSource.parse(file.toString()),
                        config(),
                        5,
                        List.of(ScoreRecipe.of(ScoreKind.LOSS)),
                        backend);
                double loss = report.lines().get(0).mean();
                for (AnomalyTrial.Line line : report.lines()) {
                    if (line.method().startsWith(AnomalyTrial.PCA)
                            && !line.method().endsWith("by the labels")) {
                        assertTrue(loss >= line.mean(), report.toText());
                    }
                }
            }
        }
    }

    private static Path shared(String name) {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            Path file = at.resolve("shared").resolve("data").resolve("adbench").resolve(name);
            if (Files.exists(file)) {
                return file;
            }
        }
        return null;
    }
}
