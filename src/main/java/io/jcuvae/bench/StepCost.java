package io.jcuvae.bench;

import com.google.gson.JsonObject;
import io.jcuvae.nn.Conv2dSpec;
import io.jcuvae.nn.ConvTranspose2dSpec;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.ResidualSpec;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Window;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.VaeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a training step has to do, from its shapes alone, and how long that should take: stands beside every measured figure,
 * so that a figure far from it is noticed.
 *
 * @param products matrix products
 * @param flops of the products
 * @param bytes that products and other operations read and write, each operand once
 * @param launches kernels and products that wait for one another
 */
record StepCost(List<Product> products, double flops, double bytes, int launches) {
    /** Between two nodes of a CUDA graph that wait for one another: what published measurements of graphs show, 1 to 2 us. */
    static final double SECONDS_PER_LAUNCH = 1.5e-6;

    /** What is done once per step: begin, gather, noise, sample and its backward, likelihood, sums and weights, Adam, end. */
    private static final int SINGLE = 10;

    /**
     * One product, c [rows, columns] = a [rows, inner] b [inner, columns].
     *
     * @param transposeA a is stored transposed
     * @param transposeB b is stored transposed
     */
    record Product(int rows, int columns, int inner, boolean transposeA, boolean transposeB) {
        double flops() {
            return 2.0 * rows * columns * inner;
        }
    }

    /**
     * What NVIDIA's data sheets say a device can do; dense, without sparsity.
     *
     * @param bandwidth of its memory, bytes per second
     * @param rate of products, operations per second
     */
    private record Peak(String name, double bandwidth, double fp32, double tf32, double bf16) {
        double rate(Precision precision) {
            return switch (precision) {
                case FP32 -> fp32;
                case TF32 -> tf32;
                case BF16 -> bf16;
            };
        }
    }

    private static final List<Peak> PEAKS = List.of(
            new Peak("H200", 4.8e12, 67e12, 494e12, 989e12),
            new Peak("H100 PCIe", 2.0e12, 51e12, 378e12, 756e12),
            new Peak("H100", 3.35e12, 67e12, 494e12, 989e12),
            new Peak("A100", 1.94e12, 19.5e12, 156e12, 312e12),
            new Peak("L40S", 0.864e12, 91.6e12, 183e12, 362e12),
            new Peak("L4", 0.3e12, 30.3e12, 60e12, 121e12),
            new Peak("RTX 4090", 1.008e12, 82.6e12, 82.6e12, 165e12));

    /** The step of a configuration on samples of a shape. */
    static StepCost of(TrainConfig config, Shape sample) {
        VaeSpec spec = config.spec(sample);
        Sum sum = new Sum(config.batch());
        Shape encoded = sum.layers(spec.encoder(), spec.encoderInput(), true);
        sum.dense(
                (int) encoded.count(),
                spec.posterior().headWidth(spec.latents()),
                spec.encoder().isEmpty());
        sum.layers(spec.decoder(), Shape.of(spec.latents()), false);
        double flops = sum.products.stream().mapToDouble(Product::flops).sum();
        double factor = config.precision() == Precision.BF16 ? 2 : 4;
        double moved = sum.products.stream()
                .mapToDouble(p -> factor * ((double) p.rows() * p.inner() + (double) p.inner() * p.columns())
                        + 4.0 * p.rows() * p.columns())
                .sum();
        // Adam reads four blocks and writes three; an activation is read and written forward, and read twice and
        // written backward; columns are written or read once beside their products; a batch is read as bytes and
        // written as
        // floats, and its logits meet it once.
        double others = 28.0 * spec.layout().count()
                + 20 * sum.activations
                + 4 * sum.columns
                + 17.0 * config.batch() * sample.count();
        return new StepCost(List.copyOf(sum.products), flops, moved + others, sum.launches + SINGLE);
    }

    /** Adds up layers. */
    private static final class Sum {
        private final List<Product> products = new ArrayList<>();
        private final int batch;
        private double activations;
        private double columns;
        private int launches;

        Sum(int batch) {
            this.batch = batch;
        }

        /**
         * Adds a stack.
         *
         * @param first whether nobody asks for the gradient of its input
         * @return the shape of a sample after it
         */
        Shape layers(List<LayerSpec> layers, Shape input, boolean first) {
            Shape shape = input;
            boolean none = first;
            for (LayerSpec layer : layers) {
                add(layer, shape, none);
                shape = layer.outputShape(shape);
                none = false;
            }
            return shape;
        }

        private void add(LayerSpec layer, Shape input, boolean first) {
            if (layer instanceof DenseSpec dense) {
                dense((int) input.count(), dense.outputs(), first);
            } else if (layer instanceof Conv2dSpec conv) {
                convolution(conv.window(input), conv.channels(), true, first);
                activations += (double) batch * layer.outputShape(input).count();
            } else if (layer instanceof ConvTranspose2dSpec conv) {
                convolution(conv.window(input), input.extent(0), false, first);
                activations += (double) batch * layer.outputShape(input).count();
            } else if (layer instanceof ResidualSpec residual) {
                layers(residual.block(), input, first);
                layers(residual.shortcut(), input, first);
                elementwise(layer.outputShape(input), 2, 4);
            } else {
                elementwise(layer.outputShape(input), 1, 1);
            }
        }

        private void elementwise(Shape output, int forward, int backward) {
            activations += (double) batch * output.count();
            launches += forward + backward;
        }

        /** Product and bias; bias sums and products of the gradients. */
        void dense(int inputs, int outputs, boolean first) {
            products.add(new Product(batch, outputs, inputs, false, true));
            products.add(new Product(outputs, inputs, batch, true, false));
            if (!first) {
                products.add(new Product(batch, inputs, outputs, false, false));
            }
            activations += (double) batch * outputs;
            launches += first ? 4 : 5;
        }

        /**
         * As many products as for a dense layer, with columns made before or added up after them; weights are laid out anew.
         *
         * @param channels of the side of the positions
         * @param looks whether the window is over the input; else it is over the output
         */
        private void convolution(Window window, int channels, boolean looks, boolean first) {
            int rows = batch * window.positions();
            products.add(
                    looks
                            ? new Product(rows, channels, window.seen(), false, true)
                            : new Product(rows, window.seen(), channels, false, false));
            products.add(new Product(channels, window.seen(), rows, true, false));
            if (!first) {
                products.add(
                        looks
                                ? new Product(rows, window.seen(), channels, false, false)
                                : new Product(rows, channels, window.seen(), false, true));
            }
            boolean relaid = window.channels() > 1 && window.kernel() > 1;
            // Forward: product, bias. Backward: sums in two launches where rows are many, products.
            launches += (first ? 5 : 6) + (rows > 1024 ? 1 : 0) + (relaid ? 2 : 0);
            if (!window.isPoint()) {
                // Unfolded or folded forward and backward, and once more for the gradient of a convolution's input.
                int times = looks && !first ? 3 : 2;
                columns += (double) times * rows * window.seen();
                launches += times;
            }
        }
    }

    /**
     * The prediction: what is to be done, and how long it takes on a device that is known by name.
     *
     * @param device a description that has the product's name in it
     */
    JsonObject prediction(String device, Precision precision) {
        JsonObject json = new JsonObject();
        json.addProperty("launches", launches);
        json.addProperty("bytes", bytes);
        json.addProperty("flops", flops);
        for (Peak peak : PEAKS) {
            if (device.contains(peak.name())) {
                double work = Math.max(flops / peak.rate(precision), bytes / peak.bandwidth());
                json.addProperty("seconds", launches * SECONDS_PER_LAUNCH + work);
                json.addProperty(
                        "assumes",
                        String.format(
                                Locale.ROOT,
                                "%.1f us per launch; %.0f TFLOP/s, %.2f TB/s (data sheet of %s)",
                                1e6 * SECONDS_PER_LAUNCH,
                                peak.rate(precision) / 1e12,
                                peak.bandwidth() / 1e12,
                                peak.name()));
                break;
            }
        }
        return json;
    }
}
