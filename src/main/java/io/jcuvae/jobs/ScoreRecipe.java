package io.jcuvae.jobs;

import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;

/**
 * How a row is scored.
 *
 * @param kind what the score is
 * @param draws of z for each row; 0 where none are drawn
 */
public record ScoreRecipe(ScoreKind kind, int draws) {
    /** The recipe with its kind's own number of draws. */
    public static ScoreRecipe of(ScoreKind kind) {
        return new ScoreRecipe(kind, kind.defaultDraws());
    }

    /**
     * Refuses what the model has no figures for.
     *
     * @throws UserError when it has no posterior to draw from, or no density
     */
    void requireOf(Model model) {
        if (kind != ScoreKind.RECONSTRUCTION && !model.spec().posterior().hasDivergence()) {
            throw new UserError("--by " + kind.label() + ": the model has no posterior to draw from (--posterior "
                    + model.spec().posterior().label() + "); score it --by reconstruction");
        }
        if (kind == ScoreKind.NLL && !model.config().likelihood().isDensity()) {
            throw new UserError("--by nll: the model's likelihood is "
                    + model.config().likelihood().label()
                    + ", which is not a density and has no log-likelihood; score it --by reconstruction or loss");
        }
    }

    /** What the score is of, as in {@code negative ELBO, 16 draws}. */
    @Override
    public String toString() {
        return switch (kind) {
            case RECONSTRUCTION -> "reconstruction term at the posterior's mean";
            case LOSS -> "negative ELBO, mean of " + draws + (draws == 1 ? " draw" : " draws");
            case NLL -> "importance-weighted NLL of " + draws + (draws == 1 ? " draw" : " draws");
        };
    }
}
