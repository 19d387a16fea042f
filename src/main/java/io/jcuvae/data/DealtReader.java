package io.jcuvae.data;

/** Every n-th row of a reader: rows dealt out in turn, of which one player's come through. */
final class DealtReader extends ChosenRows {
    private final int number;
    private final int of;

    /**
     * Passes on rows number, number + of, number + 2 of, ...
     *
     * @param number whose rows, from 0 to below {@code of}
     * @param of among how many they are dealt
     */
    DealtReader(SampleReader reader, int number, int of) {
        super(reader, Long.MAX_VALUE);
        this.number = number;
        this.of = of;
    }

    @Override
    public long count() {
        long all = rowsBefore();
        return all < 0 ? -1 : countOf(all, number, of);
    }

    /** How many of that many rows are a player's. */
    static long countOf(long all, int number, int of) {
        return (all - number + of - 1) / of;
    }

    @Override
    void choose(boolean[] those, long first, int count) {
        for (int i = 0; i < count; i++) {
            those[i] = (first + i) % of == number;
        }
    }

    @Override
    long ask(int want, long first) {
        return (long) want * of;
    }
}
