package io.jcuvae.data;

/** The rows of a reader that belong to a split of an undivided file, up to a limit. */
final class SelectedReader extends ChosenRows {
    private static final long MOST_COUNTED = 1 << 28;

    private final Split split;
    private final long limit;

    /**
     * Selects rows.
     *
     * @param split which of them; ALL passes every one
     * @param limit the most rows passed on, 0 for all
     */
    SelectedReader(SampleReader reader, Split split, int limit) {
        super(reader, limit == 0 ? Long.MAX_VALUE : limit);
        this.split = split;
        this.limit = limit == 0 ? Long.MAX_VALUE : limit;
    }

    @Override
    public long count() {
        long all = rowsBefore();
        // Beyond some hundred million rows counting the held-out ones would take longer than a caller expects.
        boolean known = all >= 0 && (split == Split.ALL || all <= MOST_COUNTED);
        return known ? Math.min(limit, split.countOf(all)) : -1;
    }

    @Override
    boolean all() {
        return split == Split.ALL;
    }

    @Override
    void choose(boolean[] those, long first, int count) {
        Split.heldOut(those, first, count);
        for (int i = 0; i < count; i++) {
            those[i] = those[i] == (split == Split.TEST);
        }
    }
}
