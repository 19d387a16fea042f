package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.SmallVariants;
import io.jcuvae.vae.Prior;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs with models whose prior is learned. */
class LearnedPriorJobsTest {
    private static final Dataset TEST = SmallRuns.blobs(40, 2);
    private static Backend backend;

    @TempDir
    Path folder;

    @BeforeAll
    static void open() {
        backend = new CpuBackend(1);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static Model trained(String preset) {
        return SmallRuns.train(SmallVariants.config(preset, 3), SmallRuns.blobs(200, 1), TEST, backend, null)
                .model();
    }

    private static float[] sample(Model model, int count, double temperature) {
        return Generation.sample(model, backend, count, 3, temperature);
    }

    /** Sample i is the same however many are asked for; cold ones are the components' means; weights choose. */
    @ParameterizedTest
    @ValueSource(strings = {"gmm-prior", "vamp"})
    void samplesComeFromTheLearnedPrior(String preset) {
        Model model = trained(preset);
        int width = TEST.width();
        float[] many = sample(model, 1100, 1);
        assertArrayEquals(Arrays.copyOf(many, 5 * width), sample(model, 5, 1));

        PriorSampler prior = PriorSampler.of(model, backend);
        assertEquals(model.spec().prior().components(), prior.weights().length);
        assertEquals(1, Arrays.stream(prior.weights()).sum(), 1e-12);
        float[] cold = new float[300];
        prior.draw(cold, 0, 100, 3, 0);
        for (int r = 0; r < 100; r++) {
            float[] code = Arrays.copyOfRange(cold, 3 * r, 3 * r + 3);
            assertTrue(
                    Arrays.stream(prior.means()).anyMatch(mean -> near(mean, code)),
                    "code " + r + " is of no component");
        }
        // Deviations are the normals that the standard normal would have, each component's own times as large.
        float[] warm = new float[300];
        float[] hot = new float[300];
        prior.draw(warm, 0, 100, 3, 1);
        prior.draw(hot, 0, 100, 3, 2);
        for (int i = 0; i < 300; i++) {
            assertEquals(2 * (warm[i] - cold[i]), hot[i] - cold[i], 1e-5);
        }
    }

    private static boolean near(double[] mean, float[] code) {
        double off = 0;
        for (int d = 0; d < mean.length; d++) {
            off = Math.max(off, Math.abs(mean[d] - code[d]));
        }
        return off < 1e-6;
    }

    /** Of ten thousand codes each component has its share, and mean and variance are the mixture's. */
    @Test
    void codesFollowTheMixture() {
        PriorSampler prior = new PriorSampler(
                new double[] {0.2, 0.8}, new double[][] {{-20, 0}, {10, 5}}, new double[][] {{1, 2}, {0.5, 1}});
        int count = 10_000;
        float[] codes = new float[2 * count];
        prior.draw(codes, 0, count, 5, 1);
        double first = 0;
        double mean = 0;
        double squares = 0;
        for (int i = 0; i < count; i++) {
            if (codes[2 * i] < -5) {
                first++;
            } else {
                mean += codes[2 * i + 1];
                squares += Math.pow(codes[2 * i] - 10, 2);
            }
        }
        assertEquals(0.2, first / count, 0.02);
        assertEquals(5, mean / (count - first), 0.06);
        assertEquals(0.25, squares / (count - first), 0.02);
        float[] later = new float[20];
        prior.draw(later, 500, 10, 5, 1);
        assertArrayEquals(Arrays.copyOfRange(codes, 1000, 1020), later);
    }

    /** Importance weights with one draw are the ELBO of that draw, so both estimates have one mean; more draws come below. */
    @ParameterizedTest
    @ValueSource(strings = {"gmm-prior", "vamp"})
    void evaluationNamesItsEstimate(String preset) {
        Model model = trained(preset);
        DataSource data = SmallModels.save(SmallRuns.blobs(300, 4), folder.resolve("rows.npy"));
        Evaluation.Report one = Evaluation.run(model, backend, data, null, 0, 1, true, Progress.SILENT);
        Evaluation.Report many = Evaluation.run(model, backend, data, null, 0, 50, true, Progress.SILENT);
        // The same noise: draw i of both streams.
        assertEquals(one.loss(), one.nll(), 1e-3);
        assertTrue(many.nll() < one.nll());
        assertEquals("one draw per sample", one.toJson().get("kl_estimate").getAsString());
        assertTrue(
                one.toText().contains(model.spec().prior().describe() + "; KL is log q(z|x) - log p(z)"), one.toText());
        Evaluation.Report other = Evaluation.run(normal(), backend, data, null, 0, 0, true, Progress.SILENT);
        assertEquals(
                preset.startsWith("gmm") ? "gmm" : "vamp",
                one.toJson().get("prior").getAsString());
        assertTrue(!other.toJson().has("kl_estimate") && !other.toJson().has("prior"));
    }

    private static Model normal() {
        return SmallModels.untrained(SmallRuns.config(1), TEST, backend);
    }

    /** What the model file holds comes back, and has moved. */
    @ParameterizedTest
    @ValueSource(strings = {"gmm-prior", "vamp"})
    void theModelFileHoldsThePrior(String preset) {
        SmallRuns.train(SmallVariants.config(preset, 1), SmallRuns.blobs(200, 1), TEST, backend, folder.resolve("run"));
        Model loaded = Model.load(folder.resolve("run"), backend);
        String[] names = loaded.spec().prior().encodes()
                ? new String[] {Prior.INPUTS}
                : new String[] {Prior.MEANS, Prior.LOGVARS, Prior.LOGITS};
        Model fresh = SmallModels.untrained(SmallVariants.config(preset, 1), SmallRuns.blobs(200, 1), backend);
        for (String name : names) {
            float[] values = new float[(int) loaded.values().get(name).count()];
            float[] before = values.clone();
            backend.download(values, 0, loaded.values().get(name));
            backend.download(before, 0, fresh.values().get(name));
            assertNotEquals(Arrays.hashCode(before), Arrays.hashCode(values), name + " has not moved");
        }
    }
}
