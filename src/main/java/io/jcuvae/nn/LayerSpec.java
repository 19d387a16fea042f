package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** What a layer is, without memory: it declares its parameters and makes the bound layer. */
public sealed interface LayerSpec
        permits ActivationSpec, //
                BatchNormSpec,
                Conv2dSpec,
                ConvTranspose2dSpec,
                DenseSpec,
                DropoutSpec,
                FlattenSpec,
                LayerNormSpec,
                ReshapeSpec,
                ResidualSpec,
                UpsampleSpec {
    /**
     * The shape of one sample after this layer: [values], or [C, H, W] for a picture.
     *
     * @param input shape of one sample before it
     * @throws IllegalArgumentException when the layer does not go with it, beginning with {@link #describe()}
     */
    Shape outputShape(Shape input);

    /**
     * Adds this layer's parameters, and to {@link ParameterLayout#buffers} what it keeps without training it.
     *
     * @param name prefix of their names
     * @param input shape of one sample
     */
    void declare(ParameterLayout layout, String name, Shape input);

    /**
     * Makes the layer.
     *
     * @param name prefix of its parameters' names
     * @param input [B, values], or [B, H, W, C] for a picture
     * @param inputGradient where the backward pass puts the gradient of the input, or null where nobody asks for it
     */
    Layer bind(Binding binding, String name, Tensor input, Tensor inputGradient);

    /** One line for people, as in {@code Dense(400, relu)}. */
    String describe();
}
