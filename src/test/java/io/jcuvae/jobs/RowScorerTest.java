package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleShape;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.VaeSpec;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores against plain arithmetic and closed forms, and that nothing but the row shows in them. */
class RowScorerTest {
    private static Backend backend;

    @BeforeAll
    static void open() {
        backend = new CpuBackend(1);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    /** Scores and terms of all rows. */
    private record Found(float[] scores, float[] terms) {}

    private static Found score(Model model, Backend on, Dataset data, ScoreRecipe recipe, boolean byValue) {
        float[] scores = new float[data.count()];
        float[] terms = new float[byValue ? data.count() * data.width() : 0];
        int[] done = new int[1];
        try (RowScorer scorer = new RowScorer(model, on, recipe, byValue)) {
            scorer.run(
                    data.open(),
                    RowLabels.NONE,
                    data.name(),
                    (some, values, count) -> {
                        System.arraycopy(some, 0, scores, done[0], count);
                        if (byValue) {
                            System.arraycopy(values, 0, terms, done[0] * data.width(), count * data.width());
                        }
                        done[0] += count;
                    },
                    Progress.SILENT);
        }
        assertEquals(data.count(), done[0]);
        return new Found(scores, terms);
    }

    private static Found score(Model model, Dataset data, ScoreRecipe recipe) {
        return score(model, backend, data, recipe, false);
    }

    private static Dataset numbers(int rows, int width, double scale) {
        float[] values = new float[rows * width];
        Philox.fillNormal(values, 0, values.length, 77, 0);
        for (int i = 0; i < values.length; i++) {
            values[i] *= scale;
        }
        return Dataset.ofFloats("numbers", new SampleShape(width), values, null);
    }

    /**
     * x = W z + b + e with unit noise and orthogonal columns of W: the posterior is normal with independent parts, which an
     * encoder of one layer gives exactly, so every importance weight is p(x) and the negative ELBO is -log p(x) on average.
     */
    private static Model linear() {
        TrainConfig config = SmallRuns.config(1)
                .with(Setting.HIDDEN, "none")
                .with(Setting.LATENT, "2")
                .with(Setting.LIKELIHOOD, "gaussian");
        VaeSpec spec = config.spec(Shape.of(4));
        Dataset data = numbers(2, 4, 2);
        Model model = new Model(
                config,
                DataRecord.of("linear", data, data),
                spec,
                Parameters.allocate(spec.layout(), backend),
                Parameters.buffers(spec.layout(), backend));
        set(model, "dec0.weight", 2, 0, 0, 1, 0, 1, 0, 0);
        set(model, "dec0.bias", 0.5f, 0, -1, 0.25f);
        set(model, "mu.weight", 0.4f, 0, 0, 0, 0, 1 / 3f, 1 / 3f, 0);
        set(model, "mu.bias", -0.2f, 1 / 3f);
        set(model, "logvar.bias", (float) -Math.log(5), (float) -Math.log(3));
        return model;
    }

    private static void set(Model model, String parameter, float... values) {
        backend.upload(model.values().get(parameter), values, 0);
    }

    /** -log N(x; b, W W' + 1), and the reconstruction term at the posterior's mean, of a row. */
    private static double[] closedForms(float[] x, int r) {
        double d0 = x[4 * r] - 0.5;
        double d1 = x[4 * r + 1];
        double d2 = x[4 * r + 2] + 1;
        double d3 = x[4 * r + 3] - 0.25;
        double along = (d1 + d2) / Math.sqrt(2);
        double across = (d1 - d2) / Math.sqrt(2);
        double constant = 2 * Math.log(2 * Math.PI);
        double nll = constant + 0.5 * (Math.log(15) + d0 * d0 / 5 + along * along / 3 + across * across + d3 * d3);
        // Along a column of length s the mean is s^2 / (1 + s^2) of the way.
        double left0 = d0 / 5;
        double leftAlong = along / 3;
        double mean = constant + 0.5 * (left0 * left0 + leftAlong * leftAlong + across * across + d3 * d3);
        return new double[] {nll, mean};
    }

    @ParameterizedTest
    @CsvSource({"NLL, 1", "NLL, 7", "NLL, 3000", "LOSS, 1", "LOSS, 3000", "RECONSTRUCTION, 0"})
    void scoresAreTheClosedFormsOfALinearModel(ScoreKind kind, int draws) {
        Model model = linear();
        Dataset data = numbers(draws > 1000 ? 5 : 40, 4, 2);
        Found found = score(model, data, new ScoreRecipe(kind, draws));
        for (int r = 0; r < data.count(); r++) {
            double[] known = closedForms(data.floats(), r);
            if (kind == ScoreKind.LOSS && draws == 1) {
                // One draw: the bound's own noise, of a deviation of about one nat.
                assertEquals(known[0], found.scores[r], 6, "row " + r);
            } else {
                double want = kind == ScoreKind.RECONSTRUCTION ? known[1] : known[0];
                assertEquals(want, found.scores[r], kind == ScoreKind.LOSS ? 0.15 : 2e-5 * (1 + want), "row " + r);
            }
        }
    }

    /** The mean over draws with the noise of the evaluation stream, the same for every row. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 1500})
    void theLossIsTheMeanOverDraws(int draws) {
        Model model = linear();
        Dataset data = numbers(3, 4, 2);
        float[] x = data.floats();
        float[] noise = new float[2 * draws];
        Philox.fillNormal(
                noise, 0, noise.length, Stream.EVALUATION.key(model.config().seed()), 0);
        Found found = score(model, data, new ScoreRecipe(ScoreKind.LOSS, draws));
        for (int r = 0; r < 3; r++) {
            double mu0 = 0.4 * x[4 * r] - 0.2;
            double mu1 = (x[4 * r + 1] + x[4 * r + 2] + 1) / 3;
            double kl = 0.5 * (mu0 * mu0 + 0.2 - 1 + Math.log(5) + mu1 * mu1 + 1 / 3.0 - 1 + Math.log(3));
            double sum = 0;
            for (int k = 0; k < draws; k++) {
                double z0 = mu0 + noise[2 * k] / Math.sqrt(5);
                double z1 = mu1 + noise[2 * k + 1] / Math.sqrt(3);
                double[] made = {2 * z0 + 0.5, z1, z1 - 1, 0.25};
                for (int i = 0; i < 4; i++) {
                    sum += 0.5 * (Math.log(2 * Math.PI) + Math.pow(x[4 * r + i] - made[i], 2));
                }
            }
            assertEquals(sum / draws + kl, found.scores[r], 1e-4 * (1 + Math.abs(sum / draws)));
        }
    }

    @ParameterizedTest
    @EnumSource(ScoreKind.class)
    void aScoreIsAFunctionOfTheRow(ScoreKind kind) {
        TrainConfig config = SmallRuns.config(2).with(Setting.LIKELIHOOD, "gaussian-learned");
        Dataset data = numbers(700, 6, 1);
        Model model = SmallModels.untrained(config, data, backend);
        ScoreRecipe recipe = ScoreRecipe.of(kind);
        float[] all = score(model, data, recipe).scores;
        // Alone, in any place, and on several threads.
        for (int row : new int[] {0, 1, 333, 699}) {
            float[] one = score(model, data.select(new int[] {row}), recipe).scores;
            assertEquals(all[row], one[0], 1e-5 * (1 + Math.abs(all[row])), "row " + row);
        }
        float[] twice = score(model, data.select(new int[] {5, 9, 5, 5}), recipe).scores;
        assertEquals(twice[0], twice[2], 1e-5 * (1 + Math.abs(twice[0])));
        assertArrayEquals(Arrays.copyOf(all, 600), score(model, data.first(600), recipe).scores);
        try (Backend threads = new CpuBackend(3)) {
            Model same = SmallModels.untrained(config, data, threads);
            assertArrayEquals(all, score(same, threads, data, recipe, false).scores);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bernoulli",
                "mse",
                "gaussian",
                "gaussian-learned",
                "continuous-bernoulli",
                "gaussian-per-value",
                "laplace",
                "discretized-logistic",
                "categorical"
            })
    void termsOfTheValuesAddUpToTheScore(String likelihood) {
        TrainConfig config =
                SmallRuns.config(1).with(Setting.LIKELIHOOD, likelihood).with(Setting.LEVELS, "5");
        float[] values = new float[50 * 6];
        Philox.fillUniform(values, 0, values.length, 5, 0, 0);
        Dataset data = Dataset.ofFloats("shares", new SampleShape(6), values, null);
        Model model = SmallModels.untrained(config, data, backend);
        Found found = score(model, backend, data, ScoreRecipe.of(ScoreKind.RECONSTRUCTION), true);
        for (int r = 0; r < data.count(); r++) {
            double sum = 0;
            for (int i = 0; i < 6; i++) {
                sum += found.terms[6 * r + i];
            }
            assertEquals(found.scores[r], sum, 1e-5 * (1 + Math.abs(sum)), "row " + r);
        }
        // The terms of --by loss and nll are the same: those at the mean.
        if (!likelihood.equals("mse")) {
            assertArrayEquals(
                    found.terms, score(model, backend, data, new ScoreRecipe(ScoreKind.NLL, 3), true).terms, 1e-4f);
        }
    }

    @Test
    void termsOfColouredPicturesLieAsTheirValues() {
        TrainConfig config = SmallRuns.config(1)
                .with(Setting.LIKELIHOOD, "gaussian-per-value")
                .with(
                        Setting.DECODER,
                        ("[{'layer':'dense','outputs':48},{'layer':'reshape','shape':'3x4x4'},"
                                        + "{'layer':'conv2d','channels':'data','kernel':1}]")
                                .replace('\'', '"'));
        Dataset data = Dataset.ofFloats(
                "colours", new SampleShape(4, 4, 3), numbers(5, 48, 0.2).floats(), null);
        Model model = SmallModels.untrained(config, data, backend);
        Found found = score(model, backend, data, ScoreRecipe.of(ScoreKind.RECONSTRUCTION), true);
        // One value changed changes its own term by far most of those that the encoder's answer moves.
        float[] other = data.floats().clone();
        other[7] += 3;
        Found moved = score(
                model,
                backend,
                Dataset.ofFloats("colours", data.shape(), other, null),
                ScoreRecipe.of(ScoreKind.RECONSTRUCTION),
                true);
        int most = 0;
        for (int i = 0; i < 48; i++) {
            most = Math.abs(moved.terms[i] - found.terms[i]) > Math.abs(moved.terms[most] - found.terms[most])
                    ? i
                    : most;
        }
        assertEquals(7, most);
    }

    @Test
    void whatAModelHasNotIsRefused() {
        Dataset data = numbers(40, 6, 1);
        Model points = SmallModels.untrained(
                SmallRuns.config(1).with(Setting.POSTERIOR, "none").with(Setting.LIKELIHOOD, "mse"), data, backend);
        for (ScoreKind kind : new ScoreKind[] {ScoreKind.LOSS, ScoreKind.NLL}) {
            UserError error = assertThrows(UserError.class, () -> score(points, data, ScoreRecipe.of(kind)));
            assertTrue(error.getMessage().contains("no posterior to draw from"), error.getMessage());
        }
        assertEquals(40, score(points, data, ScoreRecipe.of(ScoreKind.RECONSTRUCTION)).scores.length);
        Model squares = SmallModels.untrained(SmallRuns.config(1).with(Setting.LIKELIHOOD, "mse"), data, backend);
        UserError error = assertThrows(UserError.class, () -> score(squares, data, ScoreRecipe.of(ScoreKind.NLL)));
        assertTrue(error.getMessage().contains("mse, which is not a density"), error.getMessage());
    }

    @Test
    void theFirstRowThatOverflowsIsNamed() {
        float[] values = numbers(600, 4, 1).floats();
        values[4 * 555] = 3e30f;
        Dataset data = Dataset.ofFloats("huge", new SampleShape(4), values, null);
        UserError error =
                assertThrows(UserError.class, () -> score(linear(), data, ScoreRecipe.of(ScoreKind.RECONSTRUCTION)));
        assertTrue(error.getMessage().startsWith("huge: the score of row 555 is "), error.getMessage());
    }
}
