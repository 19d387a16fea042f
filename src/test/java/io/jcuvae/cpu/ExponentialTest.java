package io.jcuvae.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ExponentialTest {
    /** A share of a sum relative to its largest term. */
    @Test
    void sharesAreRightToFiveTenMillionths() {
        float[] x = new float[Exponential.BLOCK];
        float[] e = new float[x.length];
        for (int from = 0; from < 100; from++) {
            for (int i = 0; i < x.length; i++) {
                x[i] = -(from + (float) i / x.length) * (from < 40 ? 0.25f : 10f);
                e[i] = x[i];
            }
            Exponential.ofNegative(e, e.length);
            for (int i = 0; i < x.length; i++) {
                assertEquals(Math.exp(x[i]), e[i], 5e-7, "exp(" + x[i] + ")");
                assertTrue(e[i] >= 0);
            }
        }
        float[] ends = {0, Float.NEGATIVE_INFINITY, Float.NaN};
        Exponential.ofNegative(ends, ends.length);
        assertEquals(1f, ends[0]);
        assertEquals(0, ends[1], 5e-7);
        assertTrue(Float.isNaN(ends[2]));
    }
}
