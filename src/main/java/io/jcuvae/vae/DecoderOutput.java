package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.nn.Sequential;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** What a decoder says, in the order of the samples' values: its last layer's output itself where that lies so already. */
final class DecoderOutput {
    private final Tensor values;
    private final Tensor gradient;
    /** Between the network's order and the samples'; null where they are the same. */
    private final ChannelExchange said;

    private final ChannelExchange dsaid;

    DecoderOutput(Binding binding, VaeSpec spec, Sequential decoder) {
        Shape shape =
                Shape.of(binding.rows(), Math.toIntExact(spec.decoderOutput().count()));
        if (spec.exchangesChannels(spec.decoderOutput())) {
            values = binding.arena().tensor("output", shape);
            gradient = binding.training() ? binding.arena().tensor("doutput", shape) : null;
            said = new ChannelExchange(binding.ops(), decoder.output(), values);
            dsaid = binding.training() ? new ChannelExchange(binding.ops(), decoder.outputGradient(), gradient) : null;
        } else {
            values = decoder.output().reshape(shape);
            gradient = binding.training() ? decoder.outputGradient().reshape(shape) : null;
            said = null;
            dsaid = null;
        }
    }

    /** [R, P D]. */
    Tensor values() {
        return values;
    }

    /** [R, P D]; null without gradients. */
    Tensor gradient() {
        return gradient;
    }

    /** After the decoder. */
    void toSamples() {
        if (said != null) {
            said.toSamples();
        }
    }

    /** Before the decoder's backward pass. */
    void toPictures() {
        if (dsaid != null) {
            dsaid.toPictures();
        }
    }
}
