package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Dense;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** One code per sample and nothing else: what the head says is z, so that sampling costs nothing. */
final class PointLatent implements Latent {
    private final Dense head;
    /** [B]: zero for good. */
    private final Tensor kl;

    private final Tensor klWeights;

    PointLatent(Binding binding, Tensor input, Tensor inputGradient) {
        head = new Dense(
                binding,
                "head",
                binding.values().get("mu.weight"),
                binding.values().get("mu.bias"),
                binding.training() ? binding.gradients().get("mu.weight") : null,
                binding.training() ? binding.gradients().get("mu.bias") : null,
                Activation.IDENTITY,
                input,
                inputGradient);
        kl = binding.arena().tensor("kl", Shape.of(binding.rows()));
        klWeights = binding.arena().tensor("kl.weights", Shape.of(binding.rows()));
    }

    static void declare(ParameterLayout layout, int latents, Shape input) {
        int inputs = Math.toIntExact(input.count());
        layout.weight("mu.weight", Shape.of(latents, inputs), inputs, latents);
        layout.bias("mu.bias", Shape.of(latents), inputs);
    }

    @Override
    public Tensor head() {
        return head.output();
    }

    @Override
    public Tensor noise() {
        return null;
    }

    @Override
    public Tensor z() {
        return head.output();
    }

    @Override
    public Tensor zGradient() {
        return head.outputGradient();
    }

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
        head.forward();
    }

    @Override
    public void sample() {
        // The head says it.
    }

    @Override
    public void center() {
        // So it does here.
    }

    @Override
    public void backward() {
        head.backward();
    }
}
