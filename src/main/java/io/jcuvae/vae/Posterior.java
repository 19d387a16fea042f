package io.jcuvae.vae;

import java.util.Locale;

/** What the encoder says about the latent code of a sample. */
public enum Posterior {
    /** A diagonal Gaussian, from which z is drawn: heads for mu and logvar. */
    GAUSSIAN,
    /** One point, as in a plain autoencoder: no noise, no divergence, and no prior that the codes would follow. */
    NONE,
    /** One of finitely many codes, the vectors of a {@link Codebook}: no noise, and a divergence that is the same for all. */
    VQ;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it has a divergence from a prior that is trained on, so that reconstruction and divergence make an ELBO. */
    public boolean hasDivergence() {
        return this == GAUSSIAN;
    }

    /** Values that the heads make of one sample: 2Z, or Z where there is no variance. */
    public int headWidth(int latents) {
        return this == GAUSSIAN ? Math.multiplyExact(2, latents) : latents;
    }
}
