package io.jcuvae.vae;

import io.jcuvae.tensor.Tensor;

/** The latent code of a batch between encoder and decoder. B rows of samples; R rows of codes, several per sample or one. */
sealed interface Latent
        permits GaussianLatent, ImportanceLatent, PointLatent, QuantizedLatent, SampledLatent, UpperLatent {
    /** [B, 2Z] means, then log variances; [B, Z] codes where there is no variance. */
    Tensor head();

    /** [R, Z] or more rows: standard normal noise, filled before {@link #sample()}; null where none is drawn. */
    Tensor noise();

    /** [R, Z]: the codes. */
    Tensor z();

    /** [R, Z]: gradient of the codes; null without gradients. */
    Tensor zGradient();

    /** [B]: divergence from the prior, nats; zero where there is none. */
    Tensor kl();

    /** [B]: weight of each row's divergence in the objective. */
    Tensor klWeights();

    /** Computes what counts in the objective, [B]: the divergence, or what free bits make of it. */
    default Tensor countedKl() {
        return kl();
    }

    /** Computes the heads. */
    void posterior();

    /** Draws z and computes the divergence. */
    void sample();

    /** Makes z the code that stands for the sample: the mean. */
    void center();

    /** Turns the gradient of z and the KL weights into gradients of the heads and of the encoder's output. */
    void backward();
}
