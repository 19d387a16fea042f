package io.jcuvae.data;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.UserError;
import java.util.Locale;

/** How grey values become 0 or 1: each is taken as the probability of a 1 (Salakhutdinov and Murray 2008). */
public enum Binarization {
    /** Not at all. */
    NONE,
    /** Drawn once: a pixel has the same draw in every epoch. */
    STATIC,
    /** Drawn anew in every epoch. */
    DYNAMIC;

    /**
     * Reads a lower-case name.
     *
     * @throws UserError if it is none
     */
    public static Binarization parse(String text) {
        for (Binarization value : values()) {
            if (value.toString().equals(text)) {
                return value;
            }
        }
        throw new UserError("binarization " + Faults.quoted(text) + " is unknown; use none, static or dynamic");
    }

    /**
     * The epoch that {@link #apply} is to be given.
     *
     * @param epoch the epoch of training, 1-based
     * @return 0 for STATIC, the epoch itself for DYNAMIC
     */
    public int epochWord(int epoch) {
        return this == DYNAMIC ? epoch : 0;
    }

    /**
     * Makes one row black and white in place: value d becomes 1 if uniform n = sampleIndex * width + d is below it,
     * else 0.
     *
     * @param rows holds the row's width values in [0, 1] from {@code rowOffset}
     * @param sampleIndex the sample's row number in its split, so that order and batches do not matter
     * @param key {@code Stream.BINARIZATION.key(seed)}
     * @param epoch the counter word, from {@link #epochWord}
     */
    public static void apply(float[] rows, int rowOffset, long sampleIndex, int width, long key, int epoch) {
        float[] draws = new float[width];
        Philox.fillUniform(draws, 0, width, key, epoch, sampleIndex * width);
        for (int d = 0; d < width; d++) {
            rows[rowOffset + d] = draws[d] < rows[rowOffset + d] ? 1 : 0;
        }
    }

    /** The lower-case name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
