package io.jcuvae.onnx;

import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.ProtoMessage;
import io.jcuvae.data.Table;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.onnx.Graph.Attribute;
import io.jcuvae.onnx.Graph.Type;
import io.jcuvae.tensor.Picture;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.vae.Posterior;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model as ONNX files: the encoder, the decoder, and both with the mean of the posterior between. They take and give float32
 * samples as the data files have them, [B, ...] with a free B; bytes 0..255 count as 0..1, and rows of a table are in their own
 * units, since the graph standardises them. Nothing is drawn, so priors and what is above the code do not matter.
 */
public final class OnnxModel {
    /** The version of ONNX's operators that the files need. */
    public static final int OPSET = Graph.OPSET;

    private static final String SAMPLES = "x";
    private static final String LABELS = "label";
    private static final String CODES = "z";
    private static final String MEAN = "mean";

    private final VaeSpec spec;
    private final Table table;
    private final Weights weights;
    private final String version;
    private final Map<String, String> about;

    /**
     * A model.
     *
     * @param table how its rows are made of a file's; without columns where they are the same
     * @param values in the layout's order
     * @param buffers in the order of the layout's buffers
     * @param version of the program
     * @param about what the files' metadata_props are to say, by key
     */
    public OnnxModel(
            VaeSpec spec, Table table, float[] values, float[] buffers, String version, Map<String, String> about) {
        this.spec = spec;
        this.table = table;
        this.version = version;
        // In the order given, so that equal models are equal files.
        this.about = Collections.unmodifiableMap(new LinkedHashMap<>(about));
        ParameterLayout layout = spec.layout();
        weights = new Weights(layout, values, buffers);
    }

    /**
     * Writes the encoder: {@code x}, and {@code label} of a model with labels, to {@code mean} and {@code logvar} [B, Z]; of a
     * model without variances to {@code mean} alone, of one with a codebook also to {@code codes} [B, S].
     */
    public void writeEncoder(Path file) {
        Graph graph = new Graph("encoder");
        Posteriors posteriors = encode(graph, samples(graph), labels(graph));
        posteriors.output(graph, spec);
        write(graph, file);
    }

    /** Writes the decoder: {@code z} [B, Z], and {@code label} of a model with labels, to {@code expected}, the expected data. */
    public void writeDecoder(Path file) {
        Graph graph = new Graph("decoder");
        String z = graph.input(CODES, Type.FLOAT, new int[] {spec.latents()}, "codes");
        decode(graph, z, labels(graph));
        write(graph, file);
    }

    /**
     * Writes the whole: {@code x}, and {@code label}, to {@code expected} of the posterior's mean, with what the encoder
     * gives.
     */
    public void writeReconstruction(Path file) {
        Graph graph = new Graph("reconstruction");
        String x = samples(graph);
        String oneHot = labels(graph);
        Posteriors posteriors = encode(graph, x, oneHot);
        decode(graph, posteriors.mean(), oneHot);
        posteriors.output(graph, spec);
        write(graph, file);
    }

    private void write(Graph graph, Path file) {
        ProtoMessage model = graph.model(version, about);
        AtomicFile.write(file, model::writeTo);
    }

    /**
     * What the encoder says.
     *
     * @param mean [B, Z]
     * @param logvar [B, Z], or null
     * @param codes [B, S], or null
     */
    private record Posteriors(String mean, String logvar, String codes) {
        void output(Graph graph, VaeSpec spec) {
            int[] latents = {spec.latents()};
            graph.output(MEAN, mean, Type.FLOAT, latents, "means of the posterior, the codes that the decoder takes");
            if (logvar != null) {
                graph.output("logvar", logvar, Type.FLOAT, latents, "log variances of the posterior");
            }
            if (codes != null) {
                graph.output("codes", codes, Type.INT64, new int[] {spec.slots()}, "numbers of the codes");
            }
        }
    }

    private int width() {
        return Math.toIntExact(spec.sample().count());
    }

    private String samples(Graph graph) {
        return graph.input(
                SAMPLES,
                Type.FLOAT,
                spec.sample().extents(),
                table.given()
                        ? "rows in the units of the data"
                        : spec.likelihood().needsUnitData() ? "samples, values in [0, 1]" : "samples");
    }

    /** [B, K]: one-hot rows of the labels that go in as numbers; null without labels. */
    private String labels(Graph graph) {
        if (!spec.condition().given()) {
            return null;
        }
        String label = graph.input(LABELS, Type.INT64, new int[0], "numbers of the classes, counted from 0");
        return new Columns(graph).oneHot(label, spec.condition().classes());
    }

    private Posteriors encode(Graph graph, String x, String oneHot) {
        Columns columns = new Columns(graph);
        String value = x;
        Shape shape = spec.sampleInput();
        if ((table.given() || shape.rank() == 1) && spec.sample().rank() > 1) {
            value = graph.reshape(value, width());
        }
        if (table.given()) {
            value = columns.standardized(value, table);
        }
        if (spec.table().given()) {
            value = columns.input(value, spec.table());
        }
        if (shape.rank() == 3) {
            value = pictures(graph, value, shape);
        }
        Layers layers = new Layers(graph, weights);
        String seen = layers.stack(spec.encoder(), "enc", joined(graph, value, shape, oneHot), spec.encoderInput());
        String mean = layers.dense("mu", seen);
        if (spec.posterior() == Posterior.VQ) {
            return quantized(graph, mean);
        }
        return new Posteriors(mean, spec.posterior().hasDivergence() ? layers.dense("logvar", seen) : null, null);
    }

    /** Samples as pictures [B, C, H, W]. */
    private String pictures(Graph graph, String samples, Shape planes) {
        int channels = planes.extent(0);
        return channelsLast() && channels > 1
                ? graph.op(
                        "Transpose",
                        graph.reshape(samples, planes.extent(1), planes.extent(2), channels),
                        Attribute.of("perm", 0, 3, 1, 2))
                : graph.reshape(samples, planes.extents());
    }

    private boolean channelsLast() {
        return Picture.of(spec.sample()).map(Picture::channelsLast).orElse(false);
    }

    /** What a stack sees with the labels: behind the values of a row, or as planes behind those of a picture. */
    private String joined(Graph graph, String value, Shape shape, String oneHot) {
        if (oneHot == null) {
            return value;
        }
        String labels = oneHot;
        if (shape.rank() == 3) {
            float[] ones = new float[shape.extent(1) * shape.extent(2)];
            Arrays.fill(ones, 1);
            String plane = graph.floats(ones, 1, 1, shape.extent(1), shape.extent(2));
            labels = graph.op(
                    "Mul", List.of(graph.reshape(oneHot, spec.condition().classes(), 1, 1), plane));
        }
        return graph.op("Concat", List.of(value, labels), Attribute.of("axis", 1L));
    }

    /** The nearest code of each slot: the one with the least |c|^2 - 2 x c. */
    private Posteriors quantized(Graph graph, String said) {
        int count = spec.codebook().codes();
        int size = spec.codebook().size();
        float[] book = weights.values("codebook");
        float[] turned = new float[book.length];
        float[] norms = new float[count];
        for (int k = 0; k < count; k++) {
            double norm = 0;
            for (int e = 0; e < size; e++) {
                float value = book[k * size + e];
                norm += (double) value * value;
                turned[e * count + k] = -2 * value;
            }
            norms[k] = (float) norm;
        }
        String slots = graph.reshape(said, spec.slots(), size);
        String products = graph.op("MatMul", List.of(slots, graph.floats(turned, size, count)));
        String distances = graph.op("Add", List.of(products, graph.floats(norms, count)));
        String codes = graph.op("ArgMin", distances, Attribute.of("axis", 2L), Attribute.of("keepdims", 0L));
        String vectors = graph.op("Gather", List.of(weights.in(graph, "codebook"), codes), Attribute.of("axis", 0L));
        return new Posteriors(graph.reshape(vectors, spec.latents()), null, codes);
    }

    private void decode(Graph graph, String z, String oneHot) {
        Shape code = Shape.of(spec.latents());
        String said = new Layers(graph, weights)
                .stack(spec.decoder(), "dec", joined(graph, z, code, oneHot), spec.decoderInput());
        Columns columns = new Columns(graph);
        TableLayout layout = spec.table();
        String expected = layout.given() ? columns.expected(said, layout) : samples(graph, said);
        if (table.given()) {
            expected = columns.inUnits(expected, table);
        }
        int[] sizes = spec.sample().extents();
        graph.output(
                "expected", sizes.length > 1 ? graph.reshape(expected, sizes) : expected, Type.FLOAT, sizes, told());
        if (table.given() && Columns.rounds(table)) {
            graph.output(
                    "rounded",
                    columns.rounded(expected, table),
                    Type.FLOAT,
                    sizes,
                    "the same with probabilities and rates rounded, as files have them");
        }
    }

    private String told() {
        return table.given() ? "expected values, in the units of the data" : "expected data, as samples are given";
    }

    /**
     * The expected values in the order of a sample's.
     *
     * @param said [B, P C, H, W] or [B, P D]
     * @return [B, D]
     */
    private String samples(Graph graph, String said) {
        Shape end = spec.decoderOutput();
        int parameters = spec.parameters();
        String values = graph.reshape(said, parameters, width());
        String expected = graph.reshape(new Expectation(graph).of(spec.likelihood(), values, parameters), width());
        int channels = end.rank() == 3 ? end.extent(0) / parameters : 1;
        if (!channelsLast() || channels == 1) {
            return expected;
        }
        String pictures = graph.reshape(expected, channels, end.extent(1), end.extent(2));
        return graph.reshape(graph.op("Transpose", pictures, Attribute.of("perm", 0, 2, 3, 1)), width());
    }
}
