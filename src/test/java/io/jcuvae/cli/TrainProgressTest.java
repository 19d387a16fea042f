package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.train.EpochMetrics;
import io.jcuvae.train.Evaluator;
import io.jcuvae.train.HeldOutLoss;
import io.jcuvae.train.Schedule;
import io.jcuvae.train.Trainer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainProgressTest {
    private static final EpochMetrics.Losses LOSSES = new EpochMetrics.Losses(112.34, 90.1, 22.24);
    private static final List<String> ROWS = List.of(
            "  epoch     loss  reconstruction      KL  held-out  active  samples/s    left",
            "    1/3   112.34           90.10   22.24    110.50   18/20     41,235    0:00");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
    private final PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8);

    private void oneEpoch(Output output) {
        try (TrainProgress progress = new TrainProgress(output, 3, 20)) {
            progress.progress(new Trainer.Progress(1, 3, 500, 1000, LOSSES, 1e9));
            progress.epoch(new EpochMetrics(
                    1,
                    LOSSES,
                    new Evaluator.Result(90, 20.5, 18, 200),
                    null,
                    new HeldOutLoss(1, 0),
                    new Schedule.Values(1e-3, 1, 0),
                    null,
                    null,
                    2.5,
                    41_234.6));
            progress.warning("look out");
        }
    }

    @Test
    void aPipeGetsPlainRows() {
        oneEpoch(Output.of(outStream, errStream));
        assertEquals(ROWS, out.toString(StandardCharsets.UTF_8).lines().skip(1).toList());
        assertEquals("warning: look out\n", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aTerminalEndsWithTheSameRows() {
        oneEpoch(Output.ofTerminal(outStream, errStream));
        String text = out.toString(StandardCharsets.UTF_8);
        String[] lines = text.split("\n");
        assertEquals(ROWS.get(0), lines[1]);
        // What comes after the last erasure of the line is what stays.
        String last = lines[2];
        assertEquals(ROWS.get(1), last.substring(last.lastIndexOf("\033[K") + 3));
        assertTrue(ROWS.stream().allMatch(row -> row.length() < 80));
    }

    @Test
    void aJsonObjectIsLeftAlone() {
        oneEpoch(Output.of(outStream, errStream).with(true, false));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void quietIsQuietButForWarnings() {
        oneEpoch(Output.of(outStream, errStream).with(false, true));
        assertEquals("", out.toString(StandardCharsets.UTF_8));
        assertEquals("warning: look out\n", err.toString(StandardCharsets.UTF_8));
    }
}
