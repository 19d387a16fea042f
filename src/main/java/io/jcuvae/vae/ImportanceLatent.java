package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Dense;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A Gaussian posterior of which K codes are drawn for each sample while training, and whose divergence is that of the draws:
 * what importance weights are made of. R = B K rows; those of a sample lie side by side.
 */
final class ImportanceLatent implements Latent, Weighed {
    private final Ops ops;
    private final Dense heads;
    /** Null for the standard normal. */
    private final LearnedPrior prior;

    private final Tensor head;
    private final Tensor dhead;
    private final Tensor noise;
    private final Tensor z;
    private final Tensor dz;
    /** [R]: log p(z) - log q(z | x). */
    private final Tensor ratio;

    private final Tensor ratioWeights;
    /** [R]: what each path counts beside its weight; null for plain gradients. */
    private final Tensor factors;

    private final Tensor kl;
    private final Tensor klWeights;

    /**
     * Binds it.
     *
     * @param heads of the samples, and below them those of pseudo-inputs where there are any
     * @param prior null for the standard normal
     */
    ImportanceLatent(
            Binding binding, int latents, Dense heads, LearnedPrior prior, int draws, boolean doublyReparameterised) {
        ops = binding.ops();
        this.heads = heads;
        this.prior = prior;
        head = heads.output().rows(0, binding.rows());
        dhead = binding.training() ? heads.outputGradient().rows(0, binding.rows()) : null;
        int rows = Math.multiplyExact(binding.rows(), draws);
        Shape shape = Shape.of(rows, latents);
        noise = binding.arena().tensor("noise", shape);
        z = binding.arena().tensor("z", shape);
        boolean training = binding.training();
        dz = training ? binding.arena().tensor("dz", shape) : null;
        ratio = binding.arena().tensor("log.ratio", Shape.of(rows));
        ratioWeights = training ? binding.arena().tensor("log.ratio.weights", Shape.of(rows)) : null;
        factors = doublyReparameterised ? binding.arena().tensor("path.factors", Shape.of(rows)) : null;
        kl = binding.arena().tensor("kl", Shape.of(binding.rows()));
        klWeights = binding.arena().tensor("kl.weights", Shape.of(binding.rows()));
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

    /** [B]: in closed form, or the mean over the draws under a learned prior, for the books; the bound is made of the draws'. */
    @Override
    public Tensor kl() {
        return kl;
    }

    @Override
    public Tensor klWeights() {
        return klWeights;
    }

    @Override
    public Tensor ratio() {
        return ratio;
    }

    @Override
    public void posterior() {
        heads.forward();
    }

    @Override
    public void sample() {
        ops.drawGaussian(z, ratio, head, noise);
        if (prior == null) {
            ops.gaussianKl(kl, head);
        } else {
            prior.logRatio(ratio, z, head, noise);
            ops.meanOfDraws(kl, ratio, -1);
        }
    }

    @Override
    public void center() {
        ops.fill(noise, 0);
        sample();
    }

    @Override
    public void bound(Tensor loss, Tensor reconstruction, Tensor weights, Tensor rows, Tensor scalars, float scale) {
        ops.importance(loss, reconstruction, weights, ratioWeights, factors, rows, ratio, scalars, scale);
    }

    @Override
    public void backward() {
        if (prior != null) {
            prior.backward(z, ratioWeights);
        }
        // Where the standard normal has z, another prior has its slope.
        Tensor slope = prior == null ? z : prior.slope();
        ops.drawGaussianBackward(dhead, dz, head, noise, slope, ratioWeights, factors);
        heads.backward();
    }
}
