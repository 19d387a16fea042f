package io.jcuvae.bench;

import com.google.gson.JsonObject;
import io.jcuvae.nn.DenseSpec;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.tensor.Precision;
import io.jcuvae.tensor.Shape;
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

    /** The step of a configuration on rows of a width. */
    static StepCost of(TrainConfig config, int width) {
        VaeSpec spec = config.spec(Shape.of(width));
        List<Product> products = new ArrayList<>();
        List<Integer> outputs = new ArrayList<>();
        spec.encoder().forEach(layer -> outputs.add(((DenseSpec) layer).outputs()));
        outputs.add(2 * spec.latents());
        int layers = spec.encoder().size() + 1 + spec.decoder().size();
        double parameters = 0;
        double activations = 0;
        int inputs = width;
        for (int i = 0; i < layers; i++) {
            boolean decodes = i > spec.encoder().size();
            int columns = decodes ? columns(spec.decoder(), i - spec.encoder().size() - 1) : outputs.get(i);
            if (i == spec.encoder().size() + 1) {
                inputs = spec.latents();
            }
            add(products, config.batch(), inputs, columns, i > 0);
            parameters += (double) inputs * columns + columns;
            activations += (double) config.batch() * columns;
            inputs = columns;
        }
        double flops = products.stream().mapToDouble(Product::flops).sum();
        double factor = config.precision() == Precision.BF16 ? 2 : 4;
        double moved = products.stream()
                .mapToDouble(p -> factor * ((double) p.rows() * p.inner() + (double) p.inner() * p.columns())
                        + 4.0 * p.rows() * p.columns())
                .sum();
        // Adam reads four blocks and writes three; an activation is read and written forward, and read twice and
        // written
        // backward; a batch is read as bytes and written as floats, and its logits meet it once.
        double others = 28 * parameters + 20 * activations + 17.0 * config.batch() * width;
        int forward = 2 * layers;
        int backward = 3 * layers - 1;
        return new StepCost(List.copyOf(products), flops, moved + others, forward + backward + SINGLE);
    }

    private static int columns(List<LayerSpec> layers, int index) {
        return ((DenseSpec) layers.get(index)).outputs();
    }

    private static void add(List<Product> products, int rows, int inputs, int outputs, boolean inputGradient) {
        products.add(new Product(rows, outputs, inputs, false, true));
        products.add(new Product(outputs, inputs, rows, true, false));
        if (inputGradient) {
            products.add(new Product(rows, inputs, outputs, false, false));
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
