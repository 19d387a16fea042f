package io.jcuvae.vae;

/**
 * What a model is trained on, beside what its likelihood and posterior say.
 *
 * @param klTerm how the divergence counts
 * @param estimator what is minimised
 * @param draws K, codes of each sample; 1 with {@link Estimator#ELBO}
 */
public record Objective(KlTerm klTerm, Estimator estimator, int draws) {
    /** Reconstruction + beta KL. */
    public static final Objective PLAIN = new Objective(KlTerm.PLAIN);

    /** The ELBO with a KL term of some kind. */
    public Objective(KlTerm klTerm) {
        this(klTerm, Estimator.ELBO, 1);
    }

    /** Checks that the parts go together. */
    public Objective {
        if (draws < 1 || (draws > 1 && estimator == Estimator.ELBO)) {
            throw new IllegalArgumentException(estimator + " with " + draws + " draws");
        }
        if (estimator != Estimator.ELBO && !klTerm.equals(KlTerm.PLAIN)) {
            throw new IllegalArgumentException(estimator + " has no KL term that could be another");
        }
    }
}
