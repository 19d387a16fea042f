package io.jcuvae.data;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;

/** The order of the samples in an epoch. */
public final class Permutation {
    private Permutation() {}

    /**
     * A permutation of 0 .. count - 1 by Fisher and Yates' shuffle.
     *
     * <p>Step k = 0, 1, ... takes the k-th 32-bit value x of {@code Stream.SHUFFLE} with the epoch as counter word and
     * swaps place i = count - 1 - k with place floor(x (i + 1) / 2^32); each place is off its fair share by less than
     * (i + 1) / 2^32.
     *
     * @param count the number of samples
     * @param seed the run's seed
     * @param epoch the epoch, 1-based
     */
    public static int[] of(int count, long seed, int epoch) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        int[] bits = new int[count];
        Philox.fillBits(bits, 0, count, Stream.SHUFFLE.key(seed), epoch, 0);
        for (int i = count - 1; i > 0; i--) {
            int j = (int) ((bits[count - 1 - i] & 0xFFFFFFFFL) * (i + 1L) >>> 32);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }
}
