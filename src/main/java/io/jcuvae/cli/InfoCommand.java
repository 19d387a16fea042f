package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.nn.LayerSpec;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Shape;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Model;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.TrainConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Option;

/** Describes a trained model. */
final class InfoCommand implements Command {
    /** A layer as the table shows it. */
    private record Row(String name, String layer, Shape input, Shape output, long parameters) {}

    @Override
    public String summary() {
        return "describes a model: layers, settings, data, last figures";
    }

    @Override
    public List<Option> options() {
        return List.of(CommonOptions.model(), CommonOptions.json());
    }

    @Override
    public String example() {
        return "info --model runs/digits";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        Path path = arguments.requiredPath("model");
        // Reading needs no BLAS.
        try (Backend backend = CpuBackend.withoutBlas(1)) {
            Model model = Model.load(path, backend);
            JsonObject last = lastMetrics(path);
            if (output.json()) {
                output.json(json(path, model, last));
            } else {
                text(path, model, last).forEach(output::line);
            }
        }
        return 0;
    }

    private static JsonObject lastMetrics(Path path) {
        Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        List<JsonObject> metrics = new RunFolder(folder).readMetrics(Integer.MAX_VALUE);
        return metrics.isEmpty() ? null : metrics.get(metrics.size() - 1);
    }

    private static List<Row> rows(Model model) {
        List<Row> rows = new ArrayList<>();
        Shape shape = layers(rows, "enc", model.spec().encoder(), model.spec().encoderInput());
        int latents = model.spec().latents();
        ParameterLayout layout = model.spec().layout();
        long heads = 0;
        for (String name : List.of("mu.weight", "mu.bias", "logvar.weight", "logvar.bias")) {
            heads += layout.entry(name).shape().count();
        }
        rows.add(new Row("mu, logvar", "Dense(2 x " + latents + ")", shape, Shape.of(2, latents), heads));
        layers(rows, "dec", model.spec().decoder(), Shape.of(latents));
        return rows;
    }

    private static Shape layers(List<Row> rows, String prefix, List<LayerSpec> layers, Shape input) {
        Shape shape = input;
        for (int i = 0; i < layers.size(); i++) {
            ParameterLayout layout = new ParameterLayout();
            layers.get(i).declare(layout, prefix + i, shape);
            Shape output = layers.get(i).outputShape(shape);
            rows.add(new Row(prefix + i, layers.get(i).describe(), shape, output, layout.count()));
            shape = output;
        }
        return shape;
    }

    private static List<String> text(Path path, Model model, JsonObject last) {
        TrainConfig config = model.config();
        DataRecord data = model.data();
        List<String> lines = new ArrayList<>();
        lines.add("model        " + Model.file(path));
        lines.add("network      " + ModelText.network(model));
        lines.add(String.format(
                Locale.ROOT, "  %-10s  %-22s  %-10s  %-10s  %12s", "layer", "", "from", "to", "parameters"));
        for (Row row : rows(model)) {
            lines.add(String.format(
                    Locale.ROOT,
                    "  %-10s  %-22s  %-10s  %-10s  %,12d",
                    row.name(),
                    row.layer(),
                    row.input(),
                    row.output(),
                    row.parameters()));
        }
        lines.add("parameters   " + Figures.count(model.spec().layout().count()));
        lines.add("latents      " + model.spec().latents());
        lines.add("likelihood   " + config.likelihood().label());
        lines.add("trained on   " + data.source() + ": " + Figures.count(data.count()) + " training and "
                + Figures.count(data.testCount()) + " held-out samples of " + data.shape());
        lines.add("fingerprint  " + data.fingerprint());
        lines.add("protocol     binarization " + config.binarization().label() + ", "
                + data.values().name().toLowerCase(Locale.ROOT) + " values, "
                + config.likelihood().unit() + " per sample");
        lines.add("training     batch " + config.batch() + ", Adam at " + config.learningRate() + ", beta "
                + config.beta() + ", " + config.initialisation().label() + " initialisation, seed " + config.seed());
        if (last == null) {
            lines.add("figures      none: there is no metrics.jsonl beside the model");
        } else {
            lines.add("figures      after epoch " + last.get("epoch") + " of " + config.epochs() + ", held-out: loss "
                    + nats(last, "test_loss") + ", reconstruction " + nats(last, "test_reconstruction") + ", KL "
                    + nats(last, "test_kl") + ", " + last.get("active_units") + " of " + config.latents() + " active");
        }
        return lines;
    }

    private static String nats(JsonObject line, String key) {
        return line.has(key) ? Figures.nats(line.get(key).getAsDouble()) : "?";
    }

    private static JsonObject json(Path path, Model model, JsonObject last) {
        JsonObject json = new JsonObject();
        json.addProperty("model", Model.file(path).toString());
        json.addProperty("parameters", model.spec().layout().count());
        json.addProperty("latents", model.spec().latents());
        json.addProperty("likelihood", model.config().likelihood().label());
        json.addProperty("binarization", model.config().binarization().label());
        JsonArray layers = new JsonArray();
        for (Row row : rows(model)) {
            JsonObject layer = new JsonObject();
            layer.addProperty("name", row.name());
            layer.addProperty("layer", row.layer());
            layer.add("from", sizes(row.input()));
            layer.add("to", sizes(row.output()));
            layer.addProperty("parameters", row.parameters());
            layers.add(layer);
        }
        json.add("layers", layers);
        json.add("settings", model.config().toJson());
        json.add("data", model.data().toJson());
        json.add("metrics", last);
        return json;
    }

    private static JsonArray sizes(Shape shape) {
        JsonArray sizes = new JsonArray();
        for (int extent : shape.extents()) {
            sizes.add(extent);
        }
        return sizes;
    }
}
