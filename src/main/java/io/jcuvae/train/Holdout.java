package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Training rows that are held out to compare epochs by, so that the test rows only report.
 *
 * @param part below 1 a share of the rows, else a number of them; 0 for none
 * @param last whether they are the last rows, else they are drawn
 */
public record Holdout(double part, boolean last) {
    private static final String LAST = "last:";

    /**
     * The two parts of a training set.
     *
     * @param training rows to train on
     * @param validation rows held out, or null
     */
    record Parts(Dataset training, Dataset validation) {}

    /** Reads {@code 0.1} or {@code 500}, also with {@code last:} before it. */
    static Holdout parse(String text) {
        boolean last = text.startsWith(LAST);
        try {
            double part = Double.parseDouble(last ? text.substring(LAST.length()) : text);
            if (part >= 0 && part <= Integer.MAX_VALUE && (part < 1 || part == Math.rint(part))) {
                return new Holdout(part, last);
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException(
                "must be a share from 0 to below 1, as in 0.1, or a number of rows, as in 500; last:500 for the last ones");
    }

    /** Whether no training rows are held out. */
    boolean none() {
        return part == 0;
    }

    /** How many of that many rows. */
    int rows(int count) {
        return part == 0 ? 0 : part < 1 ? Math.max(1, (int) Math.round(part * count)) : (int) part;
    }

    /**
     * Divides the rows: row r has value r of {@code Stream.SPLIT}, with 1 as counter word so that these are not the values that
     * divide a file, and the rows with the smallest ones are held out; or the last rows. Both parts keep the order of the rows.
     *
     * @throws UserError where nothing would be left to train on
     */
    Parts divide(Dataset data, long seed) {
        int count = data.count();
        int held = rows(count);
        if (held == 0) {
            return new Parts(data, null);
        }
        if (held >= count) {
            throw new UserError("--validation: " + this + " would hold out " + held + " of " + count
                    + " training rows; leave some to train on");
        }
        if (last) {
            int kept = count - held;
            return new Parts(
                    data.select(IntStream.range(0, kept).toArray()),
                    data.select(IntStream.range(kept, count).toArray()));
        }
        float[] draws = new float[count];
        Philox.fillUniform(draws, 0, count, Stream.SPLIT.key(seed), 1, 0);
        long[] ranked = new long[count];
        // Draws are positive, so that their bits are in their order; equal ones go by row.
        Arrays.setAll(ranked, r -> (long) Float.floatToIntBits(draws[r]) << Integer.SIZE | r);
        Arrays.sort(ranked);
        boolean[] out = new boolean[count];
        for (int i = 0; i < held; i++) {
            out[(int) ranked[i]] = true;
        }
        return new Parts(
                data.select(IntStream.range(0, count).filter(r -> !out[r]).toArray()),
                data.select(IntStream.range(0, count).filter(r -> out[r]).toArray()));
    }

    /** As one would type it. */
    @Override
    public String toString() {
        String number = part == Math.rint(part) ? Long.toString((long) part) : Double.toString(part);
        return last ? LAST + number : number;
    }
}
