package io.jcuvae.data;

import io.jcuvae.tensor.UserError;
import java.util.Arrays;
import java.util.function.IntFunction;

/** Reading all rows of a source into memory, by arrays that grow as the data arrives. */
final class RowLoading {
    private static final int BLOCK_VALUES = 1 << 18;

    private RowLoading() {}

    /**
     * Loads the rows of a split.
     *
     * @param split the part of an undivided source; ALL for every row
     * @param limit the most rows, 0 for all
     */
    static Dataset load(String name, RowSource source, Split split, int limit) {
        RowSource.Open open = source.open(true);
        try (SampleReader rows = new SelectedReader(open.reader(), split, limit)) {
            return load(name, rows, split, count -> select(open.labels().get(), split, count));
        }
    }

    /**
     * Loads what a reader has.
     *
     * @param split that its rows are of, for errors
     * @param labels of so many rows, asked for when these are read
     */
    static Dataset load(String name, SampleReader rows, Split split, IntFunction<int[]> labels) {
        SampleShape shape = rows.shape();
        if (rows.bytes()) {
            byte[] values = readBytes(name, rows);
            requireRows(name, values.length, split);
            return Dataset.ofBytes(name, shape, values, labels.apply(values.length / shape.width()));
        }
        float[] values = readFloats(name, rows);
        requireRows(name, values.length, split);
        return Dataset.ofFloats(name, shape, values, labels.apply(values.length / shape.width()));
    }

    private static void requireRows(String name, int values, Split split) {
        if (values == 0) {
            throw noRows(name, split);
        }
    }

    /** A source that has no rows for a split. */
    static UserError noRows(String name, Split split) {
        return new UserError(name + ": has no rows"
                + (split == Split.ALL ? "" : " for split " + split + " (a single file needs two to be divided)")
                + "; at least one is needed");
    }

    /** The labels of a split out of those of all rows, or null without. */
    static int[] labels(int[] all, Split split, int limit) {
        if (all == null) {
            return null;
        }
        long count = split.countOf(all.length);
        return select(all, split, (int) (limit == 0 ? count : Math.min(count, limit)));
    }

    private static int[] select(int[] labels, Split split, int count) {
        if (labels == null || split == Split.ALL) {
            return labels == null ? null : Arrays.copyOf(labels, count);
        }
        boolean[] heldOut = new boolean[labels.length];
        Split.heldOut(heldOut, 0, labels.length);
        int[] selected = new int[count];
        int done = 0;
        for (int i = 0; i < labels.length && done < count; i++) {
            if (heldOut[i] == (split == Split.TEST)) {
                selected[done++] = labels[i];
            }
        }
        return selected;
    }

    private static byte[] readBytes(String name, SampleReader rows) {
        int width = rows.shape().width();
        long promised = promised(name, rows, width, 1);
        int blockRows = Math.max(1, BLOCK_VALUES / width);
        byte[] block = new byte[blockRows * width];
        byte[] values = new byte[0];
        int filled = 0;
        for (int got = rows.readBytes(block, blockRows); got > 0; got = rows.readBytes(block, blockRows)) {
            int more = got * width;
            if (filled + (long) more > values.length) {
                int length = Heap.grown(name, values.length, filled + (long) more, promised, 1);
                values = Heap.resized(name, values, length);
            }
            System.arraycopy(block, 0, values, filled, more);
            filled += more;
        }
        return filled == values.length ? values : Heap.resized(name, values, filled);
    }

    private static float[] readFloats(String name, SampleReader rows) {
        int width = rows.shape().width();
        long promised = promised(name, rows, width, Float.BYTES);
        int blockRows = Math.max(1, BLOCK_VALUES / width);
        float[] block = new float[blockRows * width];
        float[] values = new float[0];
        int filled = 0;
        for (int got = rows.read(block, blockRows); got > 0; got = rows.read(block, blockRows)) {
            int more = got * width;
            if (filled + (long) more > values.length) {
                int length = Heap.grown(name, values.length, filled + (long) more, promised, Float.BYTES);
                values = Heap.resized(name, values, length);
            }
            System.arraycopy(block, 0, values, filled, more);
            filled += more;
        }
        return filled == values.length ? values : Heap.resized(name, values, filled);
    }

    /** The values to come, or -1 where unknown; refused at once where they can never fit. */
    private static long promised(String name, SampleReader rows, int width, int valueBytes) {
        long count = rows.count();
        if (count < 0) {
            return -1;
        }
        return Heap.check(name, count > Long.MAX_VALUE / width ? Long.MAX_VALUE : count * width, valueBytes);
    }
}
