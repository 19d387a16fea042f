package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;

/**
 * A transposed convolution with its activation, the adjoint of a convolution: y = f(b + a) with a[o, i s - p + u, j s - p + v]
 * += w[c, o, u, v] x[c, i, j] for every c, i, j, u, v that falls into the output; w is [in, out, kernel, kernel], as in
 * PyTorch. The output is (H - 1) s - 2 p + kernel + output padding pixels high.
 *
 * @param channels of the output
 * @param kernel height and width of the window
 * @param stride s, pixels from one window to the next
 * @param padding p, pixels cut off around the output, from 0 to kernel - 1
 * @param outputPadding pixels added at the lower and right rim, from 0 to stride - 1
 * @param activation f
 */
public record ConvTranspose2dSpec(
        int channels, int kernel, int stride, int padding, int outputPadding, Activation activation)
        implements LayerSpec {
    /** Checks the numbers. */
    public ConvTranspose2dSpec {
        Convolutions.check("ConvTranspose2d", channels, kernel, stride, padding);
        if (outputPadding < 0 || outputPadding >= stride) {
            throw new IllegalArgumentException("ConvTranspose2d: output padding must be from 0 to stride - 1 = "
                    + (stride - 1) + ", got " + outputPadding);
        }
    }

    @Override
    public Shape outputShape(Shape input) {
        Window window = window(input);
        return Shape.of(channels, window.height(), window.width());
    }

    /**
     * How the layer's output is looked at from its input.
     *
     * @param shape of the input
     */
    public Window window(Shape shape) {
        Planes input = Planes.of(this, shape);
        int height = extent(input, input.height());
        int width = extent(input, input.width());
        return new Window(height, width, channels, kernel, stride, padding);
    }

    private int extent(Planes input, int pixels) {
        long extent = (pixels - 1L) * stride - 2L * padding + kernel + outputPadding;
        if (extent < 1 || extent > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(describe() + ": input " + input.size()
                    + (extent < 1 ? " leaves nothing inside of the padding" : " is too large"));
        }
        return (int) extent;
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        int inputs = Planes.of(this, input).channels();
        // PyTorch reads the fans off the second and the first extent of any weight, which are out and in here.
        int fanIn = Convolutions.fan(this, channels, kernel);
        layout.weight(
                name + ".weight",
                Shape.of(inputs, channels, kernel, kernel),
                fanIn,
                Convolutions.fan(this, inputs, kernel));
        layout.bias(name + ".bias", Shape.of(channels), fanIn);
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new ConvolutionLayer(
                binding, name, window(Planes.inMemory(input).shape()), true, activation, input, inputGradient);
    }

    @Override
    public String describe() {
        return Convolutions.describe("ConvTranspose2d", channels, kernel, stride, padding, outputPadding, activation);
    }
}
