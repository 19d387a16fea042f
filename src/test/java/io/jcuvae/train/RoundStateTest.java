package io.jcuvae.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.jcuvae.nn.ParameterLayout;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The mean of states. */
class RoundStateTest {
    private static final ParameterLayout NONE = new ParameterLayout();

    private static RoundState state(float value) {
        return new RoundState(
                new float[] {value, -value},
                new float[] {value},
                new float[] {2 * value},
                new float[] {3 * value},
                new float[] {4 * value});
    }

    @Test
    void weightsByRows() {
        RoundState mean =
                RoundState.mean(state(9), Arrays.asList(state(1), null, state(2)), new long[] {1, 0, 3}, NONE);
        assertArrayEquals(new float[] {1.75f, -1.75f}, mean.values());
        assertArrayEquals(new float[] {1.75f}, mean.buffers());
        assertArrayEquals(new float[] {3.5f}, mean.firstMoments());
        assertArrayEquals(new float[] {5.25f}, mean.secondMoments());
        assertArrayEquals(new float[] {7}, mean.average());
    }

    @Test
    void oneAloneIsItselfForAnyNumberOfRows() {
        float[] odd = {1 / 3f, Float.MIN_VALUE, -Float.MAX_VALUE, 1 + Math.ulp(1f)};
        RoundState one = new RoundState(odd, new float[0], odd, odd, null);
        RoundState mean = RoundState.mean(one, Arrays.asList(null, one), new long[] {0, 1_234_567_891}, NONE);
        assertArrayEquals(odd, mean.values());
        assertArrayEquals(odd, mean.secondMoments());
        assertNull(mean.average());
    }

    @Test
    void eventsOfAllWorkersAreCounted() {
        ParameterLayout layout = new ParameterLayout();
        layout.counter("seen");
        // 2^20 - 1 before; 3 and 5 more make 2^20 + 7, and the worker without rows counts none.
        float[] before = {ParameterLayout.COUNTER_BASE - 1, 0};
        RoundState mean = RoundState.mean(
                buffers(before), Arrays.asList(buffers(2, 1), null, buffers(4, 1)), new long[] {10, 0, 30}, layout);
        assertArrayEquals(new float[] {7, 1}, mean.buffers());
    }

    private static RoundState buffers(float... values) {
        float[] none = {};
        return new RoundState(none, values, none, none, null);
    }

    @Test
    void sumsAreMadeInDoublePrecision() {
        // In single precision 1e8 + 1 is 1e8.
        List<RoundState> parts = List.of(buffers(3e8f), buffers(3), buffers(-3e8f));
        assertArrayEquals(
                new float[] {1},
                RoundState.mean(parts.get(0), parts, new long[] {7, 7, 7}, NONE).buffers(),
                1e-7f);
    }
}
