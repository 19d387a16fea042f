package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.jcuvae.train.Pace;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run within a budget. */
class BudgetCommandTest {
    @TempDir
    Path folder;

    private JsonObject train(String out, Object... more) {
        Object[] words = {
            "train",
            "--data",
            "moons:60",
            "--hidden",
            "8",
            "--latent",
            "2",
            "--batch",
            "20",
            "--json",
            "--threads",
            "1",
            "--out",
            folder.resolve(out)
        };
        Object[] all = new Object[words.length + more.length];
        System.arraycopy(words, 0, all, 0, words.length);
        System.arraycopy(more, 0, all, words.length, more.length);
        return Call.done(all).json();
    }

    /** The number of epochs is recorded, so that the run can be repeated and gone on with without a clock. */
    @Test
    void theNumberOfEpochsIsFoundOnceAndKept() {
        JsonObject settings = train("run", "--epochs", "2", "--budget", "4s").getAsJsonObject("settings");
        assertEquals("4s of 2 epochs", settings.get("budget").getAsString());
        assertEquals(2, settings.get("epochs").getAsInt());
        Call again = Call.of("train", "--resume", folder.resolve("run"), "--epochs", "3", "--json");
        assertEquals(0, again.code(), again.err());
        assertEquals(3, again.json().get("epochs_done").getAsInt());
        assertFalse(again.err().contains("budget"), again.err());
        assertTrue(Call.refused("train", "--resume", folder.resolve("run"), "--budget", "5m")
                .contains("--budget: the run began with 4s of 2 epochs"));
    }

    /** Of a pace that is given: how fast this machine is must not matter. */
    @Test
    void aBudgetTooSmallForAnEpochIsSaid() {
        TrainConfig planned = TrainConfig.defaults().with(Setting.EPOCHS, "50").with(Setting.BUDGET, "60s");
        Pace slow = new Pace(0.5, 10, 200, 3);
        assertEquals(1, Budgeting.epochs(planned, slow));
        assertTrue(
                Budgeting.shortage(planned, slow).orElse("").contains("one epoch takes about 110 s"),
                Budgeting.shortage(planned, slow).toString());
        Pace fast = new Pace(0.01, 1, 200, 3);
        assertEquals(19, Budgeting.epochs(planned, fast));
        assertEquals(Optional.empty(), Budgeting.shortage(planned, fast));
        assertEquals(50, Budgeting.epochs(planned, new Pace(0.001, 0.1, 200, 3)));
    }

    @Test
    void aWrongDurationIsRefused() {
        assertTrue(Call.refused("train", "--budget", "soon", "--out", folder.resolve("no"))
                .contains("--budget: must be a duration, as in 90s, 10m or 2h, or none, got 'soon'"));
    }
}
