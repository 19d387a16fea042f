package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Dense;
import io.jcuvae.nn.Sequential;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A code z with another one, u, above it: log w = log p(x | z) + log p(z | u) + log p(u) - log q(z | x) - log q(u | z) (Burda et
 * al. 2016). z is drawn K times for each of B samples and u once for each z, R = B K rows. The divergence is that of the
 * draws, since there is no closed form.
 */
final class UpperLatent implements Latent, Weighed {
    private final Ops ops;
    private final Dense heads;
    /** [R, Z + U]: a row belongs to a draw, so that its noise depends on its number alone. */
    private final Tensor noise;

    private final Tensor codeNoise;
    private final Tensor upperNoise;
    private final Tensor z;
    private final Tensor dz;
    /** [R, Z]: what the layers above say of z. */
    private final Tensor dzAbove;

    private final Sequential encoder;
    private final Dense posterior;
    private final Tensor u;
    private final Tensor du;
    private final Sequential decoder;
    private final Dense prior;
    /** [R]: log p(u) - log q(u | z). */
    private final Tensor upperRatio;
    /** [R]: that and log p(z | u) - log q(z | x). */
    private final Tensor ratio;
    /** [R]: what ratio counts in the loss. */
    private final Tensor ratioWeights;

    private final Tensor kl;
    private final Tensor klWeights;

    /**
     * Binds the latent.
     *
     * @param input [B, ...]: what the encoder says of x
     * @param objective gives K, and whether rows are weighed
     */
    UpperLatent(Binding binding, VaeSpec spec, Tensor input, Tensor inputGradient, Objective objective) {
        ops = binding.ops();
        Upper upper = spec.upper();
        heads = GaussianLatent.heads(binding, "", input, inputGradient);
        Binding drawn = binding.withRows(Math.multiplyExact(binding.rows(), objective.draws()));
        Shape codes = Shape.of(drawn.rows(), spec.latents());
        Shape above = Shape.of(drawn.rows(), upper.latents());
        noise = tensor(binding, "noise", Shape.of(drawn.rows(), spec.latents() + upper.latents()));
        codeNoise = tensor(binding, "noise.z", codes);
        upperNoise = tensor(binding, "noise.u", above);
        z = tensor(binding, "z", codes);
        u = tensor(binding, "u", above);
        boolean training = binding.training();
        dz = training ? tensor(binding, "dz", codes) : null;
        dzAbove = training ? tensor(binding, "z.dout", codes) : null;
        du = training ? tensor(binding, "u.dout", above) : null;
        encoder = Sequential.bind(drawn, upper.encoder(), Upper.ENCODER, z, dzAbove);
        posterior = GaussianLatent.heads(drawn, Upper.POSTERIOR, encoder.output(), encoder.outputGradient());
        decoder = Sequential.bind(drawn, upper.decoder(), Upper.DECODER, u, du);
        prior = GaussianLatent.heads(drawn, Upper.PRIOR, decoder.output(), decoder.outputGradient());
        Shape rows = Shape.of(drawn.rows());
        upperRatio = tensor(binding, "log.ratio.u", rows);
        ratio = tensor(binding, "log.ratio", rows);
        kl = tensor(binding, "kl", Shape.of(binding.rows()));
        klWeights = tensor(binding, "kl.weights", Shape.of(binding.rows()));
        // Without importance weights there is one draw, and its ratio is the KL term.
        boolean elbo = objective.estimator() == Estimator.ELBO;
        ratioWeights = elbo ? klWeights : training ? tensor(binding, "log.ratio.weights", rows) : null;
    }

    private static Tensor tensor(Binding binding, String name, Shape shape) {
        return binding.arena().tensor(name, shape);
    }

    @Override
    public Tensor head() {
        return heads.output();
    }

    @Override
    public Tensor noise() {
        return noise;
    }

    @Override
    public Tensor z() {
        return z;
    }

    @Override
    public Tensor zGradient() {
        return dz;
    }

    /** [B]: that of the draws, their mean. */
    @Override
    public Tensor kl() {
        return kl;
    }

    @Override
    public Tensor klWeights() {
        return klWeights;
    }

    @Override
    public void posterior() {
        heads.forward();
    }

    @Override
    public void sample() {
        ops.splitColumns(codeNoise, upperNoise, noise);
        ops.drawGaussian(z, ratio, heads.output(), codeNoise);
        encoder.forward();
        posterior.forward();
        ops.drawGaussian(u, upperRatio, posterior.output(), upperNoise);
        decoder.forward();
        prior.forward();
        ops.conditionalPrior(ratio, upperRatio, z, prior.output());
        ops.meanDivergence(kl, ratio);
    }

    @Override
    public void center() {
        ops.fill(codeNoise, 0);
        ops.drawGaussian(z, ratio, heads.output(), codeNoise);
    }

    @Override
    public Tensor ratio() {
        return ratio;
    }

    /** From the prior: the noise to u, and by p(z | u) to z. */
    void descend() {
        ops.splitColumns(codeNoise, u, noise);
        decoder.forward();
        prior.forward();
        ops.reparameterize(z, prior.output(), codeNoise);
    }

    @Override
    public void bound(Tensor loss, Tensor reconstruction, Tensor weights, Tensor rows, Tensor scalars, float scale) {
        ops.importance(loss, reconstruction, weights, ratioWeights, null, rows, ratio, scalars, scale);
    }

    @Override
    public void backward() {
        ops.conditionalPriorBackward(dz, prior.outputGradient(), z, prior.output(), ratioWeights);
        prior.backward();
        decoder.backward();
        ops.drawGaussianBackward(posterior.outputGradient(), du, posterior.output(), upperNoise, u, ratioWeights, null);
        posterior.backward();
        encoder.backward();
        ops.add(dz, dzAbove);
        ops.drawGaussianBackward(heads.outputGradient(), dz, heads.output(), codeNoise, z, ratioWeights, null);
        heads.backward();
    }
}
