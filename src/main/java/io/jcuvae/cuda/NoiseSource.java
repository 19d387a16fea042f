package io.jcuvae.cuda;

import java.util.Locale;

/** Who draws the noise on a device. Both follow the one sequence of {@link io.jcuvae.tensor.Philox}. */
public enum NoiseSource {
    /** cuRAND fills blocks for many steps ahead: the default. */
    CURAND,
    /** Our own kernel computes each value where it is used. */
    PHILOX;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
