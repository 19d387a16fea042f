package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.ResidualSpec;
import io.jcuvae.nn.StackShapes;
import io.jcuvae.tensor.Activation;
import io.jcuvae.tensor.Shape;
import io.jcuvae.vae.Codebook;
import io.jcuvae.vae.Posterior;
import io.jcuvae.vae.Upper;
import io.jcuvae.vae.VaeSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A network as a table: every layer under its name in PyTorch's state_dict, with the shape after it and its numbers. */
final class NetworkTable {
    /**
     * A layer.
     *
     * @param parts the layers within it by the part they are in, of a residual block; else empty
     */
    private record Row(
            String name,
            String layer,
            Shape from,
            Shape to,
            long parameters,
            long buffers,
            Map<String, List<Row>> parts) {}

    private final VaeSpec spec;
    private final List<Row> rows = new ArrayList<>();

    NetworkTable(VaeSpec spec) {
        this.spec = spec;
        rows.addAll(stack("enc", spec.encoder(), spec.encoderShapes()));
        List<Shape> shapes = spec.encoderShapes();
        Shape encoded = shapes.get(shapes.size() - 1);
        long heads = 0;
        for (ParameterLayout.Entry entry : spec.layout().entries()) {
            boolean head = entry.name().startsWith("mu.") || entry.name().startsWith("logvar.");
            heads += head ? entry.shape().count() : 0;
        }
        boolean point = spec.posterior() != Posterior.GAUSSIAN;
        rows.add(new Row(
                point ? "mu" : "mu, logvar",
                point ? "Dense(" + spec.latents() + ")" : "Dense(2 x " + spec.latents() + ")",
                encoded,
                point ? Shape.of(spec.latents()) : Shape.of(2, spec.latents()),
                heads,
                0,
                Map.of()));
        if (spec.posterior() == Posterior.VQ) {
            Codebook book = spec.codebook();
            rows.add(new Row(
                    "codebook",
                    "Codes(" + book.codes() + " of " + book.size() + ")",
                    Shape.of(spec.latents()),
                    Shape.of(spec.slots(), book.size()),
                    0,
                    count(spec.buffers(), "codebook"),
                    Map.of()));
        }
        upper();
        rows.addAll(stack("dec", spec.decoder(), spec.decoderShapes()));
        long prior = spec.layout().entries().stream()
                .filter(entry -> entry.name().startsWith("prior."))
                .mapToLong(entry -> entry.shape().count())
                .sum();
        long own =
                parameters() - prior - rows.stream().mapToLong(Row::parameters).sum();
        if (own > 0) {
            Shape sample = spec.sample();
            rows.add(new Row("likelihood", spec.likelihood().label(), sample, sample, own, 0, Map.of()));
        }
        if (spec.prior().isLearned()) {
            Shape code = Shape.of(spec.latents());
            rows.add(new Row("prior", spec.prior().describe(), code, code, prior, 0, Map.of()));
        }
    }

    /** From z to u, and from u to the prior of z. */
    private void upper() {
        Upper upper = spec.upper();
        if (upper.given()) {
            Shape codes = Shape.of(spec.latents());
            Shape above = Shape.of(upper.latents());
            gaussian("upper.enc", upper.encoder(), codes, "upper.mu, upper.logvar", upper.latents());
            gaussian("upper.dec", upper.decoder(), above, "upper.prior.mu, upper.prior.logvar", spec.latents());
        }
    }

    /** Layers and the heads for mean and log variance after them. */
    private void gaussian(String prefix, List<LayerSpec> layers, Shape from, String heads, int latents) {
        List<Shape> shapes = StackShapes.of(prefix, layers, from);
        rows.addAll(stack(prefix, layers, shapes));
        Shape end = shapes.get(shapes.size() - 1);
        long parameters = 2L * latents * (end.count() + 1);
        String text = "Dense(2 x " + latents + ")";
        rows.add(new Row(heads, text, end, Shape.of(2, latents), parameters, 0, Map.of()));
    }

    private static List<Row> stack(String prefix, List<LayerSpec> layers, List<Shape> shapes) {
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            rows.add(row(prefix + i, layers.get(i), shapes.get(i), shapes.get(i + 1)));
        }
        return rows;
    }

    private static Row row(String name, LayerSpec layer, Shape from, Shape to) {
        ParameterLayout layout = new ParameterLayout();
        layer.declare(layout, name, from);
        Map<String, List<Row>> parts = new LinkedHashMap<>();
        String text = layer.describe();
        if (layer instanceof ResidualSpec residual) {
            boolean plain = residual.activation() == Activation.IDENTITY;
            text = plain ? "Residual" : "Residual(" + residual.activation().label() + ")";
            parts.put("block", part(name + ".block.", residual.block(), from));
            parts.put("shortcut", part(name + ".shortcut.", residual.shortcut(), from));
        }
        return new Row(name, text, from, to, layout.count(), count(layout.buffers(), name), parts);
    }

    /** A counter is two floats in memory and one number in files. */
    private static long count(ParameterLayout buffers, String prefix) {
        return buffers.entries().stream()
                .filter(entry -> entry.name().startsWith(prefix))
                .mapToLong(entry -> entry.counter() ? 1 : entry.shape().count())
                .sum();
    }

    private static List<Row> part(String prefix, List<LayerSpec> layers, Shape from) {
        return stack(prefix, layers, StackShapes.of(prefix, layers, from));
    }

    /** All that is trained. */
    long parameters() {
        return spec.layout().count();
    }

    /** All that is kept but not trained: running statistics. */
    long buffers() {
        return rows.stream().mapToLong(Row::buffers).sum();
    }

    /** A heading, a line for each layer, and the totals. */
    List<String> lines() {
        List<String[]> cells = new ArrayList<>();
        cells.add(new String[] {"layer", "", "output", "parameters", "buffers"});
        cells.add(new String[] {
            "",
            spec.condition().given() ? "sample, label" : "sample",
            StackShapes.text(spec.encoderShapes().get(0)),
            "",
            ""
        });
        rows.forEach(row -> cells(row, "", cells));
        cells.add(new String[] {"total", "", "", Figures.count(parameters()), buffers() == 0 ? "" : count(buffers())});
        int[] widths = new int[5];
        for (String[] line : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line[i].length());
            }
        }
        String format = "  %-" + widths[0] + "s  %-" + widths[1] + "s  %-" + widths[2] + "s  %" + widths[3] + "s  %"
                + widths[4] + "s";
        return cells.stream()
                .map(line -> String.format(Locale.ROOT, format, (Object[]) line).stripTrailing())
                .toList();
    }

    private static void cells(Row row, String indent, List<String[]> cells) {
        cells.add(new String[] {
            indent + row.name(),
            indent + row.layer(),
            StackShapes.text(row.to()),
            count(row.parameters()),
            count(row.buffers())
        });
        row.parts().values().forEach(part -> part.forEach(inner -> cells(inner, indent + "  ", cells)));
    }

    /** Layers without numbers leave their cells empty. */
    private static String count(long numbers) {
        return numbers == 0 ? "" : Figures.count(numbers);
    }

    /** The layers as objects; a residual block holds its own. */
    JsonArray json() {
        return json(rows);
    }

    private static JsonArray json(List<Row> rows) {
        JsonArray layers = new JsonArray();
        for (Row row : rows) {
            JsonObject layer = new JsonObject();
            layer.addProperty("name", row.name());
            layer.addProperty("layer", row.layer());
            layer.add("from", sizes(row.from()));
            layer.add("to", sizes(row.to()));
            layer.addProperty("parameters", row.parameters());
            layer.addProperty("buffers", row.buffers());
            row.parts().forEach((part, inner) -> layer.add(part, json(inner)));
            layers.add(layer);
        }
        return layers;
    }

    static JsonArray sizes(Shape shape) {
        JsonArray sizes = new JsonArray();
        for (int extent : shape.extents()) {
            sizes.add(extent);
        }
        return sizes;
    }
}
