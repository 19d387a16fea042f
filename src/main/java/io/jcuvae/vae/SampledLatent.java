package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Dense;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A diagonal Gaussian posterior under a prior that is learned. The divergence has no closed form; log q(z | x) - log p(z) of
 * the one code that is drawn stands for it, whose expectation it is.
 */
final class SampledLatent implements Latent {
    private final Ops ops;
    private final Dense heads;
    private final LearnedPrior prior;
    private final Tensor head;
    private final Tensor dhead;
    private final Tensor noise;
    private final Tensor z;
    private final Tensor dz;
    /** [B]: log p(z) - log q(z | x). */
    private final Tensor ratio;

    private final Tensor kl;
    private final Tensor klWeights;

    /**
     * Binds it.
     *
     * @param heads of the samples, and below them those of pseudo-inputs where there are any
     */
    SampledLatent(Binding binding, int latents, Dense heads, LearnedPrior prior) {
        ops = binding.ops();
        this.heads = heads;
        this.prior = prior;
        int rows = binding.rows();
        head = heads.output().rows(0, rows);
        dhead = binding.training() ? heads.outputGradient().rows(0, rows) : null;
        Shape shape = Shape.of(rows, latents);
        noise = binding.arena().tensor("noise", shape);
        z = binding.arena().tensor("z", shape);
        dz = binding.training() ? binding.arena().tensor("dz", shape) : null;
        ratio = binding.arena().tensor("log.ratio", Shape.of(rows));
        kl = binding.arena().tensor("kl", Shape.of(rows));
        klWeights = binding.arena().tensor("kl.weights", Shape.of(rows));
    }

    @Override
    public Tensor head() {
        return head;
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

    /** [B]: of the draw. */
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
        ops.reparameterize(z, head, noise);
        prior.logRatio(ratio, z, head, noise);
        ops.meanOfDraws(kl, ratio, -1);
    }

    @Override
    public void center() {
        ops.fill(noise, 0);
        ops.reparameterize(z, head, noise);
    }

    @Override
    public void backward() {
        prior.backward(z, klWeights);
        ops.drawGaussianBackward(dhead, dz, head, noise, prior.slope(), klWeights, null);
        heads.backward();
    }
}
