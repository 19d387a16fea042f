package io.jcuvae.onnx;

import io.jcuvae.nn.ActivationSpec;
import io.jcuvae.nn.BatchNormSpec;
import io.jcuvae.nn.Conv2dSpec;
import io.jcuvae.nn.ConvTranspose2dSpec;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.DropoutSpec;
import io.jcuvae.nn.FlattenSpec;
import io.jcuvae.nn.LayerNormSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.ReshapeSpec;
import io.jcuvae.nn.ResidualSpec;
import io.jcuvae.nn.UpsampleSpec;
import io.jcuvae.onnx.Graph.Attribute;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import java.util.List;

/** Layers as operators. Pictures are [B, C, H, W] here, so weights go in as PyTorch lays them out. */
final class Layers {
    private final Graph graph;
    private final Weights weights;

    Layers(Graph graph, Weights weights) {
        this.graph = graph;
        this.weights = weights;
    }

    /**
     * A stack of layers, of which layer i is named {@code prefix + i}.
     *
     * @param input what goes in
     * @param before shape of a row of it
     */
    String stack(List<LayerSpec> specs, String prefix, String input, Shape before) {
        String value = input;
        Shape shape = before;
        for (int i = 0; i < specs.size(); i++) {
            value = layer(specs.get(i), prefix + i, value, shape);
            shape = specs.get(i).outputShape(shape);
        }
        return value;
    }

    private String layer(LayerSpec layer, String name, String x, Shape input) {
        if (layer instanceof DenseSpec dense) {
            return activation(dense(name, x), dense.activation());
        } else if (layer instanceof Conv2dSpec conv) {
            return activation(convolution(conv, name, x), conv.activation());
        } else if (layer instanceof ConvTranspose2dSpec conv) {
            return activation(convolution(conv, name, x), conv.activation());
        } else if (layer instanceof BatchNormSpec norm) {
            return batchNorm(norm, name, x);
        } else if (layer instanceof LayerNormSpec norm) {
            return layerNorm(norm, name, x, input.rank() == 3);
        } else if (layer instanceof DropoutSpec) {
            // It passes everything on where nothing is trained.
            return x;
        } else if (layer instanceof ActivationSpec alone) {
            return activation(x, alone.activation());
        } else if (layer instanceof FlattenSpec || layer instanceof ReshapeSpec) {
            return graph.reshape(x, layer.outputShape(input).extents());
        } else if (layer instanceof UpsampleSpec upsample) {
            return upsample(upsample.factor(), x);
        } else if (layer instanceof ResidualSpec residual) {
            String through = stack(residual.block(), name + ".block.", x, input);
            String past = stack(residual.shortcut(), name + ".shortcut.", x, input);
            return activation(graph.op("Add", List.of(through, past)), residual.activation());
        }
        throw new UserError("--onnx: layer " + name + ", " + layer.describe()
                + ", cannot be written as ONNX; export the parameters with --npz");
    }

    /** A product with a bias. */
    String dense(String name, String x) {
        return graph.op(
                "Gemm",
                List.of(x, weights.in(graph, name + ".weight"), weights.in(graph, name + ".bias")),
                Attribute.of("transB", 1L));
    }

    private String convolution(Conv2dSpec conv, String name, String x) {
        int pad = conv.padding();
        return graph.op(
                "Conv",
                List.of(x, weights.in(graph, name + ".weight"), weights.in(graph, name + ".bias")),
                Attribute.of("kernel_shape", conv.kernel(), conv.kernel()),
                Attribute.of("strides", conv.stride(), conv.stride()),
                Attribute.of("pads", pad, pad, pad, pad));
    }

    private String convolution(ConvTranspose2dSpec conv, String name, String x) {
        int pad = conv.padding();
        return graph.op(
                "ConvTranspose",
                List.of(x, weights.in(graph, name + ".weight"), weights.in(graph, name + ".bias")),
                Attribute.of("kernel_shape", conv.kernel(), conv.kernel()),
                Attribute.of("strides", conv.stride(), conv.stride()),
                Attribute.of("pads", pad, pad, pad, pad),
                Attribute.of("output_padding", conv.outputPadding(), conv.outputPadding()));
    }

    private String batchNorm(BatchNormSpec norm, String name, String x) {
        return graph.op(
                "BatchNormalization",
                List.of(
                        x,
                        weights.in(graph, name + ".weight"),
                        weights.in(graph, name + ".bias"),
                        weights.in(graph, name + ".running_mean"),
                        weights.in(graph, name + ".running_var")),
                Attribute.of("epsilon", (float) norm.epsilon()));
    }

    /** Of a picture over the channels of each pixel, which must be last for it. */
    private String layerNorm(LayerNormSpec norm, String name, String x, boolean picture) {
        String last = picture ? graph.op("Transpose", x, Attribute.of("perm", 0, 2, 3, 1)) : x;
        String normal = graph.op(
                "LayerNormalization",
                List.of(last, weights.in(graph, name + ".weight"), weights.in(graph, name + ".bias")),
                Attribute.of("axis", -1L),
                Attribute.of("epsilon", (float) norm.epsilon()));
        return picture ? graph.op("Transpose", normal, Attribute.of("perm", 0, 3, 1, 2)) : normal;
    }

    private String upsample(int factor, String x) {
        // Without a region of interest, whose name is empty.
        return graph.op(
                "Resize",
                List.of(x, "", graph.floats(new float[] {1, 1, factor, factor}, 4)),
                Attribute.of("mode", "nearest"),
                Attribute.of("coordinate_transformation_mode", "asymmetric"),
                Attribute.of("nearest_mode", "floor"));
    }

    private String activation(String x, Activation activation) {
        return switch (activation) {
            case IDENTITY -> x;
            case RELU -> graph.op("Relu", x);
            case TANH -> graph.op("Tanh", x);
            case LEAKY_RELU -> graph.op("LeakyRelu", x, Attribute.of("alpha", Activation.LEAKY_SLOPE));
            case SIGMOID -> graph.op("Sigmoid", x);
            case SOFTPLUS -> graph.op("Softplus", x);
            case ELU -> graph.op("Elu", x);
            case GELU -> gelu(x);
            case SILU -> graph.op("Mul", List.of(x, graph.op("Sigmoid", x)));
        };
    }

    /** x (1 + erf(x / sqrt 2)) / 2: an operator of its own it is only from opset 20 on. */
    private String gelu(String x) {
        String erf = graph.op("Erf", graph.op("Mul", List.of(x, graph.number((float) Math.sqrt(0.5)))));
        String share = graph.op("Add", List.of(erf, graph.number(1)));
        return graph.op("Mul", List.of(graph.op("Mul", List.of(x, share)), graph.number(0.5f)));
    }
}
