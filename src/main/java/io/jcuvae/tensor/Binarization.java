package io.jcuvae.tensor;

import java.util.Locale;

/** Whether and how grey values in [0, 1] become black or white: one with the value as probability. */
public enum Binarization {
    /** Values are used as they are. */
    NONE,
    /** Drawn once per sample and place, the same in every epoch. */
    STATIC,
    /** Drawn anew in every epoch (Burda et al. 2015). */
    DYNAMIC;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
