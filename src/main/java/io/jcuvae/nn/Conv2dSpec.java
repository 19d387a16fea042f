package io.jcuvae.nn;

import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;

/**
 * A convolution with its activation: y[o, i, j] = f(b[o] + sum over c, u, v of w[o, c, u, v] x[c, i s - p + u, j s - p + v]),
 * x being zero outside of the picture; w is [out, in, kernel, kernel], as in PyTorch.
 *
 * @param channels of the output
 * @param kernel height and width of the window
 * @param stride s, pixels from one window to the next
 * @param padding p, pixels of zeros around the input, from 0 to kernel - 1
 * @param activation f
 */
public record Conv2dSpec(int channels, int kernel, int stride, int padding, Activation activation)
        implements LayerSpec {
    /** Checks the numbers. */
    public Conv2dSpec {
        Convolutions.check("Conv2d", channels, kernel, stride, padding);
    }

    @Override
    public Shape outputShape(Shape input) {
        Window window = window(input);
        return Shape.of(channels, window.outHeight(), window.outWidth());
    }

    /**
     * How the layer looks at its input.
     *
     * @param shape of the input
     */
    public Window window(Shape shape) {
        Planes input = Planes.of(this, shape);
        if (Math.min(input.height(), input.width()) + 2L * padding < kernel) {
            throw new IllegalArgumentException(describe() + ": input " + input.size()
                    + (padding == 0 ? "" : " with its padding") + " is smaller than the kernel");
        }
        return new Window(input.height(), input.width(), input.channels(), kernel, stride, padding);
    }

    @Override
    public void declare(ParameterLayout layout, String name, Shape input) {
        int inputs = Planes.of(this, input).channels();
        int fanIn = Convolutions.fan(this, inputs, kernel);
        layout.weight(
                name + ".weight",
                Shape.of(channels, inputs, kernel, kernel),
                fanIn,
                Convolutions.fan(this, channels, kernel));
        layout.bias(name + ".bias", Shape.of(channels), fanIn);
    }

    @Override
    public Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient) {
        return new ConvolutionLayer(
                binding, name, window(Planes.inMemory(input).shape()), false, activation, input, inputGradient);
    }

    @Override
    public String describe() {
        return Convolutions.describe("Conv2d", channels, kernel, stride, padding, 0, activation);
    }
}
