package io.jcuvae.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a round costs beside its steps: the default preset on the built-in digits, a real master and two workers of one processor
 * each. {@code scripts/bench rounds} runs it and nothing else does, as it measures and asserts nothing about speed.
 */
@Tag("measurement")
class RoundCost {
    /** Rounds that are left out: executors read rows, bind the model and compile. */
    private static final int WARM_UP = 3;

    @TempDir
    Path folder;

    @Test
    void ofTheDefaultPreset() throws IOException, InterruptedException {
        System.out.println(
                "steps a round  rounds  a round, ms  its steps, ms  the rest, ms  share of steps  held-out loss");
        try (StandaloneSpark spark = new StandaloneSpark(folder.resolve("spark"), List.of())) {
            spark.cluster(2);
            for (int steps : new int[] {2, 10, 40}) {
                Path run = folder.resolve("run" + steps);
                String command = "train --data mnist-sample --epochs 5 --workers 2 --quiet --round-steps " + steps;
                Process submitted = spark.submit(SparkTraining.class, "k" + steps + ".log", folder, (Object[])
                        (command + " --out " + run).split(" "));
                assertEquals(0, StandaloneSpark.exit(submitted), spark.log("k" + steps + ".log"));
                print(steps, run);
            }
        }
    }

    private static void print(int steps, Path run) throws IOException {
        List<JsonObject> all = Files.readAllLines(run.resolve("rounds.jsonl")).stream()
                .map(line -> JsonParser.parseString(line).getAsJsonObject())
                .toList();
        List<JsonObject> rounds = all.subList(WARM_UP, all.size());
        double whole = median(rounds, round -> 1e3 * round.get("seconds").getAsDouble());
        double stepping =
                median(rounds, round -> 1e3 * round.get("step_seconds").getAsDouble());
        double rest = median(
                rounds,
                round -> 1e3
                        * (round.get("seconds").getAsDouble()
                                - round.get("step_seconds").getAsDouble()));
        System.out.printf(
                Locale.ROOT,
                "%13d  %6d  %11.1f  %13.1f  %12.1f  %14.2f  %13.2f%n",
                steps,
                rounds.size(),
                whole,
                stepping,
                rest,
                stepping / whole,
                all.get(all.size() - 1).get("held_out_loss").getAsDouble());
    }

    private static double median(List<JsonObject> rounds, ToDoubleFunction<JsonObject> of) {
        double[] sorted = rounds.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
