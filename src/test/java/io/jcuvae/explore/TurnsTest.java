package io.jcuvae.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TurnsTest {
    private final List<String> told = new ArrayList<>();

    private boolean offer(Turns turns, String view, String name) {
        return turns.offer(view, () -> told.add("did " + name), () -> told.add("dropped " + name));
    }

    @Test
    void onlyTheNewestOfAViewIsDone() {
        Turns turns = new Turns(3);
        assertTrue(offer(turns, "a", "a1"));
        assertTrue(offer(turns, "b", "b1"));
        assertTrue(offer(turns, "a", "a2"));
        assertTrue(offer(turns, null, "x"));
        // Full, but the newest of a view takes the place of the one before.
        assertTrue(offer(turns, "a", "a3"));
        assertFalse(offer(turns, null, "y"));
        assertFalse(offer(turns, "c", "c1"));
        assertEquals(List.of("dropped a1", "dropped a2"), told);
        int[] asked = new int[1];
        turns.work(() -> asked[0]++ == 3);
        assertEquals(List.of("did b1", "did x", "did a3"), told.subList(2, 5));
        assertTrue(offer(turns, null, "z"));
        turns.close();
        assertFalse(offer(turns, null, "late"));
        assertEquals("dropped z", told.get(5));
        assertEquals(6, told.size());
    }

    @Test
    void aBucketFillsWithTime() {
        long[] now = {0};
        Rate rate = new Rate(2, 3, () -> now[0]);
        for (int i = 0; i < 3; i++) {
            assertTrue(rate.take());
        }
        assertFalse(rate.take());
        now[0] = 400_000_000L;
        assertFalse(rate.take());
        now[0] = 500_000_000L;
        assertTrue(rate.take());
        assertFalse(rate.take());
        now[0] = 100_000_000_000L;
        for (int i = 0; i < 3; i++) {
            assertTrue(rate.take());
        }
        assertFalse(rate.take());
    }
}
