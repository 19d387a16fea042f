package io.jcuvae.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PixelLoopsTest {
    private final PixelLoops loops = new PixelLoops();

    private int pixel(float logit) {
        byte[] pixel = new byte[3];
        assertEquals(0, loops.ofLogits(pixel, 1, new float[] {9, logit, 9}, 1, 1));
        return pixel[1] & 0xFF;
    }

    @Test
    void logitsFarOutAreBlackAndWhite() {
        for (float x : new float[] {6.5f, 7, 1e10f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
            assertEquals(255, pixel(x));
            assertEquals(0, pixel(-x));
        }
        for (float x : new float[] {0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE}) {
            assertEquals(128, pixel(x), "127.5 is rounded up");
        }
    }

    /** The nearest pixel, or either of two where 255 sigmoid(x) is within 4e-5 of the half between them. */
    @Test
    void pixelsAreTheNearest() {
        int count = 1_300_001;
        float[] logits = new float[count];
        for (int i = 0; i < count; i++) {
            logits[i] = (i - count / 2) * 1e-5f;
        }
        byte[] pixels = new byte[count];
        assertEquals(0, loops.ofLogits(pixels, 0, logits, 0, count));
        for (int i = 0; i < count; i++) {
            double exact = 255 / (1 + StrictMath.exp(-logits[i]));
            assertEquals(exact, pixels[i] & 0xFF, 0.5 + 4e-5, "pixel of " + logits[i]);
        }
    }

    @Test
    void whatIsNoNumberIsFound() {
        for (int length : new int[] {1, 511, 512, 513, 1500}) {
            for (int place : new int[] {0, length / 2, length - 1}) {
                float[] logits = new float[length];
                assertEquals(0, loops.ofLogits(new byte[length], 0, logits, 0, length));
                logits[place] = Float.intBitsToFloat(0xFF800001);
                assertTrue(Float.isNaN(loops.ofLogits(new byte[length], 0, logits, 0, length)));
            }
        }
    }
}
