package io.jcuvae.vae;

import java.util.Locale;

/** What training minimises, and how its gradient is estimated. */
public enum Estimator {
    /** Reconstruction + KL in closed form, of one draw. */
    ELBO,
    /** The importance-weighted bound of several draws (Burda et al. 2015). */
    IWAE,
    /** The same bound, with doubly reparameterised gradients for the encoder (Tucker et al. 2019). */
    DREG;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
