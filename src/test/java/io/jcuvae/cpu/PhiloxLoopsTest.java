package io.jcuvae.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.jcuvae.tensor.Philox;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PhiloxLoopsTest {
    /** Also where the subsequences begin anew, where a sequence is as long as no other, and from and to the middle of a block. */
    @Test
    void areTheValuesOfTheSequence() {
        long wrap = 4L << 16;
        long[] firsts = {0, 1, 3, 510, wrap - 7, wrap - 512, 5 * wrap - 2, (wrap << 32) - 9, 1L << 52};
        int[] counts = {1, 2, 5, 511, 512, 513, 2048};
        for (long key : new long[] {0, -1, 0x123456789ABCDEFL}) {
            for (long first : firsts) {
                for (int count : counts) {
                    float[] want = new float[count + 3];
                    Arrays.fill(want, -1);
                    float[] got = want.clone();
                    Philox.fillUniform(want, 2, count, key, 9, first);
                    new PhiloxLoops().fillUniform(got, 2, count, key, 9, first);
                    assertArrayEquals(want, got, () -> count + " values from " + first + " with key " + key);
                    Philox.fillNormal(want, 2, count, key, first);
                    new PhiloxLoops().fillNormal(got, 2, count, key, first);
                    assertArrayEquals(want, got, () -> count + " normals from " + first + " with key " + key);
                }
            }
        }
    }
}
