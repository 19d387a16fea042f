package io.jcuvae.vae;

/**
 * How the divergence from the prior counts in the loss that is trained on.
 *
 * @param freeBits floor under each latent's divergence, averaged over the batch, nats (Kingma et al. 2016); 0 for none
 * @param capacity whether the divergence is drawn to a capacity, {@code Scalars.CAPACITY}, instead of to zero (Burgess et al.
 *     2018)
 */
public record KlTerm(double freeBits, boolean capacity) {
    /** beta times the divergence. */
    public static final KlTerm PLAIN = new KlTerm(0, false);

    /** Checks the floor. */
    public KlTerm {
        if (!(freeBits >= 0) || Double.isInfinite(freeBits)) {
            throw new IllegalArgumentException("free bits must be a number from 0 on, got " + freeBits);
        }
    }
}
