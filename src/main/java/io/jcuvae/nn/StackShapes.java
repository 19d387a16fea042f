package io.jcuvae.nn;

import io.jcuvae.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The shapes of one sample on its way through a stack of layers, for tables and for errors. */
public final class StackShapes {
    private StackShapes() {}

    /**
     * The shape before the first layer and after every layer.
     *
     * @param stack what to call the stack in errors, as in {@code encoder}
     * @param input shape of one sample
     * @throws IllegalArgumentException naming the first layer that cannot be, why, and the shapes up to it
     */
    public static List<Shape> of(String stack, List<LayerSpec> layers, Shape input) {
        List<Shape> shapes = new ArrayList<>(List.of(input));
        for (int i = 0; i < layers.size(); i++) {
            try {
                Shape output = layers.get(i).outputShape(shapes.get(i));
                if (output.count() > Integer.MAX_VALUE) {
                    throw new IllegalArgumentException(layers.get(i).describe() + ": its output " + text(output)
                            + " has more than " + Integer.MAX_VALUE + " values");
                }
                shapes.add(output);
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw new IllegalArgumentException(
                        stack + " layer " + i + " " + e.getMessage() + " (" + trail(shapes) + ")", e);
            }
        }
        return shapes;
    }

    /**
     * The shapes up to some layer in a line, as in {@code 1x28x28, after layer 0 32x14x14, after layer 1 64x7x7}.
     *
     * @param shapes before the first layer, then after each
     */
    public static String trail(List<Shape> shapes) {
        StringBuilder text = new StringBuilder("input ").append(text(shapes.get(0)));
        for (int i = 1; i < shapes.size(); i++) {
            text.append(", after layer ").append(i - 1).append(": ").append(text(shapes.get(i)));
        }
        return text.toString();
    }

    /** A shape as people write it: {@code 32x14x14}. */
    public static String text(Shape shape) {
        return Arrays.stream(shape.extents()).mapToObj(Integer::toString).collect(Collectors.joining("x"));
    }
}
