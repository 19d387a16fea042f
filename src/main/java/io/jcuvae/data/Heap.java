package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.util.Arrays;

/** Large arrays, refused in the user's terms where the JVM has no room for them. */
final class Heap {
    /** Where growing arrays start, in elements; what a lying header can make us allocate in vain. */
    static final int FIRST_GROWTH = 1 << 22;

    private static final int LONGEST_ARRAY = Integer.MAX_VALUE - 8;

    private Heap() {}

    /** The length of the next larger array on the way to {@code promised} elements (negative: unknown). */
    static int grown(String file, int length, long needed, long promised, int elementBytes) {
        long doubled = Math.max(Math.max(FIRST_GROWTH, 2L * length), needed);
        long wanted = promised >= 0 ? Math.min(doubled, Math.max(promised, needed)) : Math.min(doubled, LONGEST_ARRAY);
        return check(file, Math.max(wanted, needed), elementBytes);
    }

    /** Refuses an array that cannot exist. */
    static int check(String file, long elements, int elementBytes) {
        if (elements > LONGEST_ARRAY) {
            throw new UserError(file + ": " + elements + " values are more than one array in memory can hold ("
                    + LONGEST_ARRAY + "); read fewer rows with a limit");
        }
        if (elements > Runtime.getRuntime().maxMemory() / elementBytes) {
            throw noRoom(file, elements * elementBytes);
        }
        return (int) elements;
    }

    /** A copy of another length. */
    static byte[] resized(String file, byte[] array, int length) {
        try {
            return Arrays.copyOf(array, length);
        } catch (OutOfMemoryError e) {
            // Only this one large allocation failed, so the JVM is still sound.
            throw noRoom(file, length);
        }
    }

    /** A copy of another length. */
    static float[] resized(String file, float[] array, int length) {
        try {
            return Arrays.copyOf(array, length);
        } catch (OutOfMemoryError e) {
            throw noRoom(file, 4L * length);
        }
    }

    private static UserError noRoom(String file, long bytes) {
        long mebibyte = 1 << 20;
        return new UserError(file + ": needs another " + (bytes / mebibyte + 1) + " MiB of memory, the JVM has "
                + Runtime.getRuntime().maxMemory() / mebibyte + " MiB for everything; read fewer rows with a limit, or"
                + " give it more with -Xmx");
    }
}
