package io.jcuvae.vae;

import java.util.Locale;

/** How the training loss adds up over the rows of a batch. What is reported is per sample in either case. */
public enum Reduction {
    /** Divided by the rows, so that a gradient does not grow with the batch. */
    MEAN,
    /** Plain sum. */
    SUM;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Weight of a row in a batch of that many. */
    public float weight(int rows) {
        return this == MEAN ? 1f / rows : 1f;
    }
}
