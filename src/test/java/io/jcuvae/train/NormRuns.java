package io.jcuvae.train;

import io.jcuvae.tensor.Backend;
import java.util.Arrays;

/** Small runs of networks with norms and dropout. */
public final class NormRuns {
    private static final String ENCODER = """
            [{"layer": "conv2d", "channels": 3, "kernel": 4, "stride": 2, "padding": 1, "activation": "identity"},
             {"layer": "batch_norm"}, {"layer": "activation", "activation": "relu"}, {"layer": "flatten"},
             {"layer": "dense", "outputs": 16, "activation": "identity"}, {"layer": "layer_norm"},
             {"layer": "activation", "activation": "silu"}, {"layer": "dropout", "rate": 0.2}]
            """;
    private static final String DECODER = """
            [{"layer": "dense", "outputs": 24, "activation": "identity"}, {"layer": "batch_norm", "momentum": 0.3},
             {"layer": "activation", "activation": "tanh"}, {"layer": "dropout", "rate": 0.1},
             {"layer": "dense", "outputs": "data", "activation": "identity"}]
            """;

    private NormRuns() {}

    /** Batch norm behind a convolution and behind a dense layer, a layer norm, dropouts. */
    public static TrainConfig config(int epochs) {
        return SmallRuns.config(epochs).with(Setting.ENCODER, ENCODER).with(Setting.DECODER, DECODER);
    }

    /** Parameters, moments and buffers, one after the other. */
    public static float[] state(Trainer trainer, Backend backend) {
        float[] rest = SmallRuns.state(trainer, backend);
        float[] buffers = trainer.state().buffers().download(backend);
        float[] all = Arrays.copyOf(rest, rest.length + buffers.length);
        System.arraycopy(buffers, 0, all, rest.length, buffers.length);
        return all;
    }
}
