package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;

/**
 * Which rows of data a job is about.
 *
 * @param split null for what is usual
 * @param limit the first rows of it, 0 for all
 * @param first the first row of those, counted from 0
 * @param count how many, 0 for all that follow
 */
public record RowRange(Split split, int limit, long first, long count) {
    /** From the first on. */
    public static RowRange of(Split splitOrNull, int limit) {
        return new RowRange(splitOrNull, limit, 0, 0);
    }

    /**
     * Rows of the range in so many rows.
     *
     * @param all rows of the data, or -1 where it is not known
     * @return how many, or -1
     * @throws UserError if there is none
     */
    long within(long all, DataSource source) {
        if (all < 0) {
            return -1;
        }
        if (first >= all) {
            throw new UserError("--first: " + source.name() + " has " + all + " rows, numbered from 0; got " + first);
        }
        return count == 0 ? all - first : Math.min(count, all - first);
    }

    /** The row after the last, of those that there are; {@link Long#MAX_VALUE} where all are meant. */
    long end() {
        return count == 0 || count > Long.MAX_VALUE - first ? Long.MAX_VALUE : first + count;
    }
}
