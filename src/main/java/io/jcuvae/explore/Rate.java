package io.jcuvae.explore;

import java.util.function.LongSupplier;

/** A bucket of tokens: so many a second, some more at once after a pause. */
final class Rate {
    private final double perSecond;
    private final double room;
    private final LongSupplier nanoseconds;
    private double tokens;
    private long before;

    /**
     * A full bucket.
     *
     * @param nanoseconds a clock
     */
    Rate(double perSecond, double room, LongSupplier nanoseconds) {
        this.perSecond = perSecond;
        this.room = room;
        this.nanoseconds = nanoseconds;
        tokens = room;
        before = nanoseconds.getAsLong();
    }

    /** Takes a token, if there is one. */
    synchronized boolean take() {
        long now = nanoseconds.getAsLong();
        tokens = Math.min(room, tokens + (now - before) / 1e9 * perSecond);
        before = now;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }
}
