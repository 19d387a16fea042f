package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * The pseudo-inputs of a VampPrior on their way into the encoder. Where samples lie in [0, 1] they are held there, as in the
 * paper, whose hard tanh has those bounds; else they may be anything.
 */
final class PseudoInputs {
    private final Ops ops;
    private final Tensor inputs;
    private final Tensor dinputs;
    private final Tensor placed;
    private final Tensor dplaced;
    private final ChannelExchange dexchange;
    private final float low;
    private final float high;

    /**
     * Binds them.
     *
     * @param placed [N, D]: where the encoder finds them, as samples lie
     * @param dseen [N, ...]: their gradient as the encoder sees them, or null without gradients
     * @param exchanged whether the encoder sees them with their channels last, and samples have them first
     */
    PseudoInputs(Binding binding, boolean unit, Tensor placed, Tensor dseen, boolean exchanged) {
        ops = binding.ops();
        inputs = binding.values().get(Prior.INPUTS);
        dinputs = dseen == null ? null : binding.gradients().get(Prior.INPUTS);
        this.placed = placed;
        boolean moved = dseen != null && exchanged;
        dplaced = moved ? binding.arena().tensor("prior.x.d", placed.shape()) : dseen;
        dexchange = moved ? new ChannelExchange(ops, dseen, dplaced) : null;
        low = unit ? 0 : Float.NEGATIVE_INFINITY;
        high = unit ? 1 : Float.POSITIVE_INFINITY;
    }

    /** Room for what the encoder sees of them, where nothing but them goes through it. */
    static Tensor room(Binding binding, VaeSpec spec) {
        return binding.arena()
                .tensor(
                        "prior.x",
                        Shape.of(
                                spec.prior().components(),
                                Math.toIntExact(spec.sample().count())));
    }

    /** Before the encoder. */
    void place() {
        ops.clamp(placed, inputs, low, high);
    }

    /** After the encoder's backward pass. */
    void backward() {
        if (dexchange != null) {
            dexchange.toSamples();
        }
        ops.clampBackward(dinputs, dplaced, inputs, low, high);
    }
}
