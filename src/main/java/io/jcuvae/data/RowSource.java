package io.jcuvae.data;

import java.util.function.Supplier;

/** Rows that can be read as often as needed. */
interface RowSource {
    /**
     * Opens the rows from the first.
     *
     * @param keepLabels whether labels will be asked for
     */
    Open open(boolean keepLabels);

    /**
     * Rows being read.
     *
     * @param labels gives one label per row, or null where there are none; complete up to the last row read, and asked
     *     for after it
     */
    record Open(SampleReader reader, Supplier<int[]> labels) {}
}
