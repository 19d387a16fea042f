package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Dense;
import io.jcuvae.nn.Sequential;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A mixture of N diagonal normals as p(z), bound to the codes of a batch. Its divergence has no closed form: log q(z | x) - log
 * p(z) of the codes that are drawn stands for it.
 */
final class LearnedPrior {
    private final Ops ops;
    /** [2N, Z] or [N, 2Z]. */
    private final Tensor components;

    private final Tensor dcomponents;
    /** [N]; null with equal weights. */
    private final Tensor logits;

    private final Tensor dlogits;
    /** [R, N]. */
    private final Tensor shares;
    /** [R, Z]: -d log p(z) / dz. */
    private final Tensor slope;
    /** What makes the components where the encoder is not at it anyway; null else. */
    private final Runnable encoding;

    private LearnedPrior(
            Binding binding,
            int rows,
            int latents,
            int count,
            Tensor components,
            Tensor dcomponents,
            boolean weighted,
            Runnable encoding) {
        ops = binding.ops();
        this.components = components;
        this.dcomponents = dcomponents;
        logits = weighted ? binding.values().get(Prior.LOGITS) : null;
        dlogits = weighted && binding.training() ? binding.gradients().get(Prior.LOGITS) : null;
        shares = binding.arena().tensor("prior.shares", Shape.of(rows, count));
        slope = binding.training() ? binding.arena().tensor("prior.slope", Shape.of(rows, latents)) : null;
        this.encoding = encoding;
    }

    /**
     * Binds the prior of a model; null for the standard normal.
     *
     * @param heads of the encoder; while training, those of the pseudo-inputs are below those of the samples
     * @param draws K, codes of each sample
     */
    static LearnedPrior bind(VaeSpec spec, Binding binding, Dense heads, int draws) {
        Prior prior = spec.prior();
        int rows = Math.multiplyExact(binding.rows(), draws);
        int count = prior.components();
        boolean training = binding.training();
        if (!prior.isLearned()) {
            return null;
        }
        if (!prior.encodes()) {
            Tensor table = binding.values().joined(Prior.MEANS, Prior.LOGVARS);
            Tensor dtable = training ? binding.gradients().joined(Prior.MEANS, Prior.LOGVARS) : null;
            return new LearnedPrior(binding, rows, spec.latents(), count, table, dtable, true, null);
        }
        if (training) {
            Tensor table = heads.output().rows(binding.rows(), count);
            Tensor dtable = heads.outputGradient().rows(binding.rows(), count);
            return new LearnedPrior(binding, rows, spec.latents(), count, table, dtable, false, null);
        }
        // A model that only looks may be given codes without any samples; so the pseudo-inputs go their own way.
        Binding own = binding.withRows(count);
        Tensor placed = PseudoInputs.room(own, spec);
        Shape input = spec.sampleInput();
        ChannelExchange seen =
                spec.exchangesChannels(input) ? ChannelExchange.of(own, "prior.x.pictures", input, placed) : null;
        PseudoInputs inputs = new PseudoInputs(own, spec.likelihood().needsUnitData(), placed, null, seen != null);
        Tensor sample = seen == null ? ChannelExchange.asItLies(placed, input) : seen.pictures();
        Sequential encoder = Sequential.bind(own, spec.encoder(), "enc", sample, null);
        Dense ends = GaussianLatent.heads(own, "", encoder.output(), null);
        return new LearnedPrior(binding, rows, spec.latents(), count, ends.output(), null, false, () -> {
            inputs.place();
            if (seen != null) {
                seen.toPictures();
            }
            encoder.forward();
            ends.forward();
        });
    }

    /** [R, Z]: what the backward pass of the codes sees of it, after {@link #backward}. */
    Tensor slope() {
        return slope;
    }

    /**
     * ratio = log p(z) - log q(z | x).
     *
     * @param ratio [R], nats
     * @param z [R, Z]
     * @param head [B, 2Z]
     * @param noise [R, Z]
     */
    void logRatio(Tensor ratio, Tensor z, Tensor head, Tensor noise) {
        if (encoding != null) {
            encoding.run();
        }
        ops.mixtureLogRatio(ratio, shares, z, head, noise, components, logits);
    }

    /**
     * The gradients of its parameters, or of the heads of its pseudo-inputs, and the slope.
     *
     * @param weights [R]: of each code's -log p(z) in the loss
     */
    void backward(Tensor z, Tensor weights) {
        ops.mixtureLogRatioBackward(slope, dcomponents, dlogits, shares, z, components, logits, weights);
    }
}
