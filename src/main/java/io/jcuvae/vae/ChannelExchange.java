package io.jcuvae.vae;

import io.jcuvae.nn.Binding;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * Pictures whose samples have their channels first, as in PyTorch, while a network holds them with the channels last.
 *
 * @param ops the device's operations
 * @param pictures [B, H, W, C]
 * @param samples [B, D], each [C, H, W]
 */
record ChannelExchange(Ops ops, Tensor pictures, Tensor samples) {
    /**
     * Makes room for the pictures.
     *
     * @param planes [C, H, W]
     */
    static ChannelExchange of(Binding binding, String name, Shape planes, Tensor samples) {
        return new ChannelExchange(
                binding.ops(), binding.arena().tensor(name, inMemory(samples.rows(), planes)), samples);
    }

    /**
     * Samples as a network sees them where nothing is to be exchanged.
     *
     * @param input [C, H, W] or [D]
     */
    static Tensor asItLies(Tensor samples, Shape input) {
        return input.rank() == 3 ? samples.reshape(inMemory(samples.rows(), input)) : samples;
    }

    private static Shape inMemory(int rows, Shape planes) {
        return Shape.of(rows, planes.extent(1), planes.extent(2), planes.extent(0));
    }

    void toPictures() {
        ops.swapAxes(last(), first());
    }

    void toSamples() {
        ops.swapAxes(first(), last());
    }

    private int channels() {
        return pictures.shape().extent(3);
    }

    private Tensor last() {
        return pictures.reshape(Shape.of(pictures.rows(), pictures.columns() / channels(), channels()));
    }

    private Tensor first() {
        return samples.reshape(Shape.of(pictures.rows(), channels(), pictures.columns() / channels()));
    }
}
