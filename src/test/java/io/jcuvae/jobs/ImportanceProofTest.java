package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleShape;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Shape;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.VaeSpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The importance-weighted estimate where the likelihood is known: its bias is what theory says, and its standard error covers
 * as often as it claims.
 */
class ImportanceProofTest {
    private static Backend backend;

    @BeforeAll
    static void open() {
        backend = new CpuBackend(1);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static Dataset set(float[] values, int width) {
        return Dataset.ofFloats("made", new SampleShape(width), values, null);
    }

    /**
     * x = W z + b + e with unit noise and columns (2, 0, 0), (0, 1, 1) of W: x0 has variance 5, (x1 + x2) / sqrt(2) variance 3,
     * (x1 - x2) / sqrt(2) variance 1. The encoder knows the posterior but for its variances, which are e times too large.
     */
    private static Model wide() {
        TrainConfig config = SmallRuns.config(1)
                .with(Setting.HIDDEN, "none")
                .with(Setting.LATENT, "2")
                .with(Setting.LIKELIHOOD, "gaussian");
        VaeSpec spec = config.spec(Shape.of(3));
        Dataset data = drawn(4, 0);
        Model model = new Model(
                config,
                DataRecord.of("made", data, data),
                spec,
                Parameters.allocate(spec.layout(), backend),
                Parameters.buffers(spec.layout(), backend));
        put(model, "dec0.weight", 2, 0, 0, 1, 0, 1);
        put(model, "mu.weight", 0.4f, 0, 0, 0, 1 / 3f, 1 / 3f);
        put(model, "logvar.bias", 1 - (float) Math.log(5), 1 - (float) Math.log(3));
        return model;
    }

    private static void put(Model model, String parameter, float... values) {
        backend.upload(model.values().get(parameter), values, 0);
    }

    /** Rows from the model's own distribution. */
    private static Dataset drawn(int rows, long key) {
        float[] normals = new float[5 * rows];
        Philox.fillNormal(normals, 0, normals.length, 1000 + key, 0);
        float[] values = new float[3 * rows];
        for (int r = 0; r < rows; r++) {
            values[3 * r] = 2 * normals[5 * r] + normals[5 * r + 2];
            values[3 * r + 1] = normals[5 * r + 1] + normals[5 * r + 3];
            values[3 * r + 2] = normals[5 * r + 1] + normals[5 * r + 4];
        }
        return set(values, 3);
    }

    private static double exact(Dataset data) {
        float[] x = data.floats();
        double sum = 0;
        for (int r = 0; r < x.length; r += 3) {
            double along = (x[r + 1] + (double) x[r + 2]) * (x[r + 1] + (double) x[r + 2]) / 2;
            double across = (x[r + 1] - (double) x[r + 2]) * (x[r + 1] - (double) x[r + 2]) / 2;
            sum += 0.5 * (3 * Math.log(2 * Math.PI) + Math.log(15) + x[r] * x[r] / 5.0 + along / 3 + across);
        }
        return 3 * sum / x.length;
    }

    private static ImportanceSampler.Estimate estimate(ImportanceSampler sampler, Dataset data, long seed) {
        return sampler.estimate(data.open(), RowLabels.NONE, Binarization.NONE, 0, seed, Progress.SILENT);
    }

    /**
     * E[-log mean w] + log p(x) = Var(w / p(x)) / (2 K) + O(1 / K^2) (Burda et al. 2015; Nowozin 2018). With a variance that is c
     * times that of the posterior, E[(w / p(x))^2] is c / sqrt(2 c - 1) for each latent.
     */
    @Test
    void theBiasFallsWithTheNumberOfDraws() {
        Model model = wide();
        double c = Math.E;
        double variance = c * c / (2 * c - 1) - 1;
        int rows = 6000;
        int seeds = 5;
        Dataset data = drawn(rows, 1);
        double exact = exact(data);
        for (int draws : new int[] {8, 32}) {
            try (ImportanceSampler sampler = new ImportanceSampler(model, backend, draws)) {
                double bias = 0;
                for (int seed = 0; seed < seeds; seed++) {
                    bias += (estimate(sampler, data, seed).mean() - exact) / seeds;
                }
                double error = Math.sqrt(variance / draws / rows / seeds);
                double expected = variance / 2 / draws;
                assertEquals(expected, bias, 4 * error + 1.0 / draws / draws, draws + " draws");
                assertTrue(bias > 4 * error, "and it is seen: " + bias + " +- " + error);
            }
        }
    }

    /** Of intervals of 1.96 standard errors to each side, 95 % hold the expectation; of 300, 285 +- 4. */
    @Test
    void theStandardErrorCoversAsOftenAsItClaims() {
        double entropy = 0.5 * (3 * Math.log(2 * Math.PI) + Math.log(15) + 3);
        int within = 0;
        int sets = 300;
        try (ImportanceSampler sampler = new ImportanceSampler(wide(), backend, 40)) {
            for (int i = 0; i < sets; i++) {
                ImportanceSampler.Estimate found = estimate(sampler, drawn(100, 10 + i), i);
                within += Math.abs(found.mean() - entropy) <= 1.96 * found.standardError() ? 1 : 0;
            }
        }
        assertTrue(within >= 270 && within <= 297, within + " of " + sets);
    }

    /** With one latent the likelihood is an integral over a line: the trapezoid rule from -9 to 9, in double. */
    @Test
    void oneLatentAgreesWithNumericalIntegration() {
        TrainConfig config = SmallRuns.config(4)
                .with(Setting.HIDDEN, "16")
                .with(Setting.LATENT, "1")
                .with(Setting.LR, "0.005");
        Dataset test = SmallRuns.blobs(20, 2);
        Model model = SmallRuns.train(config, SmallRuns.blobs(600, 1), test, backend, null)
                .model();
        float[] weightIn = values(model, "dec0.weight");
        float[] biasIn = values(model, "dec0.bias");
        float[] weightOut = values(model, "dec1.weight");
        float[] biasOut = values(model, "dec1.bias");
        int width = biasOut.length;
        int points = 3001;
        double step = 18.0 / (points - 1);
        double[] likelihoods = new double[test.count()];
        float[] x = SmallModels.rows(test);
        for (int p = 0; p < points; p++) {
            double z = -9 + p * step;
            double[] hidden = new double[biasIn.length];
            for (int h = 0; h < hidden.length; h++) {
                hidden[h] = Math.max(0, weightIn[h] * z + biasIn[h]);
            }
            double[] logits = new double[width];
            double constant = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI);
            for (int d = 0; d < width; d++) {
                logits[d] = biasOut[d];
                for (int h = 0; h < hidden.length; h++) {
                    logits[d] += weightOut[d * hidden.length + h] * hidden[h];
                }
                constant -= Math.max(logits[d], 0) + Math.log1p(Math.exp(-Math.abs(logits[d])));
            }
            for (int r = 0; r < likelihoods.length; r++) {
                double log = constant;
                for (int d = 0; d < width; d++) {
                    log += x[r * width + d] * logits[d];
                }
                likelihoods[r] += step * Math.exp(log);
            }
        }
        double exact = 0;
        for (double likelihood : likelihoods) {
            exact -= Math.log(likelihood) / likelihoods.length;
        }
        try (ImportanceSampler sampler = new ImportanceSampler(model, backend, 5000)) {
            assertEquals(exact, estimate(sampler, test, 3).mean(), 0.01);
        }
    }

    private static float[] values(Model model, String parameter) {
        float[] values = new float[(int) model.values().get(parameter).count()];
        backend.download(values, 0, model.values().get(parameter));
        return values;
    }
}
