package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cropping and resizing against closed forms. */
final class PictureResizingTest {
    private static int[] resized(int[] pixels, int height, int width, int toHeight, int toWidth) throws PictureFault {
        byte[] out = new byte[toHeight * toWidth];
        byte[] png = TestPictures.pngOf(width, height, 8, 0, pixels);
        new PictureDecoder(toHeight, toWidth, 1, PictureDecoder.room()).decode(PictureHeader.of(png), out, 0);
        int[] values = new int[out.length];
        Arrays.setAll(values, i -> out[i] & 0xFF);
        return values;
    }

    private static int[] line(int... values) {
        return values;
    }

    @Test
    void halvingIsTheMeanOfFour() throws PictureFault {
        int[] pixels = {0, 10, 20, 30, 40, 50, 60, 70, 1, 2, 3, 4, 5, 6, 7, 9};
        assertArrayEquals(line(25, 45, 4, 6), resized(pixels, 4, 4, 2, 2));
    }

    @Test
    void partsOfPixelsCountByTheirPart() throws PictureFault {
        // 3 to 2: (a + b / 2) / 1.5 and (b / 2 + c) / 1.5, along both axes.
        int[] column = {30, 60, 90, 30, 60, 90, 30, 60, 90};
        assertArrayEquals(line(40, 80, 40, 80), resized(column, 3, 3, 2, 2));
        assertArrayEquals(line(60), resized(column, 3, 3, 1, 1));
        AxisWeights weights = AxisWeights.of(5, 3);
        assertArrayEquals(new int[] {0, 1, 3}, weights.first());
        assertArrayEquals(new float[] {0.6f, 0.4f}, weights.weights()[0], 1e-7f);
        assertArrayEquals(new float[] {0.2f, 0.6f, 0.2f}, weights.weights()[1], 1e-7f);
    }

    @Test
    void aFinePatternBecomesGreyAndNoCoarseOne() throws PictureFault {
        int[] board = new int[30 * 30];
        Arrays.setAll(board, i -> (i % 30 + i / 30) % 2 * 254);
        for (int value : resized(board, 30, 30, 10, 10)) {
            // Nine fields, four or five of them white.
            assertTrue(value == 113 || value == 141, "" + value);
        }
        for (int value : resized(board, 30, 30, 15, 15)) {
            assertEquals(127, value);
        }
    }

    @Test
    void enlargingIsLinearBetweenCentres() throws PictureFault {
        // Two pixels to four: centres at -0.25, 0.25, 0.75, 1.25 of the source.
        assertArrayEquals(line(0, 25, 75, 100, 0, 25, 75, 100), resized(line(0, 100), 1, 2, 2, 4));
        assertArrayEquals(line(7, 7, 7, 7), resized(line(7), 1, 1, 2, 2));
    }

    @ParameterizedTest
    @CsvSource({"1,1", "2,1", "7,3", "3,7", "100,64", "64,100", "1000,1", "1,50", "33,32", "2048,2047"})
    void weightsAddUpToOneAndStayInside(int from, int to) {
        AxisWeights axis = AxisWeights.of(from, to);
        double used = 0;
        for (int o = 0; o < to; o++) {
            double sum = 0;
            for (float weight : axis.weights()[o]) {
                assertTrue(weight >= 0);
                sum += weight;
            }
            used += sum;
            assertEquals(1, sum, 1e-5);
            assertTrue(axis.first()[o] >= 0 && axis.end(o) <= from);
            assertTrue(o == 0 || (axis.first()[o] >= axis.first()[o - 1] && axis.end(o) >= axis.end(o - 1)));
        }
        assertEquals(to, used, 1e-3);
        assertEquals(from, axis.end(to - 1));
    }

    @ParameterizedTest
    @CsvSource({"5,9,3,4", "9,5,4,3", "40,30,7,7", "3,3,8,5", "1,60,2,2"})
    void oneColourStaysThatColour(int height, int width, int toHeight, int toWidth) throws PictureFault {
        byte[] png = TestPictures.png(height, width, 0x0180FF);
        byte[] out = new byte[toHeight * toWidth * 3];
        new PictureDecoder(toHeight, toWidth, 3, PictureDecoder.room()).decode(PictureHeader.of(png), out, 0);
        for (int i = 0; i < out.length; i++) {
            assertEquals(new int[] {1, 128, 255}[i % 3], out[i] & 0xFF);
        }
    }

    @Test
    void theMiddleIsKept() throws PictureFault {
        // 2 high, 6 wide to a square: columns 2 and 3.
        int[] wide = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16};
        assertArrayEquals(line(3, 4, 13, 14), resized(wide, 2, 6, 2, 2));
        // The same standing.
        assertArrayEquals(line(5, 6, 11, 12), resized(wide, 6, 2, 2, 2));
        // An odd rest lies at the end.
        assertArrayEquals(line(2, 3), resized(line(1, 2, 3, 4, 5), 1, 5, 1, 2));
        // To a proportion of 1 : 3: one line of two, the upper.
        assertArrayEquals(line(1, 2, 3), resized(line(1, 2, 3, 4, 5, 6), 2, 3, 1, 3));
    }
}
