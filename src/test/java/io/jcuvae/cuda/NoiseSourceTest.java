package io.jcuvae.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Setting;
import org.junit.jupiter.api.Test;

/** The table of settings cannot name this package, so the two agree by this test. */
class NoiseSourceTest {
    @Test
    void everySourceIsASetting() {
        for (NoiseSource source : NoiseSource.values()) {
            assertEquals(source.label(), Setting.NOISE.parse(source.label(), "--noise"));
        }
        UserError error = assertThrows(UserError.class, () -> Setting.NOISE.parse("dice", "--noise"));
        assertEquals("--noise: must be one of curand|philox, got 'dice'", error.getMessage());
        assertEquals(2, NoiseSource.values().length);
    }
}
