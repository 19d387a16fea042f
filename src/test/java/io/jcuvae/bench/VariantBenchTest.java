package io.jcuvae.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.train.Preset;
import io.jcuvae.train.TrainConfig;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every variant is measured, by name and without anybody adding it here; how long it takes is none of a test's business. */
class VariantBenchTest {
    private static Dataset noise(boolean labelled) {
        byte[] bytes = new byte[40 * 16];
        new Random(1).nextBytes(bytes);
        int[] labels = IntStream.range(0, 40).map(i -> i % 2).toArray();
        return labelled
                ? Dataset.ofBytes("noise", new SampleShape(4, 4), bytes, labels)
                : Dataset.ofBytes("noise", new SampleShape(4, 4), bytes, null);
    }

    private static JsonArray rows(boolean labelled) {
        try (CpuBackend backend = new CpuBackend(1)) {
            return new VariantBench(new VariantBench.Size(8, "6", 2, 2), noise(labelled)).rows(backend);
        }
    }

    @Test
    void everyVariantHasARow() {
        JsonArray rows = rows(true);
        assertEquals(VariantBench.presets().size(), rows.size());
        for (int i = 0; i < rows.size(); i++) {
            JsonObject row = rows.get(i).getAsJsonObject();
            String preset = row.get("preset").getAsString();
            assertFalse(row.has("why"), row.toString());
            assertEquals(TrainConfig.preset(preset).draws(), row.get("codes").getAsInt());
            assertTrue(row.get("ratio").getAsDouble() > 0, preset);
        }
        assertTrue(VariantBench.presets().contains("wae")
                && !VariantBench.presets().contains(Preset.MLP.label()));
        String table = VariantBench.table(rows);
        assertEquals(1 + rows.size(), table.lines().count());
        assertTrue(table.contains(" 1.5"), table);
    }

    /** What cannot be measured on these data says why, and the others are measured all the same. */
    @Test
    void aVariantThatNeedsLabelsSaysSo() {
        String table = VariantBench.table(rows(false));
        assertTrue(table.contains("cvae           not measured: "), table);
        assertFalse(table.contains("wae            not measured"), table);
    }
}
