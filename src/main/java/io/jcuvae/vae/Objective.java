package io.jcuvae.vae;

/**
 * What a model is trained on, beside what its likelihood and posterior say.
 *
 * @param klTerm how the divergence counts
 * @param estimator what is minimised
 * @param draws K, codes of each sample; 1 with {@link Estimator#ELBO}
 * @param totalCorrelation weight of the total correlation beside the KL term, beta - 1 of beta-TC-VAE; 0 for none
 * @param samples N, of which a batch is taken: what the total correlation is estimated with
 * @param discrepancy weight of the maximum mean discrepancy between codes and prior; 0 for none
 */
public record Objective(
        KlTerm klTerm, Estimator estimator, int draws, double totalCorrelation, long samples, double discrepancy) {
    /** Reconstruction + beta KL. */
    public static final Objective PLAIN = new Objective(KlTerm.PLAIN);

    /** The ELBO with a KL term of some kind. */
    public Objective(KlTerm klTerm) {
        this(klTerm, Estimator.ELBO, 1);
    }

    /** Without further terms. */
    public Objective(KlTerm klTerm, Estimator estimator, int draws) {
        this(klTerm, estimator, draws, 0, 0);
    }

    /** The same for a set of that many samples. */
    public Objective over(long count) {
        return new Objective(klTerm, estimator, draws, totalCorrelation, count, discrepancy);
    }

    /** Without the discrepancy between codes and prior. */
    public Objective(KlTerm klTerm, Estimator estimator, int draws, double totalCorrelation, long samples) {
        this(klTerm, estimator, draws, totalCorrelation, samples, 0);
    }

    /** What the further term of the loss is called in the metrics, {@code tc} or {@code mmd}; null without one. */
    public String term() {
        return totalCorrelation > 0 ? "tc" : discrepancy > 0 ? "mmd" : null;
    }

    /** Checks that the parts go together. */
    public Objective {
        if (draws < 1 || (draws > 1 && estimator == Estimator.ELBO)) {
            throw new IllegalArgumentException(estimator + " with " + draws + " draws");
        }
        if (!(totalCorrelation >= 0) || (totalCorrelation > 0 && estimator != Estimator.ELBO)) {
            throw new IllegalArgumentException(estimator + " with total correlation " + totalCorrelation);
        }
        if (!(discrepancy >= 0) || (discrepancy > 0 && (estimator != Estimator.ELBO || totalCorrelation > 0))) {
            throw new IllegalArgumentException(
                    estimator + " with discrepancy " + discrepancy + " and total correlation " + totalCorrelation);
        }
        if (estimator != Estimator.ELBO && !klTerm.equals(KlTerm.PLAIN)) {
            throw new IllegalArgumentException(estimator + " has no KL term that could be another");
        }
    }
}
