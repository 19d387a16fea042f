package io.jcuvae.train;

import java.util.Locale;

/** The held-out figure by which epochs are compared; lower is better. */
public enum Metric {
    /** What training aims at with the final weight of the KL term, see {@link HeldOutLoss}. */
    LOSS,
    /** The negative evidence lower bound: reconstruction + KL, whatever beta. */
    ELBO,
    /** The reconstruction term alone. */
    RECONSTRUCTION;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The figure. */
    double of(Evaluator.Result result, HeldOutLoss loss) {
        return switch (this) {
            case LOSS -> loss.of(result);
            case ELBO -> result.loss(1);
            case RECONSTRUCTION -> result.reconstruction();
        };
    }
}
