package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Safetensors;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.vae.Codebook;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trees over codes: what a fit finds, what they draw, and their files. */
class CodeTreeTest {
    private static final int CODES = 3;
    /** Of slots 0 to 4: 2 hangs from 0, 1 from 2, 4 from 2, 3 from 4. */
    private static final int[] PARENTS = {-1, 2, 0, 4, 2};

    @TempDir
    Path folder;

    /** Each slot has its parent's code, but for a share that grows with its number. */
    private static int[][] chain(int count) {
        SplittableRandom random = new SplittableRandom(1);
        int[][] codes = new int[count][PARENTS.length];
        for (int[] code : codes) {
            for (int s : new int[] {0, 2, 1, 4, 3}) {
                boolean kept = PARENTS[s] >= 0 && random.nextDouble() > 0.2 + 0.05 * s;
                code[s] = kept ? code[PARENTS[s]] : random.nextInt(10) < 5 ? 0 : random.nextInt(CODES);
            }
        }
        return codes;
    }

    @Test
    void findsTheTreeThatCodesWereDrawnFrom() {
        int[][] codes = chain(3000);
        CodeTree tree = CodeTreeFit.fit(codes, CODES);
        assertArrayEquals(PARENTS, tree.parents());
        assertEquals(3000, tree.samples());
        // Any other tree is less likely: here a star.
        long[][] counts = tree.counts();
        List<long[]> pairs = new ArrayList<>();
        for (int s = 1; s < PARENTS.length; s++) {
            for (int a = 0; a < CODES; a++) {
                for (int c = 0; c < CODES; c++) {
                    long number = 0;
                    for (int[] code : codes) {
                        number += code[0] == a && code[s] == c ? 1 : 0;
                    }
                    if (number > 0) {
                        pairs.add(new long[] {s, a, c, number});
                    }
                }
            }
        }
        CodeTree star = new CodeTree(new int[] {-1, 0, 0, 0, 0}, counts, pairs.toArray(long[][]::new));
        assertTrue(mean(tree, codes) > mean(star, codes) + 0.05);
    }

    private static double mean(CodeTree tree, int[][] codes) {
        return Arrays.stream(codes).mapToDouble(tree::logProbability).average().orElseThrow();
    }

    @Test
    void mutualInformationIsThatOfItsDefinition() {
        int[][] codes = {{0, 0, 1}, {0, 0, 0}, {1, 1, 1}, {1, 1, 0}};
        long[][] counts = {{2, 2}, {2, 2}, {2, 2}};
        double[][] information = CodeTreeFit.information(codes, counts, 2);
        assertEquals(Math.log(2), information[0][1], 1e-12);
        assertEquals(0, information[0][2], 1e-12);
        assertEquals(information[1][2], information[2][1]);
    }

    /** With smoothing, all codes there are have probabilities that add up to one. */
    @Test
    void probabilitiesAddUp() {
        CodeTree tree = CodeTreeFit.fit(Arrays.copyOf(chain(3000), 7), CODES);
        double sum = 0;
        int all = (int) Math.pow(CODES, PARENTS.length);
        for (int i = 0; i < all; i++) {
            int[] code = new int[PARENTS.length];
            for (int s = 0, rest = i; s < code.length; s++, rest /= CODES) {
                code[s] = rest % CODES;
            }
            sum += Math.exp(tree.logProbability(code));
        }
        assertEquals(1, sum, 1e-12);
    }

    /** Pairs of a parent and its child come as often as in the codes that the tree was fitted to. */
    @Test
    void drawsHaveThePairsOfTheCodes() {
        int count = 20_000;
        int[][] codes = chain(3000);
        CodeTree tree = CodeTreeFit.fit(codes, CODES);
        int[][] drawn = new int[count][PARENTS.length];
        for (int i = 0; i < count; i++) {
            tree.draw(drawn[i], i, 5, 1);
        }
        for (int s = 0; s < PARENTS.length; s++) {
            int parent = PARENTS[s] < 0 ? s : PARENTS[s];
            double[] want = shares(codes, parent, s);
            double[] got = shares(drawn, parent, s);
            for (int i = 0; i < want.length; i++) {
                assertEquals(want[i], got[i], 0.015, "slot " + s + ", pair " + i);
            }
        }
        int[] again = new int[PARENTS.length];
        tree.draw(again, 77, 5, 1);
        assertArrayEquals(drawn[77], again);
    }

    private static double[] shares(int[][] codes, int first, int second) {
        double[] shares = new double[CODES * CODES];
        for (int[] code : codes) {
            shares[code[first] * CODES + code[second]] += 1.0 / codes.length;
        }
        return shares;
    }

    /** At 0 the likeliest code; far above 1 all codes alike; 1/2 squares probabilities. */
    @Test
    void temperatureIsAPowerOfProbabilities() {
        long[][] counts = {{70, 20, 10}};
        CodeTree tree = new CodeTree(new int[] {-1}, counts, new long[0][]);
        double[] p = new double[CODES];
        tree.conditional(p, 0, 0);
        double[][] want = {
            {1, 0, 0},
            {1.0 / 3, 1.0 / 3, 1.0 / 3},
            Arrays.stream(p)
                    .map(x -> x * x / Arrays.stream(p).map(y -> y * y).sum())
                    .toArray()
        };
        double[] temperatures = {0, 1e9, 0.5};
        for (int t = 0; t < temperatures.length; t++) {
            double[] got = new double[CODES];
            int[] code = new int[1];
            for (int i = 0; i < 5000; i++) {
                tree.draw(code, i, 2, temperatures[t]);
                got[code[0]] += 1.0 / 5000;
            }
            assertArrayEquals(want[t], got, 0.02);
        }
    }

    @Test
    void refusesWhatIsNoTree() {
        long[][] counts = {{1, 1}, {1, 1}};
        long[][] pairs = {{1, 0, 0, 1}, {1, 1, 1, 1}};
        new CodeTree(new int[] {-1, 0}, counts, pairs);
        for (int[] parents : new int[][] {{1, 0}, {-1, -1}, {-1, 2}, {-1}}) {
            assertThrows(IllegalArgumentException.class, () -> new CodeTree(parents, counts, pairs));
        }
        for (long[][] other : new long[][][] {{{1, 0, 0, 2}}, {{1, 0, 0, 1}, {1, 1, 2, 1}}, {{0, 0, 0, 1}}, {}}) {
            assertThrows(IllegalArgumentException.class, () -> new CodeTree(new int[] {-1, 0}, counts, other));
        }
    }

    @Test
    void fileKeepsTheCountsAndRefusesOthers() {
        Path file = folder.resolve("codes.safetensors");
        CodeTree tree = CodeTreeFit.fit(chain(200), CODES);
        new CodeTreeFile(tree, "abc", "moons", 7, -1.25).write(file);
        CodeTreeFile read = CodeTreeFile.read(file);
        assertEquals(
                "abc moons 7 -1.25",
                read.model() + " " + read.data() + " " + read.limit() + " " + read.logProbability());
        assertArrayEquals(tree.parents(), read.tree().parents());
        assertArrayEquals(tree.counts(), read.tree().counts());
        assertArrayEquals(tree.pairs(), read.tree().pairs());
        Safetensors.write(file, Map.of("format", "jcuvae-code-tree/9"), List.of());
        String error =
                assertThrows(UserError.class, () -> CodeTreeFile.read(file)).getMessage();
        assertTrue(error.contains("jcuvae-code-tree/9") && error.contains("delete it"), error);
        Safetensors.write(
                file,
                Map.of("format", "jcuvae-code-tree/1"),
                List.of(
                        Safetensors.Entry.of("parents", new int[] {1}, new long[] {0}, 0),
                        Safetensors.Entry.of("counts", new int[] {1, 1}, new long[] {3}, 0),
                        Safetensors.Entry.of("pairs", new int[] {0, 4}, new long[0], 0)));
        error = assertThrows(UserError.class, () -> CodeTreeFile.read(file)).getMessage();
        assertTrue(error.contains("make no tree"), error);
    }

    /** Fitted once, kept, and fitted anew for other rows; every code drawn is one of the codebook's, whatever the count. */
    @Test
    void treeIsKeptBesideItsModel() {
        try (CpuBackend backend = new CpuBackend(1)) {
            Path run = folder.resolve("run");
            SmallRuns.train(
                    SmallRuns.with(SmallRuns.config(2), "--posterior vq --latent 6 --code-size 2 --codes 7"),
                    SmallRuns.blobs(300, 1),
                    SmallRuns.blobs(40, 2),
                    backend,
                    run);
            Path file = Model.file(run);
            Model model = Model.load(run, backend);
            DataSource data = SmallModels.save(SmallRuns.blobs(300, 1), folder.resolve("blobs.npy"));
            List<String> notes = new ArrayList<>();
            for (int limit : new int[] {-1, 0, 50, 50}) {
                CodePrior prior = CodePrior.of(
                        file,
                        model,
                        backend,
                        () -> data,
                        new CodePrior.Wanted(null, limit),
                        Progress.SILENT,
                        notes::add);
                float[] codes = new float[40 * 6];
                prior.draw(codes, 0, 40, 3, 1);
                float[] few = new float[2 * 6];
                prior.draw(few, 30, 2, 3, 1);
                assertArrayEquals(Arrays.copyOfRange(codes, 30 * 6, 32 * 6), few);
                assertAllFromTheBook(codes, Codebook.vectors(model.buffers(), backend));
            }
            assertEquals(
                    List.of("fitted", "drawing", "another", "fitted", "drawing"),
                    notes.stream()
                            .map(note -> note.contains(" another ") ? "another" : note.split(" ")[0])
                            .toList());
            assertTrue(notes.get(0).contains("tree over 3 slots for the codes of 270 samples of "), notes.get(0));
        }
    }

    private static void assertAllFromTheBook(float[] codes, float[] vectors) {
        for (int n = 0; n < codes.length; n += 2) {
            boolean found = false;
            for (int k = 0; k < vectors.length; k += 2) {
                found |= codes[n] == vectors[k] && codes[n + 1] == vectors[k + 1];
            }
            assertTrue(found, "slot " + n / 2);
        }
    }
}
