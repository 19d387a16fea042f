package io.jcuvae.cli;

import io.jcuvae.train.Preset;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** Where settings come from: a preset, a file that goes before it, and options that go before both. */
final class ConfigOptions {
    private ConfigOptions() {}

    /** The preset and the file. */
    static List<Option> sources() {
        String presets = Stream.of(Preset.values())
                .map(preset -> preset.label() + " (" + preset.summary() + ")")
                .collect(Collectors.joining(", "));
        return List.of(
                CommonOptions.value(
                        "preset",
                        "NAME",
                        "where the defaults come from: " + presets + " (default " + TrainConfig.PRESETS.get(0) + ")"),
                CommonOptions.value(
                        "config",
                        "FILE",
                        "settings as JSON, as in {\"epochs\": 20}, or a run's config.json; they go before the preset's,"
                                + " and options go before them"));
    }

    /** A setting as an option. */
    static Option setting(Setting setting, TrainConfig defaults) {
        String help = setting.help() + " (default " + defaults.text(setting) + ")";
        return setting.isFlag()
                ? CommonOptions.valueOrFlag(setting.key(), setting.argument(), help)
                : CommonOptions.value(setting.key(), setting.argument(), help);
    }

    /** The configuration that a new run would have. */
    static TrainConfig read(Arguments arguments) {
        TrainConfig config = TrainConfig.preset(arguments.text("preset").orElse(TrainConfig.PRESETS.get(0)));
        Optional<Path> file = arguments.path("config");
        TrainConfig whole = withOptions(file.isPresent() ? config.withFile(file.get()) : config, arguments);
        Stream.of(Setting.values()).filter(setting -> given(setting, arguments)).forEach(whole::requireOfUse);
        return whole;
    }

    /** A configuration with the settings that are given as options. */
    static TrainConfig withOptions(TrainConfig config, Arguments arguments) {
        TrainConfig changed = config;
        for (Setting setting : Setting.values()) {
            if (given(setting, arguments)) {
                // Only a flag can be there without a value.
                changed = changed.with(setting, arguments.text(setting.key()).orElse("true"));
            }
        }
        return changed;
    }

    private static boolean given(Setting setting, Arguments arguments) {
        return arguments.knows(setting.key()) && arguments.has(setting.key());
    }
}
