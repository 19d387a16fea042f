package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Dense;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A diagonal Gaussian posterior with a standard normal prior. The heads for mu and logvar lie side by side in the parameter
 * block, so that one matrix product makes both: a row of {@link #head()} is [mu(Z) | logvar(Z)].
 */
final class GaussianLatent implements Latent {
    private final Ops ops;
    private final Dense heads;
    /** [B, Z] of {@link #drawn}: what z is made with. */
    private final Tensor noise;

    private final Tensor drawn;
    private final Tensor z;
    private final Tensor dz;
    private final Tensor kl;
    private final Tensor klWeights;
    private final float floor;
    /** [B]: divergence with a floor under each latent; null without one. */
    private final Tensor flooredKl;

    private BatchTerm term;
    /** [Z]: which latents are above it. */
    private final Tensor active;

    /**
     * Binds the heads.
     *
     * @param further rows of noise that are drawn behind those of z, for others
     */
    GaussianLatent(Binding binding, int latents, Tensor input, Tensor inputGradient, KlTerm klTerm, int further) {
        ops = binding.ops();
        heads = heads(binding, "", input, inputGradient);
        Shape shape = Shape.of(binding.rows(), latents);
        drawn = binding.arena().tensor("noise", Shape.of(binding.rows() + further, latents));
        noise = further == 0 ? drawn : drawn.view(0, shape);
        z = binding.arena().tensor("z", shape);
        kl = binding.arena().tensor("kl", Shape.of(binding.rows()));
        klWeights = binding.arena().tensor("kl.weights", Shape.of(binding.rows()));
        floor = (float) klTerm.freeBits();
        flooredKl = floor > 0 ? binding.arena().tensor("kl.floored", Shape.of(binding.rows())) : null;
        active = floor > 0 ? binding.arena().tensor("kl.active", Shape.of(latents)) : null;
        dz = binding.training() ? binding.arena().tensor("dz", shape) : null;
    }

    /**
     * The heads for mu and logvar as one layer.
     *
     * @param prefix of the parameters' names
     */
    static Dense heads(Binding binding, String prefix, Tensor input, Tensor inputGradient) {
        return new Dense(
                binding,
                prefix + "head",
                joined(binding.values(), prefix, "weight"),
                joined(binding.values(), prefix, "bias"),
                binding.training() ? joined(binding.gradients(), prefix, "weight") : null,
                binding.training() ? joined(binding.gradients(), prefix, "bias") : null,
                Activation.IDENTITY,
                input,
                inputGradient);
    }

    private static Tensor joined(Parameters block, String prefix, String what) {
        return block.joined(prefix + "mu." + what, prefix + "logvar." + what);
    }

    static void declare(ParameterLayout layout, String prefix, int latents, Shape input) {
        int inputs = Math.toIntExact(input.count());
        layout.weight(prefix + "mu.weight", Shape.of(latents, inputs), inputs, latents);
        layout.weight(prefix + "logvar.weight", Shape.of(latents, inputs), inputs, latents);
        layout.bias(prefix + "mu.bias", Shape.of(latents), inputs);
        layout.bias(prefix + "logvar.bias", Shape.of(latents), inputs);
    }

    @Override
    public Tensor head() {
        return heads.output();
    }

    @Override
    public Tensor noise() {
        return drawn;
    }

    @Override
    public Tensor z() {
        return z;
    }

    @Override
    public Tensor zGradient() {
        return dz;
    }

    @Override
    public Tensor kl() {
        return kl;
    }

    @Override
    public Tensor klWeights() {
        return klWeights;
    }

    /** Takes a term of the batch into the backward pass. */
    void with(BatchTerm further) {
        term = further;
    }

    @Override
    public Tensor countedKl() {
        if (flooredKl == null) {
            return kl;
        }
        ops.freeBits(flooredKl, active, heads.output(), floor);
        return flooredKl;
    }

    @Override
    public void posterior() {
        heads.forward();
    }

    @Override
    public void sample() {
        ops.sampleGaussian(z, kl, heads.output(), noise);
    }

    @Override
    public void center() {
        ops.fill(noise, 0);
        ops.reparameterize(z, heads.output(), noise);
    }

    @Override
    public void backward() {
        if (active == null) {
            ops.sampleGaussianBackward(heads.outputGradient(), dz, heads.output(), noise, klWeights);
        } else {
            ops.sampleGaussianBackwardWeighted(heads.outputGradient(), dz, heads.output(), noise, klWeights, active);
        }
        if (term != null) {
            term.addTo(heads.outputGradient());
        }
        heads.backward();
    }
}
