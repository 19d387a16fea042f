package io.jcuvae.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.DataSource;
import io.jcuvae.jobs.AnomalyTrial;
import io.jcuvae.jobs.ScoreKind;
import io.jcuvae.jobs.ScoreRecipe;
import io.jcuvae.train.Preset;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** What scripts/bench adbench runs. */
final class AdbenchCommand implements Command {
    private static final List<Setting> SETTINGS = List.of(
            Setting.LATENT,
            Setting.HIDDEN,
            Setting.LIKELIHOOD,
            Setting.BETA,
            Setting.EPOCHS,
            Setting.BATCH,
            Setting.LR,
            Setting.PATIENCE,
            Setting.VALIDATION,
            Setting.WEIGHT_DECAY);

    @Override
    public String summary() {
        return "finds anomalies after training on normal rows, beside PCA";
    }

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>();
        options.add(CommonOptions.value("data", "SRC,..", "tables with labels, 1 for anomalies"));
        options.add(CommonOptions.value("seeds", "N", "divisions and trainings (default 5)"));
        options.addAll(ConfigOptions.sources());
        TrainConfig defaults = TrainConfig.preset(Preset.TABLE.label());
        Stream.of(Setting.values())
                .filter(SETTINGS::contains)
                .map(setting -> ConfigOptions.setting(setting, defaults))
                .forEach(options::add);
        options.add(CommonOptions.value("out", "FILE", "write the report here too, as JSON"));
        options.add(CommonOptions.device());
        options.add(CommonOptions.precision());
        options.add(CommonOptions.threads());
        options.add(CommonOptions.json());
        return options;
    }

    @Override
    public String example() {
        return "adbench --data 6_cardio.npz,38_thyroid.npz --seeds 5";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        TrainConfig config = arguments.has("preset") || arguments.has("config")
                ? ConfigOptions.read(arguments)
                : ConfigOptions.withOptions(TrainConfig.preset(Preset.TABLE.label()), arguments);
        int seeds = arguments.integer("seeds", 1, 1000, 5);
        List<ScoreRecipe> recipes =
                Arrays.stream(ScoreKind.values()).map(ScoreRecipe::of).toList();
        JsonArray sets = new JsonArray();
        try (Device device = Device.open(arguments, config)) {
            for (String src : arguments.required("data").split(",")) {
                AnomalyTrial.Report report = AnomalyTrial.run(
                        DataSource.parse(src), config.with(Setting.DATA, src), seeds, recipes, device.backend());
                output.line(report.toText().stripTrailing());
                sets.add(report.toJson());
            }
        }
        JsonObject json = new JsonObject();
        json.add("settings", config.toJson());
        json.add("sets", sets);
        String text = new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n";
        arguments
                .path("out")
                .ifPresent(file -> AtomicFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8))));
        output.json(json);
        return 0;
    }
}
