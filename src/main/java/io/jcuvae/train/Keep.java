package io.jcuvae.train;

import java.util.StringJoiner;

/**
 * Which checkpoints a run folder keeps. The last one always, as a run could not go on without it.
 *
 * @param best also that of the epoch with the best held-out figure
 * @param recent also those of this many epochs, the newest
 */
public record Keep(boolean best, int recent) {
    /** Reads {@code last}, {@code best,last}, or with a number, {@code best,3}. */
    static Keep parse(String text) {
        boolean best = false;
        int recent = 0;
        for (String part : text.split(",", -1)) {
            String word = part.strip();
            if (word.equals("best") && !best) {
                best = true;
            } else if (word.matches("[1-9]\\d{0,5}") && recent == 0) {
                recent = Integer.parseInt(word);
            } else if (!word.equals("last")) {
                throw new IllegalArgumentException(
                        "must be last, best,last, or a number of epochs, as in 3 or best,3; the last checkpoint is kept always");
            }
        }
        return new Keep(best, recent);
    }

    /** As one would type it. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(",");
        if (best) {
            text.add("best");
        }
        return text.add(recent > 0 ? Integer.toString(recent) : "last").toString();
    }
}
