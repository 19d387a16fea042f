package io.jcuvae.jobs;

import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What the score of a row is; more is more unusual in each case. */
public enum ScoreKind {
    /** The reconstruction term at the posterior's mean: -log p(x | z = mu(x)). One encode and one decode, no noise. */
    RECONSTRUCTION(0),
    /** The negative ELBO, the reconstruction term averaged over several draws of z plus the divergence from the prior. */
    LOSS(16),
    /** The importance-weighted estimate of -log p(x). */
    NLL(100);

    private final int draws;

    ScoreKind(int draws) {
        this.draws = draws;
    }

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What a model's rows are scored by where nothing else is asked for: the loss, or what there is of it. */
    public static ScoreKind of(Model model) {
        return model.spec().posterior().hasDivergence() ? LOSS : RECONSTRUCTION;
    }

    /** Draws of z for each row where nothing else is asked for; 0 where none are drawn. */
    public int defaultDraws() {
        return draws;
    }

    /**
     * Reads a label.
     *
     * @throws UserError if it is none
     */
    public static ScoreKind parse(String text) {
        return Arrays.stream(values())
                .filter(kind -> kind.label().equals(text))
                .findFirst()
                .orElseThrow(() -> new UserError("--by: must be one of "
                        + Arrays.stream(values()).map(ScoreKind::label).collect(Collectors.joining("|")) + ", got '"
                        + text + "'"));
    }
}
