package io.jcuvae.jobs;

import java.util.Arrays;

/** Scores in memory, four bytes each. */
final class Scores {
    private float[] values = new float[1024];
    private int count;

    void add(float[] some, int number) {
        if (count + number > values.length) {
            values = Arrays.copyOf(values, Math.max(count + number, Math.addExact(values.length, values.length / 2)));
        }
        System.arraycopy(some, 0, values, count, number);
        count += number;
    }

    int count() {
        return count;
    }

    /** As many as were added. */
    float[] copy() {
        return Arrays.copyOf(values, count);
    }
}
