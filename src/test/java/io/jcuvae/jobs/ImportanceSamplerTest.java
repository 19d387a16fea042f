package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.VaeSpec;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The importance-weighted log-likelihood against closed forms and against plain arithmetic. */
class ImportanceSamplerTest {
    private static final long SEED = 6;

    private static CountingBackend backend;
    private static Model blobs;

    @BeforeAll
    static void train() {
        backend = new CountingBackend();
        blobs = SmallModels.trained(backend);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static ImportanceSampler.Estimate estimate(Model model, Dataset data, int draws) {
        return new ImportanceSampler(model, backend, draws)
                .estimate(data.open(), RowLabels.NONE, Binarization.NONE, 0, SEED, Progress.SILENT);
    }

    private static void set(Model model, String parameter, float... values) {
        backend.upload(model.values().get(parameter), values, 0);
    }

    /**
     * x = W z + b + e with unit noise and orthogonal columns of W of lengths s: the posterior is normal with independent
     * parts, means s / (1 + s^2) times the projections of x - b and variances 1 / (1 + s^2), so an encoder of one layer is
     * exact and every weight is p(x).
     *
     * @param error added to the log variance, 0 for the exact posterior
     */
    private static Model linear(float error) {
        TrainConfig config = SmallRuns.config(1)
                .with(Setting.HIDDEN, "none")
                .with(Setting.LATENT, "2")
                .with(Setting.LIKELIHOOD, "gaussian");
        VaeSpec spec = config.spec(Shape.of(4));
        Dataset data = linearData();
        Model model = new Model(
                config,
                DataRecord.of("linear", data, data),
                spec,
                Parameters.allocate(spec.layout(), backend),
                Parameters.buffers(spec.layout(), backend));
        // Columns (2, 0, 0, 0) and (0, 1, 1, 0): lengths 2 and sqrt 2.
        set(model, "dec0.weight", 2, 0, 0, 1, 0, 1, 0, 0);
        set(model, "dec0.bias", 0.5f, 0, -1, 0.25f);
        set(model, "mu.weight", 0.4f, 0, 0, 0, 0, 1 / 3f, 1 / 3f, 0);
        set(model, "mu.bias", -0.2f, 1 / 3f);
        set(model, "logvar.bias", (float) -Math.log(5) + error, (float) -Math.log(3) + error);
        return model;
    }

    private static Dataset linearData() {
        float[] values = new float[4 * 40];
        Philox.fillNormal(values, 0, values.length, 77, 0);
        for (int i = 0; i < values.length; i++) {
            values[i] *= 2;
        }
        return Dataset.ofFloats("linear", new SampleShape(4), values, null);
    }

    /** -log N(x; b, W W' + 1), nats, of each row. */
    private static double[] linearNll() {
        float[] x = linearData().floats();
        double[] nll = new double[x.length / 4];
        for (int r = 0; r < nll.length; r++) {
            double d0 = x[4 * r] - 0.5;
            double d1 = x[4 * r + 1];
            double d2 = x[4 * r + 2] + 1;
            double d3 = x[4 * r + 3] - 0.25;
            // Along the columns the variances are 1 + s^2, across them 1.
            double along = (d1 + d2) / Math.sqrt(2);
            double across = (d1 - d2) / Math.sqrt(2);
            nll[r] = 0.5
                    * (4 * Math.log(2 * Math.PI)
                            + Math.log(5)
                            + Math.log(3)
                            + d0 * d0 / 5
                            + along * along / 3
                            + across * across
                            + d3 * d3);
        }
        return nll;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 50, 4096, 4097, 9001})
    void exactPosteriorGivesTheExactLikelihoodWithAnyNumberOfDraws(int draws) {
        double[] nll = linearNll();
        double mean = Arrays.stream(nll).average().orElseThrow();
        double squares = Arrays.stream(nll).map(v -> (v - mean) * (v - mean)).sum();
        ImportanceSampler.Estimate estimate = estimate(linear(0), linearData(), draws);
        assertEquals(mean, estimate.mean(), 1e-5);
        assertEquals(Math.sqrt(squares / (nll.length - 1) / nll.length), estimate.standardError(), 1e-5);
    }

    @Test
    void inexactPosteriorApproachesTheLikelihoodFromAbove() {
        double exact = Arrays.stream(linearNll()).average().orElseThrow();
        Model model = linear(1);
        double before = Double.POSITIVE_INFINITY;
        // Twice e times too wide: the bound is loose, and the weights are bounded.
        for (int draws : new int[] {1, 10, 100, 3000}) {
            double found = estimate(model, linearData(), draws).mean();
            assertTrue(found < before, draws + " draws: " + found + " after " + before);
            before = found;
        }
        assertEquals(exact, before, 0.01);
    }

    @Test
    void oneDrawIsTheNegativeElboOfThatDraw() {
        Dataset few = SmallRuns.blobs(30, 8);
        assertEquals(reference(blobs, few, 1), estimate(blobs, few, 1).mean(), 1e-3);
        // The evaluation takes the same draws but the KL term in closed form: equal up to the noise of log q.
        Dataset data = SmallRuns.blobs(1100, 8);
        Evaluator.Result elbo = new Evaluator(blobs.spec(), backend, blobs.values(), blobs.buffers())
                .evaluate(data.open(), Binarization.NONE, 0, SEED);
        assertEquals(elbo.loss(1), estimate(blobs, data, 1).mean(), 0.2);
    }

    @ParameterizedTest
    @ValueSource(ints = {7, 1024, 4099})
    void drawsAreThoseOfTheirPositions(int draws) {
        Dataset data = SmallRuns.blobs(5, 8);
        assertEquals(reference(blobs, data, draws), estimate(blobs, data, draws).mean(), 1e-3);
    }

    /** The mean over the rows by plain arithmetic, without streaming. */
    private static double reference(Model model, Dataset data, int draws) {
        BoundModel bound = new BoundModel(model, backend);
        int width = bound.width();
        int latents = bound.latents();
        float[] rows = SmallModels.rows(data);
        double total = 0;
        for (int i = 0; i < data.count(); i++) {
            float[] batch = bound.samples();
            System.arraycopy(rows, i * width, batch, 0, width);
            float[] posteriors = bound.posteriors();
            bound.encode(posteriors, batch);
            double[] logWeights = new double[draws];
            float[] codes = bound.codes();
            float[] made = bound.samples();
            for (int k = 0; k < draws; k++) {
                int row = k % bound.rows();
                float[] noise = new float[latents];
                Philox.fillNormal(noise, 0, latents, Stream.EVALUATION.key(SEED), ((long) i * draws + k) * latents);
                for (int j = 0; j < latents; j++) {
                    double logvar = posteriors[latents + j];
                    double z = posteriors[j] + Math.exp(logvar / 2) * noise[j];
                    codes[row * latents + j] = (float) z;
                    logWeights[k] += 0.5 * (noise[j] * noise[j] + logvar - z * z);
                }
                if (row == bound.rows() - 1 || k == draws - 1) {
                    bound.decode(made, codes);
                    for (int r = 0; r <= row; r++) {
                        logWeights[k - row + r] += logLikelihood(made, r * width, rows, i * width, width);
                    }
                }
            }
            double largest = Arrays.stream(logWeights).max().orElseThrow();
            double sum =
                    Arrays.stream(logWeights).map(w -> Math.exp(w - largest)).sum();
            total += Math.log(draws) - largest - Math.log(sum);
        }
        return total / data.count();
    }

    private static double logLikelihood(float[] made, int at, float[] x, int from, int width) {
        double sum = 0;
        for (int d = 0; d < width; d++) {
            double p = Math.min(Math.max(made[at + d], 1e-30), 1 - 6e-8);
            sum += x[from + d] * Math.log(p) + (1 - x[from + d]) * Math.log1p(-p);
        }
        return sum;
    }

    @Test
    void moreDrawsTightenTheBound() {
        Dataset data = SmallRuns.blobs(60, 8);
        double one = estimate(blobs, data, 1).mean();
        double ten = estimate(blobs, data, 10).mean();
        double many = estimate(blobs, data, 300).mean();
        assertTrue(one > ten && ten > many, one + ", " + ten + ", " + many);
        // The gap is below the whole KL term of about 4 nats.
        assertTrue(one - many < 3, one + ", " + many);
    }

    @Test
    void memoryDoesNotGrowWithTheNumberOfDraws() {
        Dataset data = SmallRuns.blobs(2, 8);
        long before = backend.allocated;
        estimate(blobs, data, 1024);
        long some = backend.allocated - before;
        for (int draws : new int[] {4096, 5000, 50_000}) {
            before = backend.allocated;
            estimate(blobs, data, draws);
            assertTrue(backend.allocated - before <= some, draws + " draws: " + (backend.allocated - before));
        }
        assertTrue(some < 2_000_000, some + " elements");
    }
}
