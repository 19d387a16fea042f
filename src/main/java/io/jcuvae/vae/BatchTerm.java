package io.jcuvae.vae;

import io.jcuvae.tensor.Tensor;

/** A term of the loss that looks at the codes of a batch together. */
sealed interface BatchTerm permits TotalCorrelation, MaximumMeanDiscrepancy {
    /** [B]: the term without its weight; what a row has of it means nothing alone, the mean does. */
    Tensor values();

    /** Computes the term and adds it to the loss. */
    void forward(Tensor loss);

    /** Adds to the gradient of z what the decoder has not said. */
    void backward(Tensor dz);

    /** Adds to the gradient of the heads what does not come by z. */
    void addTo(Tensor headGradient);
}
