package io.jcuvae.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.data.Classes;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.data.Table;
import io.jcuvae.data.ValueKind;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which published figure stands beside a model's own. */
class PublishedTest {
    private static final String MNIST = "sha256:e7e8c738aaaaa453c230724cdbea37dae939d3853615d61b671a166746404926";
    private static final String STATIC = "sha256:f0420e84c754a379d325e90a3a5f5ddf1de8d8468523dda33a12490bafdcc5ce";

    private static Model model(TrainConfig config, String fingerprint) {
        DataRecord data = new DataRecord(
                "mnist",
                fingerprint,
                60_000,
                10_000,
                new SampleShape(28, 28),
                ValueKind.UNIT,
                Classes.NONE,
                null,
                Table.NONE);
        return new Model(config, data, null, null, null);
    }

    private static Optional<Published> of(TrainConfig config, String fingerprint) {
        return Published.of(model(config, fingerprint), "mnist", Split.TEST, 10_000, config.epochs());
    }

    @Test
    void theRowIsThatOfTheProtocol() {
        TrainConfig one = TrainConfig.preset("iwae-paper-1");
        assertEquals(84.78, of(one, MNIST).orElseThrow().nll());
        assertEquals(
                86.76, of(one.with(Setting.DRAWS, "1"), MNIST).orElseThrow().nll());
        assertEquals(
                84.32,
                of(one.with(Setting.ESTIMATOR, "dreg"), MNIST).orElseThrow().nll());
        TrainConfig two =
                TrainConfig.preset("iwae-paper-2").with(Setting.SEED, "3").with(Setting.DEVICE, "cpu");
        assertEquals(82.90, of(two, MNIST).orElseThrow().nll());
        TrainConfig vae = TrainConfig.preset("vae-static-mnist");
        assertEquals(89.78, of(vae, STATIC).orElseThrow().nll());
        assertFalse(of(vae, STATIC).orElseThrow().shortened());
    }

    @Test
    void anotherProtocolHasNone() {
        TrainConfig one = TrainConfig.preset("iwae-paper-1");
        assertTrue(of(one.with(Setting.DRAWS, "7"), MNIST).isEmpty());
        assertTrue(of(one.with(Setting.LATENT, "100"), MNIST).isEmpty());
        assertTrue(of(one.with(Setting.LR, "0.002"), MNIST).isEmpty());
        assertTrue(of(one, STATIC).isEmpty());
        assertTrue(of(TrainConfig.defaults(), MNIST).isEmpty());
        Model model = model(one, MNIST);
        assertTrue(Published.of(model, "mnist", Split.TRAIN, 10_000, 3280).isEmpty());
        assertTrue(Published.of(model, "mnist", Split.TEST, 500, 3280).isEmpty());
        assertTrue(Published.of(model, "other", Split.TEST, 10_000, 3280).isEmpty());
    }

    @Test
    void fewerEpochsAreSaidToBeFewer() {
        TrainConfig budget = TrainConfig.preset("vae-static-mnist")
                .with(Setting.BUDGET, "10m")
                .shortened(37);
        Published row = of(budget, STATIC).orElseThrow();
        assertTrue(row.shortened());
        assertTrue(row.toText(200).contains("37 of the protocol's 500 epochs"), row.toText(200));
        assertFalse(row.toText(200).contains("--importance"));
        assertTrue(row.toText(0).contains("add --importance 200"), row.toText(0));
        assertTrue(row.toJson().get("shortened").getAsBoolean());
        Model stopped = model(TrainConfig.preset("iwae-paper-1"), MNIST);
        assertEquals(
                12,
                Published.of(stopped, "mnist", Split.TEST, 10_000, 12)
                        .orElseThrow()
                        .trained());
    }
}
