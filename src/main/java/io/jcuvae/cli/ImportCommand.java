package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.Classes;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.DataRecord;
import io.jcuvae.train.ImportedWeights;
import io.jcuvae.train.Preset;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.commons.cli.Option;

/** Makes a model of weights that were trained elsewhere. */
final class ImportCommand implements Command {
    private static final String MAP = "map";
    private static final String CLASSES = "classes";

    /** What makes a network, and samples of data. */
    private static final List<Setting> NETWORK = List.of(
            Setting.LATENT,
            Setting.HIDDEN,
            Setting.ACTIVATION,
            Setting.ENCODER,
            Setting.DECODER,
            Setting.LIKELIHOOD,
            Setting.LEVELS,
            Setting.CONDITION,
            Setting.POSTERIOR,
            Setting.CODES,
            Setting.CODE_SIZE,
            Setting.UPPER_LATENT,
            Setting.UPPER_HIDDEN,
            Setting.PRIOR,
            Setting.COMPONENTS,
            Setting.STANDARDIZE,
            Setting.SCHEMA,
            Setting.COLUMNS,
            Setting.LABEL_COLUMN,
            Setting.BINARIZE,
            Setting.SIZE,
            Setting.GREY);

    @Override
    public String summary() {
        return "makes a model of weights that were trained elsewhere, as in PyTorch";
    }

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>();
        options.add(CommonOptions.value("weights", "FILE", "the weights, a .safetensors file"));
        options.addAll(ConfigOptions.sources());
        options.add(CommonOptions.value(
                "data", "SRC", "what they were trained on: the model keeps what it needs to know of it"));
        options.add(CommonOptions.value(
                "sample", "SIZES", "without --data: the shape of a sample, as in 28x28 or 32x32x3"));
        options.add(CommonOptions.value(CLASSES, "K", "without --data: classes 0 to K - 1, for --condition labels"));
        options.add(CommonOptions.values(
                MAP,
                "OLD=NEW",
                "the tensor OLD of the file is the network's NEW, as in fc21.weight=mu.weight; or all that begin with"
                        + " OLD and a dot, as in fc21=mu; OLD= leaves them out; may be given several times"));
        options.add(CommonOptions.value("out", "DIR", "the folder to write"));
        TrainConfig defaults = TrainConfig.defaults();
        NETWORK.forEach(setting -> options.add(ConfigOptions.setting(setting, defaults)));
        options.add(CommonOptions.json());
        return options;
    }

    @Override
    public String example() {
        return "import --weights vae.safetensors --preset mlp --sample 28x28 --map fc21=mu --out runs/torch";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        Path weights = arguments.requiredPath("weights");
        Path out = arguments.requiredPath("out");
        Map<String, String> renames = renames(arguments.texts(MAP));
        TrainConfig config = ConfigOptions.read(arguments)
                .with(Setting.DATA, arguments.text("data").orElse("unknown"));
        config.requireSense();
        new RunFolder(out).requireUnused();
        DataRecord data = arguments.has("data") ? known(arguments, config, output) : unknown(arguments, config);
        ImportedWeights.Result made = ImportedWeights.write(weights, renames, config, data, new RunFolder(out));
        output.line("wrote " + out + ": " + ModelText.network(config, made.spec()) + ", "
                + Figures.count(made.spec().layout().count()) + " parameters of " + made.tensors() + " tensors"
                + (made.renamed().isEmpty() ? "" : ", " + made.renamed().size() + " of them mapped")
                + (made.dropped().isEmpty() ? "" : "; left out " + String.join(", ", made.dropped())));
        JsonObject json = new JsonObject();
        json.addProperty("folder", out.toString());
        json.addProperty("parameters", made.spec().layout().count());
        json.addProperty("tensors", made.tensors());
        JsonObject renamed = new JsonObject();
        made.renamed().forEach(renamed::addProperty);
        json.add("mapped", renamed);
        JsonArray dropped = new JsonArray();
        made.dropped().forEach(dropped::add);
        json.add("left_out", dropped);
        output.json(json);
        return 0;
    }

    private static Map<String, String> renames(List<String> words) {
        Map<String, String> renames = new LinkedHashMap<>();
        for (String word : words) {
            int at = word.indexOf('=');
            if (at < 1) {
                throw new UserError("--map: must be OLD=NEW, as in fc21.weight=mu.weight, got '" + word + "'");
            }
            if (renames.put(word.substring(0, at), word.substring(at + 1)) != null) {
                throw new UserError("--map: " + word.substring(0, at) + " is mapped twice; leave one out");
            }
        }
        return renames;
    }

    private static DataRecord known(Arguments arguments, TrainConfig config, Output output) {
        for (String other : List.of("sample", CLASSES)) {
            if (arguments.has(other)) {
                throw new UserError("--" + other + " and --data: both say what a sample is; leave one out");
            }
        }
        DataSource source = TrainCommand.source(arguments, config, output);
        TrainCommand.Rows rows = TrainCommand.Rows.of(source, source.load(Split.TRAIN, 0));
        ModelJob.warn(source, output);
        return ImportedWeights.record(config, rows.train(), rows.test());
    }

    private static DataRecord unknown(Arguments arguments, TrainConfig config) {
        int count = arguments.integer(CLASSES, 1, 4096, 0);
        if (config.conditioned() != count > 0) {
            throw new UserError(
                    config.conditioned()
                            ? "--data SRC or --classes K is missing: which labels the model is told"
                            : "--classes: is about labels, which the model is not told; leave it out, or give --condition"
                                    + " labels");
        }
        List<String> names = IntStream.range(0, count).mapToObj(String::valueOf).toList();
        return ImportedWeights.record(config, sample(arguments, config), new Classes(names));
    }

    private static SampleShape sample(Arguments arguments, TrainConfig config) {
        if (arguments.has("sample")) {
            try {
                return SampleShape.parse(arguments.required("sample"));
            } catch (UserError e) {
                throw new UserError("--sample: " + e.getMessage(), e);
            }
        }
        Shape example = Preset.of(config)
                .flatMap(Preset::example)
                .orElseThrow(
                        () -> new UserError("--sample SIZES or --data SRC is missing: what a sample of the model is"));
        return new SampleShape(example.extents());
    }
}
