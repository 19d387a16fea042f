package io.jcuvae.data;

/** The marked rows of a reader, up to a limit. */
final class MarkedReader extends ChosenRows {
    private final boolean[] marks;
    private final long count;

    /**
     * Chooses rows.
     *
     * @param marks one for each row of the reader
     * @param limit the most rows passed on, 0 for all
     */
    MarkedReader(SampleReader reader, boolean[] marks, int limit) {
        this(reader, marks, marked(marks, limit));
    }

    private MarkedReader(SampleReader reader, boolean[] marks, long count) {
        super(reader, count);
        this.marks = marks;
        this.count = count;
    }

    private static long marked(boolean[] marks, int limit) {
        long marked = 0;
        for (boolean mark : marks) {
            marked += mark ? 1 : 0;
        }
        return limit == 0 ? marked : Math.min(limit, marked);
    }

    @Override
    public long count() {
        return count;
    }

    @Override
    void choose(boolean[] those, long first, int rows) {
        System.arraycopy(marks, (int) first, those, 0, rows);
    }

    /** None are read in vain but unmarked ones. */
    @Override
    long ask(int want, long first) {
        return Math.min(want, marks.length - first);
    }
}
