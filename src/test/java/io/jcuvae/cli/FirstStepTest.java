package io.jcuvae.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonObject;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirstStepTest {
    /** What scripts/bench startup times: a step, and none of the measurements that take longer. */
    @Test
    void benchStopsAfterTheFirstStep() {
        JsonObject report = Call.done("bench", "--alone", "--first-step", "--limit", "256", "--threads", "1", "--json")
                .json();
        assertEquals(Set.of("device", "samples", "peak_rss_mib"), report.keySet());
        assertEquals(256, report.get("samples").getAsInt());
    }
}
