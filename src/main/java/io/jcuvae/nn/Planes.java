package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/**
 * A picture within a network: channels of height by width values, [C, H, W]. In memory the channels of a pixel lie side by
 * side, [B, H, W, C].
 */
record Planes(int channels, int height, int width) {
    /**
     * Reads the shape of a sample.
     *
     * @param layer for the message
     */
    static Planes of(LayerSpec layer, Shape input) {
        if (input.rank() != 3) {
            throw new IllegalArgumentException(layer.describe() + ": input " + input
                    + " is no picture [channels, height, width]; put a Reshape to such a shape before it");
        }
        return new Planes(input.extent(0), input.extent(1), input.extent(2));
    }

    /**
     * Reads a tensor.
     *
     * @param pictures [B, H, W, C]
     */
    static Planes inMemory(Tensor pictures) {
        Shape shape = pictures.shape();
        return new Planes(shape.extent(3), shape.extent(1), shape.extent(2));
    }

    /** [C, H, W], as in PyTorch. */
    Shape shape() {
        return Shape.of(channels, height, width);
    }

    /** [B, H, W, C], as in memory. */
    Shape inMemory(int rows) {
        return Shape.of(rows, height, width, channels);
    }

    /** Whether the values lie in PyTorch's order in memory, too. */
    boolean liesAsInPyTorch() {
        return channels == 1 || height * width == 1;
    }

    /** Height and width, as in {@code 28x28}. */
    String size() {
        return height + "x" + width;
    }
}
