package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Pictures with their channels last and first are the same pictures. */
final class PictureLayoutTest {
    private static final SampleShape LAST = new SampleShape(2, 4, 3);
    private static final SampleShape FIRST = new SampleShape(3, 2, 4);

    @Test
    void channelsChangePlacesThereAndBack() {
        byte[] last = new byte[2 * 24];
        byte[] first = new byte[2 * 24];
        for (int r = 0; r < 2; r++) {
            for (int p = 0; p < 8; p++) {
                for (int c = 0; c < 3; c++) {
                    byte value = (byte) (100 * r + 10 * c + p);
                    last[24 * r + 3 * p + c] = value;
                    first[24 * r + 8 * c + p] = value;
                }
            }
        }
        byte[] found = new byte[2 * 24];
        SampleReader reader =
                PictureLayout.match(Dataset.ofBytes("x", LAST, last, null).open(), FIRST);
        assertEquals(FIRST, reader.shape());
        assertEquals(2, reader.readBytes(found, 5));
        assertArrayEquals(first, found);
        float[] floats = Samples.drain(
                PictureLayout.match(Dataset.ofBytes("x", FIRST, first, null).open(), LAST));
        for (int i = 0; i < floats.length; i++) {
            assertEquals((last[i] & 0xFF) / 255f, floats[i]);
        }
    }

    @Test
    void othersStayAsTheyAre() {
        SampleReader grey =
                Dataset.ofBytes("x", new SampleShape(2, 2), new byte[4], null).open();
        assertSame(grey, PictureLayout.match(grey, new SampleShape(2, 2)));
        assertSame(grey, PictureLayout.match(grey, new SampleShape(4)));
    }

    @Test
    void shapesThatMeanTheSamePictureAgree() {
        assertTrue(PictureLayout.agree(LAST, FIRST));
        assertTrue(PictureLayout.agree(LAST, new SampleShape(24)));
        assertTrue(PictureLayout.agree(new SampleShape(4, 4), new SampleShape(1, 4, 4)));
        assertFalse(PictureLayout.agree(LAST, new SampleShape(4, 6)));
        assertFalse(PictureLayout.agree(new SampleShape(4, 4), new SampleShape(2, 8)));
        assertFalse(PictureLayout.agree(LAST, new SampleShape(25)));
    }
}
