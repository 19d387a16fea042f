package io.jcuvae.nn;

import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.Window;

/**
 * The weight of a convolution twice: as PyTorch lays it out, [O, C, K, K], and in the order of a window, [O, K K C], which the
 * products take. With one channel or one pixel both are the same memory.
 */
final class WindowWeight {
    private final Ops ops;
    private final Tensor values;
    private final Tensor gradients;
    private final Tensor inWindow;
    private final Tensor gradientsInWindow;
    private final boolean same;

    /**
     * Binds a weight.
     *
     * @param layer prefix of its name
     */
    WindowWeight(Binding binding, String layer, Window window) {
        ops = binding.ops();
        String name = layer + ".weight";
        Tensor weight = binding.values().get(name);
        Shape inWindows = Shape.of(weight.rows(), window.seen());
        Shape asInPyTorch = Shape.of(weight.rows(), window.channels(), window.kernel() * window.kernel());
        same = window.channels() == 1 || window.kernel() == 1;
        values = weight.reshape(asInPyTorch);
        inWindow = same ? weight.reshape(inWindows) : binding.arena().tensor(layer + ".window", inWindows);
        if (binding.training()) {
            gradients = binding.gradients().get(name).reshape(asInPyTorch);
            gradientsInWindow =
                    same ? gradients.reshape(inWindows) : binding.arena().shared("weight gradient", inWindows);
        } else {
            gradients = null;
            gradientsInWindow = null;
        }
    }

    /** [O, K K C]. */
    Tensor inWindow() {
        return inWindow;
    }

    /** [O, K K C]: where the backward verb puts the gradient. */
    Tensor gradientsInWindow() {
        return gradientsInWindow;
    }

    /** Lays the present values out for {@link #inWindow()}. */
    void prepare() {
        if (!same) {
            ops.swapAxes(exchanged(inWindow), values);
        }
    }

    /** Takes the gradient back to PyTorch's order. */
    void collect() {
        if (!same) {
            ops.swapAxes(gradients, exchanged(gradientsInWindow));
        }
    }

    private Tensor exchanged(Tensor window) {
        Shape shape = values.shape();
        return window.reshape(Shape.of(shape.extent(0), shape.extent(2), shape.extent(1)));
    }
}
