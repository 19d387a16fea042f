package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.EpochMetrics;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Evaluation: what it reports, and what it refuses to compare. */
class EvaluationTest {
    @TempDir
    Path folder;

    private static CountingBackend backend;

    @BeforeAll
    static void open() {
        backend = new CountingBackend();
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private static Evaluation.Report evaluate(Model model, DataSource source, int importanceSamples, boolean accept) {
        return Evaluation.run(model, backend, source, null, 0, importanceSamples, accept, Progress.SILENT);
    }

    /** Data of a kind: binary, unit or real. */
    private static Dataset data(String kind, int rows) {
        float[] values = new float[rows * 6];
        for (int i = 0; i < values.length; i++) {
            boolean on = (i * 7 + i / 5) % 3 == 0;
            values[i] = switch (kind) {
                case "binary" -> on ? 1 : 0;
                case "unit" -> on ? 0.75f : 0.25f;
                default -> on ? 2 : -0.5f;
            };
        }
        return Dataset.ofFloats(kind, new SampleShape(6), values, null);
    }

    private static TrainConfig config(String likelihood, String binarization) {
        return SmallRuns.config(1)
                .with(Setting.HIDDEN, "8")
                .with(Setting.LIKELIHOOD, likelihood)
                .with(Setting.BINARIZE, binarization);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "static", "dynamic"})
    void heldOutRowsGiveTheFiguresOfTheLastEpoch(String binarization) {
        DataSource moons = DataSource.parse("moons:600");
        List<EpochMetrics> epochs = new ArrayList<>();
        TrainConfig config = SmallRuns.config(2)
                .with(Setting.DATA, "moons:600")
                .with(Setting.SEED, "4")
                .with(Setting.BETA, "2.5")
                .with(Setting.BINARIZE, binarization);
        Trainer.Listener listener = new Trainer.Listener() {
            @Override
            public void epoch(EpochMetrics metrics) {
                epochs.add(metrics);
            }
        };
        Trainer trainer =
                Trainer.start(config, moons.load(Split.TRAIN, 0), moons.load(Split.TEST, 0), backend, null, listener);
        assertTrue(trainer.run(() -> false));
        Evaluation.Report report = evaluate(trainer.model(), moons, 0, false);
        EpochMetrics last = epochs.get(1);
        assertEquals(last.test().reconstruction(), report.reconstruction());
        assertEquals(last.test().kl(), report.kl());
        assertEquals(last.test().activeUnits(), report.activeUnits());
        // The loss is the negative ELBO, whatever beta was in training.
        assertEquals(last.test().loss(1), report.loss());
        assertEquals(120, report.count());
        assertEquals(Split.TEST, report.split());
        assertNull(report.protocolNote());
        assertEquals(
                600,
                Evaluation.run(trainer.model(), backend, moons, Split.TRAIN, 0, 0, false, Progress.SILENT)
                        .count());
    }

    @Test
    void jsonHasItsKeys() {
        Dataset grey = data("unit", 30);
        Model model = SmallModels.untrained(config("bernoulli", "none"), grey, backend);
        DataSource source = SmallModels.save(grey, folder.resolve("grey.npy"));
        JsonObject json = evaluate(model, source, 0, false).toJson();
        Set<String> keys = Set.of(
                "loss",
                "reconstruction",
                "kl",
                "kl_per_latent",
                "active_units",
                "latents",
                "count",
                "binarization",
                "importance_samples",
                "nll",
                "nll_standard_error",
                "split",
                "data",
                "units",
                "protocol",
                "protocol_caution",
                "trained_on",
                "seed",
                "device");
        assertEquals(keys, json.keySet());
        assertEquals(0, json.get("importance_samples").getAsInt());
        assertTrue(
                json.get("nll").isJsonNull() && json.get("nll_standard_error").isJsonNull());
        assertEquals("none", json.get("binarization").getAsString());
        assertEquals("all", json.get("split").getAsString());
        assertEquals(30, json.get("count").getAsInt());
        JsonObject sampled = evaluate(model, source, 3, false).toJson();
        assertEquals(3, sampled.get("importance_samples").getAsInt());
        assertTrue(sampled.get("nll").getAsDouble() > 0
                && sampled.get("nll_standard_error").getAsDouble() > 0);
    }

    @Test
    void textPutsTheProtocolBesideTheNumbers() {
        Dataset grey = data("unit", 30);
        Model model = SmallModels.untrained(config("bernoulli", "dynamic"), grey, backend);
        DataSource source = SmallModels.save(grey, folder.resolve("grey.npy"));
        String text = evaluate(model, source, 5, false).toText();
        assertTrue(text.contains("drawn to 0 or 1 (dynamic binarization)"), text);
        assertTrue(text.contains("importance-weighted, 5 draws per sample"), text);
        assertTrue(text.contains("grey.npy (all)") && text.contains("blobs, 30 samples"), text);
    }

    @Test
    void oneSampleHasNoStandardError() {
        Dataset one = data("unit", 1);
        Model model = SmallModels.untrained(config("bernoulli", "none"), one, backend);
        Evaluation.Report report = evaluate(model, SmallModels.save(one, folder.resolve("one.npy")), 4, false);
        assertTrue(Double.isFinite(report.nll()) && Double.isNaN(report.nllStandardError()));
        assertTrue(report.toJson().get("nll_standard_error").isJsonNull());
        assertFalse(report.toText().contains("NaN"), report.toText());
    }

    @ParameterizedTest
    @CsvSource({
        "bernoulli, none, unit, binary",
        "bernoulli, none, binary, unit",
        "bernoulli, static, unit, binary",
        "bernoulli, dynamic, unit, binary",
        "bernoulli, dynamic, binary, unit",
        "gaussian, none, unit, real",
        "gaussian, none, unit, binary",
        "gaussian, none, binary, real",
    })
    void otherProtocolsAreRefusedUnlessAccepted(
            String likelihood, String binarization, String trained, String evaluated) {
        Model model = SmallModels.untrained(config(likelihood, binarization), data(trained, 40), backend);
        DataSource source = SmallModels.save(data(evaluated, 40), folder.resolve("other.npy"));
        UserError error = assertThrows(UserError.class, () -> evaluate(model, source, 2, false));
        Protocol protocol = Protocol.ofTraining(model);
        assertTrue(error.getMessage().contains(protocol.input()), error.getMessage());
        assertTrue(
                error.getMessage()
                        .contains(protocol.with(data(evaluated, 40).values()).input()),
                error.getMessage());
        assertTrue(error.getMessage().contains("--accept-protocol"), error.getMessage());
        Evaluation.Report report = evaluate(model, source, 2, true);
        assertTrue(report.protocolNote().contains(protocol.input()), report.protocolNote());
        assertTrue(report.toText().contains(report.protocolNote()));
        assertEquals(report.protocolNote(), report.toJson().get("protocol_note").getAsString());
    }

    @ParameterizedTest
    @CsvSource({"bernoulli, none, unit", "bernoulli, none, binary", "bernoulli, static, unit", "gaussian, none, real"})
    void theSameProtocolNeedsNoWord(String likelihood, String binarization, String kind) {
        Model model = SmallModels.untrained(config(likelihood, binarization), data(kind, 40), backend);
        // Other rows of the kind: another fingerprint is no other protocol, and is named.
        Evaluation.Report report =
                evaluate(model, SmallModels.save(data(kind, 25), folder.resolve("same.npy")), 0, false);
        assertNull(report.protocolNote());
        assertEquals(model.data().fingerprint(), report.trainedOn().fingerprint());
    }

    @Test
    void modelOfAnyNumbersTakesThoseThatLieInTheUnitRange() {
        Model model = SmallModels.untrained(config("gaussian-learned", "none"), data("real", 40), backend);
        assertNull(evaluate(model, SmallModels.save(data("unit", 40), folder.resolve("unit.npy")), 0, false)
                .protocolNote());
    }

    @Test
    void unitRangeIsNotForTheUserToWaive() {
        DataSource real = SmallModels.save(data("real", 40), folder.resolve("real.npy"));
        for (String[] kind : new String[][] {{"bernoulli", "none"}, {"gaussian", "static"}}) {
            Model model = SmallModels.untrained(config(kind[0], kind[1]), data("unit", 40), backend);
            UserError error = assertThrows(UserError.class, () -> evaluate(model, real, 0, true));
            assertTrue(error.getMessage().contains("row 0, column 0"), error.getMessage());
        }
    }

    @Test
    void sumOfSquaresHasNoLikelihood() {
        Model model = SmallModels.untrained(config("mse", "none"), data("unit", 40), backend);
        DataSource source = SmallModels.save(data("unit", 40), folder.resolve("unit.npy"));
        UserError error = assertThrows(UserError.class, () -> evaluate(model, source, 10, false));
        assertTrue(error.getMessage().contains("mse, which is not a density"), error.getMessage());
        assertTrue(evaluate(model, source, 0, false).toText().contains("squared error per sample"));
        assertThrows(UserError.class, () -> evaluate(model, source, -1, false));
    }

    @Test
    void figuresThatAreNotNumbersAreAFailure() {
        Dataset huge = SmallRuns.constant(20, 6, 3e30f);
        Model model = SmallModels.untrained(config("gaussian", "none"), huge, backend);
        DataSource source = SmallModels.save(huge, folder.resolve("huge.npy"));
        Failure failure = assertThrows(Failure.class, () -> evaluate(model, source, 0, false));
        assertTrue(failure.getMessage().contains("huge.npy"), failure.getMessage());
    }

    @Test
    void noiseIsReservedAndProgressTold() {
        Dataset grey = data("unit", 1300);
        Model model = SmallModels.untrained(config("bernoulli", "none"), grey, backend);
        DataSource source = SmallModels.save(grey, folder.resolve("grey.npy"));
        List<Long> done = new ArrayList<>();
        Evaluation.run(model, backend, source, null, 1290, 0, false, (at, total) -> {
            assertEquals(1290, total);
            done.add(at);
        });
        assertEquals(List.of(512L, 1024L, 1290L, 1290L), done);
        assertTrue(backend.reserved.endsWith(" from " + 1024 * 3 + ", " + 512 * 3), backend.reserved);
        done.clear();
        Evaluation.run(model, backend, source, null, 3, 5000, false, (at, total) -> done.add(at));
        assertEquals(List.of(1L, 2L, 3L), done);
    }
}
