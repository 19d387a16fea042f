package io.jcuvae.cli;

import com.google.gson.JsonObject;
import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Classes;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.data.Table;
import io.jcuvae.data.TableColumn;
import io.jcuvae.data.TableSchema;
import io.jcuvae.jobs.Calibration;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ColumnKind;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.TableLayout;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.Model;
import io.jcuvae.train.Preset;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.vae.Posterior;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** Describes a trained model, or the network that a preset or a configuration would train. */
final class InfoCommand implements Command {
    /** What makes a network. */
    private static final List<Setting> NETWORK = List.of(
            Setting.LATENT,
            Setting.UPPER_LATENT,
            Setting.UPPER_HIDDEN,
            Setting.HIDDEN,
            Setting.ACTIVATION,
            Setting.ENCODER,
            Setting.DECODER,
            Setting.CONDITION,
            Setting.LIKELIHOOD,
            Setting.PRIOR,
            Setting.COMPONENTS);

    @Override
    public String summary() {
        return "describes a model, or the network of a preset: its layers and shapes";
    }

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>();
        options.add(CommonOptions.model());
        options.addAll(ConfigOptions.sources());
        options.add(CommonOptions.value(
                "sample", "SIZES", "without --model: the shape of a sample, as in 28x28 or 32x32x3"));
        options.add(CommonOptions.value(
                "data", "SRC", "without --model: data with such samples (default the preset's or those of --config)"));
        TrainConfig defaults = TrainConfig.defaults();
        NETWORK.forEach(setting -> options.add(ConfigOptions.setting(setting, defaults)));
        options.add(CommonOptions.json());
        return options;
    }

    @Override
    public String example() {
        return "info --preset conv-28";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        if (!arguments.has("model")) {
            if (arguments.given().stream().allMatch(name -> name.equals("json") || name.equals("debug"))) {
                throw new UserError(
                        "--model DIR is missing: the folder of a run, or a model file; or give --preset NAME" + " ("
                                + String.join(", ", TrainConfig.PRESETS)
                                + ") or --config FILE for a network not trained yet");
            }
            describeNetwork(arguments, output);
            return 0;
        }
        for (String other : arguments.given()) {
            if (!List.of("model", "json", "debug").contains(other)) {
                throw new UserError("--" + other + ": cannot be given with --model, which has its own; leave one out");
            }
        }
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

    private static void describeNetwork(Arguments arguments, Output output) {
        TrainConfig config = ConfigOptions.read(arguments);
        Shape sample = sample(arguments, output, config);
        Classes classes = config.conditioned()
                ? Classes.of(DataSource.parse(
                        config.data(), SourceArguments.read(arguments, output, config.pictures(), config, true)))
                : Classes.NONE;
        TableLayout columns = config.schema()
                .map(file -> DataSource.parse(
                                config.data(), SourceArguments.read(arguments, output, config.pictures(), config, true))
                        .by(TableSchema.read(file))
                        .load(Split.TRAIN, config.limit()))
                .map(rows -> rows.table().fitted(rows).layout())
                .orElse(TableLayout.NONE);
        VaeSpec spec = config.spec(sample, classes.count(), columns);
        NetworkTable table = new NetworkTable(spec);
        output.line("network      " + ModelText.network(config, spec));
        table.lines().forEach(output::line);
        condition(classes).forEach(output::line);
        output.line("likelihood   " + config.likelihood().label());
        prior(spec).forEach(output::line);
        JsonObject json = new JsonObject();
        json.addProperty("preset", Preset.of(config).map(Preset::label).orElse(null));
        json.add("sample", NetworkTable.sizes(sample));
        network(json, table, spec);
        json.add("settings", config.toJson());
        output.json(json);
    }

    /** What is asked for, else what the preset is made for, else what the configuration trains on. */
    private static Shape sample(Arguments arguments, Output output, TrainConfig config) {
        Optional<String> sizes = arguments.text("sample");
        if (sizes.isPresent()) {
            if (arguments.has("data")) {
                throw new UserError("--sample and --data: both say what a sample is; leave one out");
            }
            try {
                return Shape.of(SampleShape.parse(sizes.get()).sizes());
            } catch (UserError e) {
                throw new UserError("--sample: " + e.getMessage(), e);
            }
        }
        Optional<Shape> example = Preset.of(config).flatMap(Preset::example);
        if (example.isPresent() && config.data().equals(TrainConfig.defaults().data())) {
            return example.get();
        }
        Table schema = config.schema().map(TableSchema::read).orElse(Table.NONE);
        try (SampleReader reader = DataSource.parse(
                        config.data(), SourceArguments.read(arguments, output, config.pictures(), config, true))
                .by(schema)
                .open(Split.TRAIN, 1)) {
            return Shape.of(reader.shape().sizes());
        }
    }

    private static JsonObject lastMetrics(Path path) {
        Path folder = Files.isDirectory(path) ? path : path.toAbsolutePath().getParent();
        List<JsonObject> metrics = new RunFolder(folder).readMetrics(Integer.MAX_VALUE);
        return metrics.isEmpty() ? null : metrics.get(metrics.size() - 1);
    }

    private static List<String> text(Path path, Model model, JsonObject last) {
        TrainConfig config = model.config();
        DataRecord data = model.data();
        List<String> lines = new ArrayList<>();
        lines.add("model        " + Model.file(path));
        lines.add("network      " + ModelText.network(model));
        lines.addAll(new NetworkTable(model.spec()).lines());
        lines.addAll(condition(data.classes()));
        lines.addAll(columns(data.table()));
        lines.add("latents      " + model.spec().latents()
                + (model.spec().upper().given()
                        ? ", and " + model.spec().upper().latents() + " above"
                        : ""));
        lines.add("likelihood   " + config.likelihood().label());
        lines.addAll(prior(model.spec()));
        lines.add("trained on   " + data.source() + ": " + Figures.count(data.count()) + " training and "
                + Figures.count(data.testCount()) + " held-out samples of " + data.shape());
        lines.add("fingerprint  " + data.fingerprint());
        lines.add("protocol     binarization " + config.binarization().label() + ", "
                + data.values().name().toLowerCase(Locale.ROOT) + " values, "
                + config.likelihood().unit() + " per sample");
        lines.add("training     batch " + config.batch() + ", Adam at " + config.learningRate() + ", beta "
                + config.beta() + ", " + config.initialisation().label() + " initialisation, seed " + config.seed());
        calibration(path).ifPresent(lines::add);
        if (last == null) {
            lines.add("figures      none: there is no metrics.jsonl beside the model");
        } else {
            lines.add("figures      after epoch " + last.get("epoch") + " of " + config.epochs() + ", held-out: loss "
                    + nats(last, "test_loss") + ", reconstruction " + nats(last, "test_reconstruction")
                    + (config.posterior().hasDivergence() ? ", KL " + nats(last, "test_kl") : "")
                    + (config.posterior() == Posterior.VQ
                            ? ", perplexity " + nats(last, "test_perplexity") + ", " + last.get("test_codes_used")
                                    + " of " + config.codebook().codes() + " codes used"
                            : "")
                    + ", "
                    + last.get("active_units") + " of " + config.latents() + " active");
        }
        return lines;
    }

    /** The threshold for scores that is kept beside a model, or that it is void. */
    private static Optional<String> calibration(Path path) {
        Calibration.Kept kept = Calibration.find(Model.file(path));
        return kept.calibration() != null
                ? Optional.of("threshold    " + kept.calibration())
                : kept.changed()
                        ? Optional.of("threshold    void: " + kept.file() + " is of a model that has changed since")
                        : Optional.empty();
    }

    private static List<String> condition(Classes classes) {
        return classes.count() == 0
                ? List.of()
                : List.of("condition    the label, one of " + classes.count() + ": " + classes);
    }

    /** A line for each column of a schema; how many there are where columns have no names. */
    private static List<String> columns(Table table) {
        List<String> lines = new ArrayList<>();
        if (table.given()) {
            lines.add("columns      " + table.columns().size() + ", standardised"
                    + (table.named() ? " where they are numbers" : ""));
        }
        for (TableColumn column : table.named() ? table.columns() : List.<TableColumn>of()) {
            lines.add("  " + column.name() + ": " + column.kind().label()
                    + switch (column.kind()) {
                        case NUMERIC, COUNT ->
                            String.format(
                                    Locale.ROOT,
                                    ", mean %.4g, deviation %.4g%s",
                                    column.mean(),
                                    column.deviation(),
                                    column.kind() == ColumnKind.COUNT ? " of log(1 + x)" : "");
                        case BINARY, CATEGORICAL ->
                            column.levels().isEmpty() ? "" : ", " + new Classes(column.levels());
                    }
                    + (column.missing() > 0 ? ", " + Figures.count(column.missing()) + " missing" : ""));
        }
        return lines;
    }

    private static List<String> prior(VaeSpec spec) {
        return spec.prior().isLearned()
                ? List.of("prior        learned, " + spec.prior().describe())
                : List.of();
    }

    private static String nats(JsonObject line, String key) {
        return line.has(key) ? Figures.nats(line.get(key).getAsDouble()) : "?";
    }

    private static JsonObject json(Path path, Model model, JsonObject last) {
        JsonObject json = new JsonObject();
        json.addProperty("model", Model.file(path).toString());
        network(json, new NetworkTable(model.spec()), model.spec());
        json.addProperty("binarization", model.config().binarization().label());
        json.add("settings", model.config().toJson());
        json.add("data", model.data().toJson());
        Calibration kept = Calibration.find(Model.file(path)).calibration();
        if (kept != null) {
            JsonObject calibration = kept.toJson();
            calibration.remove("usual_terms");
            json.add("calibration", calibration);
        }
        json.add("metrics", last);
        return json;
    }

    private static void network(JsonObject json, NetworkTable table, VaeSpec spec) {
        json.addProperty("parameters", table.parameters());
        json.addProperty("buffers", table.buffers());
        json.addProperty("latents", spec.latents());
        if (spec.upper().given()) {
            json.addProperty("upper_latents", spec.upper().latents());
        }
        json.addProperty("likelihood", spec.likelihood().label());
        json.addProperty("prior", spec.prior().kind().label());
        json.addProperty("components", spec.prior().components());
        json.add("layers", table.json());
    }
}
