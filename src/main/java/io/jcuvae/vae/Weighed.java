package io.jcuvae.vae;

import io.jcuvae.tensor.Tensor;

/** A latent that makes importance weights of its draws. */
sealed interface Weighed permits ImportanceLatent, UpperLatent {
    /** [R]: log p(z) - log q(z | x) of the last draws, of all codes where there are several layers of them; nats. */
    Tensor ratio();

    /**
     * Makes the bound.
     *
     * @param loss [B]
     * @param reconstruction [B]
     * @param weights [R]: of the likelihood's rows
     * @param rows [R]: negative log-likelihood
     */
    void bound(Tensor loss, Tensor reconstruction, Tensor weights, Tensor rows, Tensor scalars, float scale);
}
