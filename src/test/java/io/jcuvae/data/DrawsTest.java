package io.jcuvae.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Permutations and binarization: what is drawn per epoch. */
final class DrawsTest {
    @Test
    void permutationsArePermutations() {
        for (int count : new int[] {0, 1, 2, 3, 100, 4097}) {
            int[] order = Permutation.of(count, 3, 1);
            int[] sorted = order.clone();
            Arrays.sort(sorted);
            for (int i = 0; i < count; i++) {
                assertEquals(i, sorted[i]);
            }
            assertArrayEquals(order, Permutation.of(count, 3, 1));
        }
        assertFalse(Arrays.equals(Permutation.of(100, 3, 1), Permutation.of(100, 3, 2)));
        assertFalse(Arrays.equals(Permutation.of(100, 3, 1), Permutation.of(100, 4, 1)));
    }

    @Test
    void everyOrderOfThreeIsAsLikely() {
        int[] counts = new int[9];
        int draws = 60_000;
        for (int epoch = 1; epoch <= draws; epoch++) {
            int[] order = Permutation.of(3, 7, epoch);
            counts[3 * order[0] + order[1]]++;
        }
        for (int first = 0; first < 3; first++) {
            for (int second = 0; second < 3; second++) {
                // Five standard deviations of a binomial of 60,000 draws at 1/6.
                assertEquals(first == second ? 0 : draws / 6.0, counts[3 * first + second], 460);
            }
        }
    }

    @Test
    void aPixelIsOnIfItsUniformIsBelowItsValue() {
        long key = Stream.BINARIZATION.key(5);
        float[] values = Samples.random(3 * 10, 1);
        values[10] = 0;
        values[11] = 1;
        float[] rows = values.clone();
        float[] uniforms = new float[10];
        Binarization.draw(rows, 10, 1, 77, 10, key, 4);
        Philox.fillUniform(uniforms, 0, 10, key, 4, 770);
        for (int i = 0; i < 30; i++) {
            boolean inside = i >= 10 && i < 20;
            assertEquals(inside ? (uniforms[i - 10] < values[i] ? 1 : 0) : values[i], rows[i]);
        }
        assertEquals(0, rows[10]);
        assertEquals(1, rows[11]);
    }

    @Test
    void onRateFollowsTheGreyLevel() {
        float[] row = new float[100_000];
        Arrays.fill(row, 0.3f);
        Binarization.draw(row, 0, 1, 0, row.length, Stream.BINARIZATION.key(0), 1);
        double on = 0;
        for (float value : row) {
            on += value;
        }
        assertEquals(0.3, on / row.length, 0.008);
    }
}
