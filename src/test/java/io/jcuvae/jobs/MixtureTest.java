package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Safetensors;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.SmallRuns;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mixtures of normals: their densities, draws, fits and files. */
class MixtureTest {
    /** Two ellipses, one long and tilted. */
    private static final Mixture ELLIPSES =
            new Mixture(new double[] {0.3, 0.7}, new double[][] {{4, -3}, {-2, 1}}, new double[][][] {
                {{2, 1.5}, {1.5, 2}}, {{0.5, -0.1}, {-0.1, 0.25}}
            });

    @TempDir
    Path folder;

    private static double[][] codes(Mixture mixture, int count, long seed) {
        float[] drawn = new float[count * mixture.latents()];
        mixture.draw(drawn, 0, count, seed, 1);
        double[][] codes = new double[count][mixture.latents()];
        for (int n = 0; n < count; n++) {
            for (int i = 0; i < mixture.latents(); i++) {
                codes[n][i] = drawn[n * mixture.latents() + i];
            }
        }
        return codes;
    }

    private static Mixture standard(int latents) {
        double[][] identity = new double[latents][latents];
        for (int i = 0; i < latents; i++) {
            identity[i][i] = 1;
        }
        return new Mixture(new double[] {1}, new double[1][latents], new double[][][] {identity});
    }

    @Test
    void densityIsTheFormulas() {
        // By hand: determinants 1.75 and 0.115, inverses ((2, -1.5), (-1.5, 2)) / 1.75 and ((0.25, 0.1), (0.1, 0.5)) /
        // 0.115.
        double[] z = {1, 0.5};
        double first = 0.3 / (2 * Math.PI * Math.sqrt(1.75)) * Math.exp(-(2 * 9 + 2 * 1.5 * 3 * 3.5 + 2 * 12.25) / 3.5);
        double second =
                0.7 / (2 * Math.PI * Math.sqrt(0.115)) * Math.exp(-(0.25 * 9 + 2 * 0.1 * 3 * -0.5 + 0.5 * 0.25) / 0.23);
        assertEquals(Math.log(first + second), ELLIPSES.logDensity(z), 1e-12);
        // Far out, where densities themselves are zero.
        assertEquals(-0.5e8 - Math.log(2 * Math.PI), standard(2).logDensity(new double[] {1e4, 0}), 1e-6);
    }

    @Test
    void oneStandardComponentIsThePrior() {
        try (CpuBackend backend = new CpuBackend(1)) {
            Model model = SmallModels.untrained(SmallRuns.config(1), SmallRuns.blobs(40, 1), backend);
            Mixture prior = standard(model.spec().latents());
            for (double temperature : new double[] {1, 0.5}) {
                assertArrayEquals(
                        Generation.sample(model, backend, 1300, 3, temperature),
                        Generation.sample(model, backend, Labels.of(model, null), prior, 1300, 3, temperature),
                        1e-6f);
            }
        }
    }

    @Test
    void drawsDependOnSeedAndNumberAlone() {
        float[] all = new float[2000];
        ELLIPSES.draw(all, 0, 1000, 5, 1);
        for (int[] part : new int[][] {{0, 1}, {1, 6}, {500, 500}, {999, 1}}) {
            float[] some = new float[2 * part[1]];
            ELLIPSES.draw(some, part[0], part[1], 5, 1);
            assertArrayEquals(Arrays.copyOfRange(all, 2 * part[0], 2 * (part[0] + part[1])), some);
        }
        float[] cold = new float[2000];
        ELLIPSES.draw(cold, 0, 1000, 5, 0);
        int ofFirst = 0;
        for (int n = 0; n < 1000; n++) {
            boolean first = cold[2 * n] == 4 && cold[2 * n + 1] == -3;
            assertTrue(first || (cold[2 * n] == -2 && cold[2 * n + 1] == 1), "a mean at temperature 0");
            ofFirst += first ? 1 : 0;
        }
        assertEquals(300, ofFirst, 60);
    }

    @Test
    void fitFindsWhatTheCodesWereDrawnFrom() {
        double[][] codes = codes(ELLIPSES, 6000, 1);
        MixtureFit.Result fit = MixtureFit.fit(codes, 2, 0);
        assertTrue(fit.converged());
        Mixture found = fit.mixture();
        int first = found.means()[0][0] > found.means()[1][0] ? 0 : 1;
        for (int k = 0; k < 2; k++) {
            int at = k == 0 ? first : 1 - first;
            assertEquals(ELLIPSES.weights()[k], found.weights()[at], 0.03);
            assertArrayEquals(ELLIPSES.means()[k], found.means()[at], 0.1);
            for (int i = 0; i < 2; i++) {
                assertArrayEquals(ELLIPSES.covariances()[k][i], found.covariances()[at][i], 0.15);
            }
        }
        double[] rounds = fit.logLikelihoods();
        for (int round = 1; round < rounds.length; round++) {
            assertTrue(rounds[round] >= rounds[round - 1] - 1e-9, "round " + round);
        }
        double true0 =
                Arrays.stream(codes).mapToDouble(ELLIPSES::logDensity).average().orElseThrow();
        assertEquals(true0, rounds[rounds.length - 1], 0.01);
        Mixture again = MixtureFit.fit(codes, 2, 0).mixture();
        assertArrayEquals(found.means()[0], again.means()[0]);
        assertArrayEquals(found.covariances()[1][1], again.covariances()[1][1]);
    }

    @Test
    void oneComponentIsMeanAndCovariance() {
        double[][] codes = codes(ELLIPSES, 500, 2);
        double[] mean = new double[2];
        double[][] covariance = new double[2][2];
        for (double[] code : codes) {
            mean[0] += code[0] / 500;
            mean[1] += code[1] / 500;
        }
        for (double[] code : codes) {
            for (int i = 0; i < 4; i++) {
                covariance[i / 2][i % 2] += (code[i / 2] - mean[i / 2]) * (code[i % 2] - mean[i % 2]) / 500;
            }
        }
        double ridge = MixtureFit.RIDGE * (covariance[0][0] + covariance[1][1]) / 2;
        covariance[0][0] += ridge;
        covariance[1][1] += ridge;
        Mixture found = MixtureFit.fit(codes, 1, 7).mixture();
        assertArrayEquals(mean, found.means()[0], 1e-12);
        assertArrayEquals(covariance[0], found.covariances()[0][0], 1e-12);
        assertArrayEquals(covariance[1], found.covariances()[0][1], 1e-12);
    }

    /** Codes on a line, on a point, and a component for each code. */
    @Test
    void codesThatFillNoSpaceCanBeFitted() {
        float[] draws = new float[60];
        Philox.fillNormal(draws, 0, 60, 1, 0);
        double[][] line = new double[60][];
        double[][] point = new double[60][];
        for (int n = 0; n < 60; n++) {
            line[n] = new double[] {draws[n], 2 * draws[n], -draws[n]};
            point[n] = new double[] {1, 2, 3};
        }
        for (double[][] codes : List.of(line, point, Arrays.copyOf(line, 4))) {
            Mixture found = MixtureFit.fit(codes, 4, 0).mixture();
            for (double[] code : codes) {
                assertTrue(Double.isFinite(found.logDensity(code)));
            }
        }
        assertThrows(IllegalArgumentException.class, () -> MixtureFit.fit(Arrays.copyOf(line, 3), 4, 0));
    }

    @Test
    void fileKeepsEveryBitAndRefusesOthers() {
        Path file = folder.resolve("mixture.safetensors");
        new MixtureFile(ELLIPSES, "abc", "moons", 0, 17, -1.25).write(file);
        MixtureFile read = MixtureFile.read(file);
        assertEquals(
                "abc moons 0 17 -1.25",
                String.join(
                        " ",
                        read.model(),
                        read.data(),
                        "" + read.limit(),
                        "" + read.count(),
                        "" + read.logLikelihood()));
        assertArrayEquals(ELLIPSES.weights(), read.mixtures().get(0).weights());
        assertArrayEquals(ELLIPSES.means()[1], read.mixtures().get(0).means()[1]);
        assertArrayEquals(ELLIPSES.covariances()[1][0], read.mixtures().get(0).covariances()[1][0]);

        Safetensors.write(file, Map.of("format", "jcuvae-mixture/9"), List.of());
        String error =
                assertThrows(UserError.class, () -> MixtureFile.read(file)).getMessage();
        assertTrue(error.contains("jcuvae-mixture/9") && error.contains("delete it"), error);
        Safetensors.write(
                file,
                Map.of("format", "jcuvae-mixture/1"),
                List.of(
                        Safetensors.Entry.of("weights", new int[] {1}, new double[] {1}, 0),
                        Safetensors.Entry.of("means", new int[] {1, 1}, new double[] {0}, 0),
                        Safetensors.Entry.of("covariances", new int[] {1, 1, 1}, new double[] {-1}, 0)));
        error = assertThrows(UserError.class, () -> MixtureFile.read(file)).getMessage();
        assertTrue(error.contains("covariance of component 0"), error);
        assertEquals(folder.resolve("mixture.safetensors"), MixtureFile.beside(folder.resolve("model.safetensors")));
        assertEquals(
                folder.resolve("checkpoint-3.mixture.safetensors"),
                MixtureFile.beside(folder.resolve("checkpoint-3.safetensors")));
    }

    /** Fitted once; fitted anew when other components, data or rows are asked for, or the model has changed. */
    @Test
    void mixtureIsKeptBesideItsModel() {
        try (CpuBackend backend = new CpuBackend(1)) {
            Path run = folder.resolve("run");
            SmallRuns.train(SmallRuns.config(2), SmallRuns.blobs(300, 1), SmallRuns.blobs(40, 2), backend, run);
            Path file = Model.file(run);
            Model model = Model.load(run, backend);
            DataSource data = SmallModels.save(SmallRuns.blobs(300, 1), folder.resolve("blobs.npy"));
            List<String> notes = new ArrayList<>();
            List<AggregatePosterior.Wanted> asked = List.of(
                    new AggregatePosterior.Wanted(3, null, -1),
                    new AggregatePosterior.Wanted(0, null, -1),
                    new AggregatePosterior.Wanted(3, data.name(), AggregatePosterior.SAMPLES),
                    new AggregatePosterior.Wanted(2, null, 100),
                    new AggregatePosterior.Wanted(2, null, 50));
            float[][] samples = new float[asked.size()][];
            for (int i = 0; i < samples.length; i++) {
                CodeSampler mixture = AggregatePosterior.of(
                        file, model, backend, () -> data, asked.get(i), Progress.SILENT, notes::add);
                samples[i] = Generation.sample(model, backend, Labels.of(model, null), mixture, 1030, 4, 1);
                float[] few = Generation.sample(model, backend, Labels.of(model, null), mixture, 3, 4, 1);
                assertArrayEquals(Arrays.copyOf(samples[i], few.length), few);
            }
            assertEquals(
                    List.of("fitted", "drawing", "drawing", "another", "fitted", "another", "fitted"),
                    notes.stream()
                            .map(note -> note.contains(" another ") ? "another" : note.split(" ")[0])
                            .toList());
            assertTrue(notes.get(0).contains("3 normals for the codes of 270 samples of "), notes.get(0));
            assertArrayEquals(samples[0], samples[1]);
            assertTrue(Files.exists(run.resolve("mixture.safetensors")));

            new MixtureFile(standard(3), "of another model", "blobs", 0, 1, 0)
                    .write(run.resolve("mixture.safetensors"));
            notes.clear();
            AggregatePosterior.of(file, model, backend, () -> data, asked.get(0), Progress.SILENT, notes::add);
            assertTrue(notes.get(0).contains("is of another model; a new one takes its place"), notes.get(0));
        }
    }
}
