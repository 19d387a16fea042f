package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Layers one after another. With no layer at all it is the identity. */
public final class Sequential implements Layer {
    private final List<Layer> layers = new ArrayList<>();
    private final Tensor output;
    private final Tensor outputGradient;

    private Sequential(Binding binding, List<LayerSpec> specs, String prefix, Tensor input, Tensor inputGradient) {
        Tensor x = input;
        Tensor dx = inputGradient;
        for (int i = 0; i < specs.size(); i++) {
            boolean mayChange = i > 0 && layers.get(i - 1).outputMayChange();
            Layer layer = specs.get(i).bind(binding.withInputThatMayChange(mayChange), prefix + i, x, dx);
            layers.add(layer);
            x = layer.output();
            dx = layer.outputGradient();
        }
        output = x;
        outputGradient = dx;
    }

    /**
     * Binds a stack; layer i is named {@code prefix + i}.
     *
     * @param input [B, ...]
     * @param inputGradient where the gradient of the input goes, or null
     */
    public static Sequential bind(
            Binding binding, List<LayerSpec> specs, String prefix, Tensor input, Tensor inputGradient) {
        return new Sequential(binding, specs, prefix, input, inputGradient);
    }

    /**
     * The shape of one sample after a stack.
     *
     * @param input shape of one sample before it
     * @throws IllegalArgumentException naming the layer that does not go with what it gets, as in {@code layer 3 Dense(10):}
     */
    public static Shape outputShape(List<LayerSpec> specs, Shape input) {
        Shape shape = input;
        for (int i = 0; i < specs.size(); i++) {
            try {
                shape = specs.get(i).outputShape(shape);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("layer " + i + " " + e.getMessage(), e);
            }
        }
        return shape;
    }

    /**
     * Declares the parameters of a stack.
     *
     * @param input shape of one sample
     * @return the shape of one sample after the stack
     */
    public static Shape declare(ParameterLayout layout, List<LayerSpec> specs, String prefix, Shape input) {
        Shape shape = input;
        for (int i = 0; i < specs.size(); i++) {
            specs.get(i).declare(layout, prefix + i, shape);
            shape = specs.get(i).outputShape(shape);
        }
        return shape;
    }

    @Override
    public Tensor output() {
        return output;
    }

    @Override
    public Tensor outputGradient() {
        return outputGradient;
    }

    @Override
    public void forward() {
        for (Layer layer : layers) {
            layer.forward();
        }
    }

    @Override
    public void backward() {
        for (int i = layers.size() - 1; i >= 0; i--) {
            layers.get(i).backward();
        }
    }
}
