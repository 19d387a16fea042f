package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleShape;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Evaluator;
import io.jcuvae.train.Model;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one does with a model that has two stochastic layers. */
class UpperJobsTest {
    private static final int WIDTH = SmallRuns.SIDE * SmallRuns.SIDE;
    private static final Dataset TEST = SmallRuns.blobs(40, 2);

    @TempDir
    Path folder;

    private static CpuBackend backend;
    private static Model model;

    @BeforeAll
    static void train() {
        backend = new CpuBackend(1);
        TrainConfig config = SmallRuns.with(
                SmallRuns.config(6), "--hidden 32 --lr 0.005 --upper-latent 2 --upper-hidden 8 --activation tanh");
        model = SmallRuns.train(config, SmallRuns.blobs(400, 1), TEST, backend, null)
                .model();
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    @Test
    void sampleIsTheSameHoweverManyAreAskedFor() {
        float[] many = Generation.sample(model, backend, 1100, 3, 1);
        for (int count : new int[] {1, 7, 1025}) {
            float[] few = Generation.sample(model, backend, count, 3, 1);
            assertArrayEquals(Arrays.copyOf(many, count * WIDTH), few, "of " + count);
        }
        assertFalse(Arrays.equals(Arrays.copyOf(many, WIDTH), Generation.sample(model, backend, 1, 4, 1)));
    }

    /** u is the last normals of a row times the temperature, z what p(z | u) makes of the first ones. */
    @Test
    void codesOfThePriorComeFromAbove() {
        float[] normals = new float[5];
        Philox.fillNormal(normals, 0, 5, Stream.GENERATION.key(9), 0);
        for (double temperature : new double[] {1, 0.5, 0}) {
            double[] hidden = affine("upper.dec0", temperature * normals[3], temperature * normals[4]);
            Arrays.setAll(hidden, i -> Math.tanh(hidden[i]));
            double[] mean = affine("upper.prior.mu", hidden);
            double[] logvar = affine("upper.prior.logvar", hidden);
            float[] z = new float[3];
            for (int j = 0; j < 3; j++) {
                z[j] = (float) (mean[j] + Math.exp(0.5 * logvar[j]) * temperature * normals[j]);
            }
            BoundModel bound = new BoundModel(model, backend);
            float[] codes = bound.codes();
            System.arraycopy(z, 0, codes, 0, 3);
            float[] decoded = bound.samples();
            bound.decode(decoded, codes);
            assertArrayEquals(
                    Arrays.copyOf(decoded, WIDTH), Generation.sample(model, backend, 1, 9, temperature), 1e-5f);
        }
    }

    private static double[] affine(String name, double... input) {
        double[] y = new double[(int) model.values().get(name + ".bias").count()];
        float[] weight = new float[y.length * input.length];
        float[] bias = new float[y.length];
        backend.download(weight, 0, model.values().get(name + ".weight"));
        backend.download(bias, 0, model.values().get(name + ".bias"));
        for (int i = 0; i < y.length; i++) {
            y[i] = bias[i];
            for (int j = 0; j < input.length; j++) {
                y[i] += weight[i * input.length + j] * input[j];
            }
        }
        return y;
    }

    /** The bound of one draw is an ELBO, and more draws are no looser; how many at once does not matter. */
    @Test
    void theLogLikelihoodIsAboveTheElbo() {
        Evaluator.Result elbo = new Evaluator(model.spec(), backend, model.values(), model.buffers())
                .evaluate(TEST.open(), Binarization.NONE, 0, 0);
        double one = nll(model, TEST, 1).mean();
        double many = nll(model, TEST, 200).mean();
        assertEquals(elbo.loss(1), one, 1e-4);
        assertTrue(many < one, many + " of " + one);
        assertEquals(nll(model, TEST, 1030).mean(), many, 0.3);
    }

    private static ImportanceSampler.Estimate nll(Model of, Dataset data, int draws) {
        try (ImportanceSampler sampler = new ImportanceSampler(of, backend, draws)) {
            return sampler.estimate(data.open(), RowLabels.NONE, Binarization.NONE, 0, 0, Progress.SILENT);
        }
    }

    /** The linear model of {@code UpperLatentTest}: with its exact posteriors any number of draws gives log p(x). */
    @Test
    void exactPosteriorsGiveTheExactLikelihood() {
        TrainConfig config = SmallRuns.with(
                SmallRuns.config(1),
                "--hidden none --latent 1 --upper-latent 1 --upper-hidden none --likelihood gaussian");
        VaeSpec spec = config.spec(Shape.of(1));
        float[] x = new float[30];
        Philox.fillNormal(x, 0, x.length, 5, 0);
        Dataset data = Dataset.ofFloats("linear", new SampleShape(1), x, null);
        Parameters values = Parameters.allocate(spec.layout(), backend);
        Model linear = new Model(
                config, DataRecord.of("linear", data, data), spec, values, Parameters.buffers(spec.layout(), backend));
        // u ~ N(0, 1), z = u + e, x = z + e: variances 1, 2 and 3, posteriors N(z / 2, 1/2) and N(2 x / 3, 2/3).
        set(values, "dec0.weight", 1);
        set(values, "upper.prior.mu.weight", 1);
        set(values, "upper.mu.weight", 0.5f);
        set(values, "upper.logvar.bias", (float) Math.log(0.5));
        set(values, "mu.weight", 2 / 3f);
        set(values, "logvar.bias", (float) Math.log(2 / 3.0));
        double mean = 0;
        for (float value : x) {
            mean += 0.5 * (Math.log(2 * Math.PI * 3) + value * value / 3) / x.length;
        }
        for (int draws : new int[] {1, 50, 1025}) {
            assertEquals(mean, nll(linear, data, draws).mean(), 1e-5);
        }
    }

    private static void set(Parameters values, String name, float to) {
        backend.upload(values.get(name), new float[] {to}, 0);
    }

    /** Codes are the lower ones: what is written decodes to what is reconstructed. */
    @Test
    void codesAreThoseOfTheLowerLayer() {
        Path codes = folder.resolve("codes.npy");
        Path decoded = folder.resolve("decoded.npy");
        var source = SmallModels.save(TEST, folder.resolve("rows.npy"));
        Encoding.run(model, backend, source, null, 0, codes, Progress.SILENT);
        Decoding.run(model, backend, codes.toString(), null, decoded, Progress.SILENT);
        float[] made = Reconstruction.of(model, backend, SmallModels.rows(TEST), RowLabels.NONE, TEST.count());
        assertArrayEquals(made, SmallModels.load(decoded), 1e-6f);
    }
}
