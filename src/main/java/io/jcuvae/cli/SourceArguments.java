package io.jcuvae.cli;

import io.jcuvae.data.NamedColumns;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.data.SourceOptions;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** What stands beside {@code --data SRC} wherever it is taken. */
final class SourceArguments {
    /** The option of places to download from. */
    static final String MIRROR = "mirror";

    private SourceArguments() {}

    /** The options of a command that are there because it has {@code --data SRC}; none for others. */
    static List<Option> beside(List<Option> options) {
        boolean source = options.stream()
                .anyMatch(option -> "data".equals(option.getLongOpt()) && "SRC".equals(option.getArgName()));
        if (!source) {
            return List.of();
        }
        List<Option> beside = new ArrayList<>();
        beside.add(CommonOptions.values(
                MIRROR,
                "URL",
                "of --data mnist or fashion-mnist: download its files from that folder, in place of the built-in mirrors; may be"
                        + " given several times, the first that delivers counts"));
        for (Setting setting : List.of(Setting.COLUMNS, Setting.LABEL_COLUMN)) {
            if (options.stream().noneMatch(option -> setting.key().equals(option.getLongOpt()))) {
                beside.add(CommonOptions.value(setting.key(), setting.argument(), setting.help()));
            }
        }
        return beside;
    }

    /** What is said there. */
    static SourceOptions read(Arguments arguments, Output output, PictureOptions pictures) {
        return read(arguments, output, pictures, TrainConfig.defaults(), false);
    }

    /**
     * What is said there, and of columns what a configuration says where the options do not.
     *
     * @param binding whether data must have what the configuration names
     */
    static SourceOptions read(
            Arguments arguments, Output output, PictureOptions pictures, TrainConfig otherwise, boolean binding) {
        boolean asked = binding || arguments.has(Setting.COLUMNS.key()) || arguments.has(Setting.LABEL_COLUMN.key());
        TrainConfig config = otherwise;
        for (Setting setting : List.of(Setting.COLUMNS, Setting.LABEL_COLUMN)) {
            Optional<String> text = arguments.text(setting.key());
            config = text.isPresent() ? config.with(setting, text.get()) : config;
        }
        NamedColumns columns = asked ? config.columns() : config.columns().whereThereAre();
        columns = binding || arguments.has(Setting.LABEL_COLUMN.key()) ? columns : columns.labelWhereThereIsOne();
        return SourceOptions.NONE
                .with(pictures)
                .with(columns)
                .withMirrors(arguments.texts(MIRROR), () -> new JobProgress(output, "downloading", 1 << 10, "KiB/s"));
    }
}
