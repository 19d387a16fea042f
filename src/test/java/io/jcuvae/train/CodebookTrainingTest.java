package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Safetensors;
import io.jcuvae.jobs.Reconstruction;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of models with a codebook. */
class CodebookTrainingTest {
    private static final Dataset TRAIN = SmallRuns.blobs(300, 1);
    private static final Dataset TEST = SmallRuns.blobs(40, 2);
    private static CpuBackend backend;

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

    private static TrainConfig config(String options) {
        return SmallRuns.with(
                SmallRuns.config(8),
                "--posterior vq --latent 8 --code-size 2 --codes 16 --code-decay 0.9 --lr 0.005 --hidden 64 "
                        + options);
    }

    private static JsonObject last(Path run) throws IOException {
        List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
        return JsonParser.parseString(lines.get(lines.size() - 1)).getAsJsonObject();
    }

    @Test
    void learnsUsesItsCodesAndIsReadBack() throws IOException {
        Path run = folder.resolve("run");
        Trainer trainer = SmallRuns.train(config(""), TRAIN, TEST, backend, run);
        List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
        JsonObject first = JsonParser.parseString(lines.get(0)).getAsJsonObject();
        JsonObject last = last(run);
        double lost = last.get("test_reconstruction").getAsDouble();
        assertTrue(lost < 0.8 * first.get("test_reconstruction").getAsDouble(), lines.toString());
        assertTrue(last.get("test_perplexity").getAsDouble() > 4, last.toString());
        assertTrue(last.get("test_codes_used").getAsInt() > 8, last.toString());
        assertTrue(last.get("codes_revived").getAsLong() >= 15, last.toString());
        assertEquals(
                last.get("train_loss").getAsDouble(),
                last.get("train_reconstruction").getAsDouble()
                        + last.get("train_commitment").getAsDouble(),
                1e-4);
        assertEquals(
                last.get("test_loss").getAsDouble(),
                lost + last.get("test_commitment").getAsDouble(),
                1e-9);

        Safetensors file = Safetensors.read(run.resolve("model.safetensors"));
        assertArrayEquals(new int[] {16, 2}, file.shape("codebook"));
        assertArrayEquals(new int[] {16}, file.shape("codebook.counts"));
        assertArrayEquals(new int[] {16, 2}, file.shape("codebook.sums"));
        assertEquals(last.get("codes_revived").getAsLong(), file.longs("codebook.revived")[0]);
        Model loaded = Model.load(run, backend);
        assertEquals(trainer.model().spec(), loaded.spec());
        Evaluator.Result again = new Evaluator(loaded.spec(), backend, loaded.values(), loaded.buffers())
                .evaluate(TEST.open(), Binarization.NONE, 0, 0);
        assertEquals(lost, again.reconstruction());
        assertEquals(last.get("test_perplexity").getAsDouble(), again.codes().perplexity());
    }

    /** VQ with one code: whatever the sample, the same code and the same picture. */
    @Test
    void withOneCodeNothingIsSaid() throws IOException {
        Path run = folder.resolve("run");
        Trainer trainer = SmallRuns.train(config("--codes 1 --epochs 2"), TRAIN, TEST, backend, run);
        JsonObject last = last(run);
        assertEquals(1, last.get("test_perplexity").getAsDouble());
        assertEquals(1, last.get("test_codes_used").getAsInt());
        assertEquals(0, last.get("codes_revived").getAsLong());
        float[] rows = new float[2 * TEST.width()];
        TEST.copyRow(0, rows, 0);
        TEST.copyRow(1, rows, TEST.width());
        float[] made = Reconstruction.of(trainer.model(), backend, rows, 2);
        for (int i = 0; i < TEST.width(); i++) {
            assertEquals(made[i], made[TEST.width() + i]);
        }
    }

    @Test
    void refusesWhatDoesNotGoTogether() {
        for (String option : new String[] {
            "--beta 2", "--free-bits 1", "--tc 1", "--metric elbo", "--estimator iwae", "--anneal linear"
        }) {
            String message = assertThrows(UserError.class, () -> config(option).requireSense())
                    .getMessage();
            assertTrue(message.contains("--posterior vq"), message);
        }
        for (String option : new String[] {"--codes 7", "--code-size 2", "--commitment 1", "--code-decay 0.5"}) {
            String message = assertThrows(
                            UserError.class,
                            () -> SmallRuns.with(SmallRuns.config(1), option).requireSense())
                    .getMessage();
            assertTrue(message.contains("add --posterior vq"), message);
        }
        String message = assertThrows(
                        UserError.class, () -> config("--code-size 3").spec(Shape.of(12, 12)))
                .getMessage();
        assertTrue(message.contains("--latent 8") && message.contains("--code-size 3"), message);
    }
}
