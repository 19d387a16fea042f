package io.jcuvae.cli;

import com.google.gson.JsonParser;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.TableSchema;
import io.jcuvae.device.OpenDevice;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Workers;
import java.util.List;

/** The command {@code train} with workers on other machines: options, messages and exit codes are the command line's own. */
public final class TrainCalls {
    private TrainCalls() {}

    /** Who finds workers for a run. */
    @FunctionalInterface
    public interface Hiring {
        /**
         * As many workers as a configuration says.
         *
         * @param debug whether devices are to check every launch
         */
        Workers workers(TrainConfig config, boolean debug);
    }

    /**
     * Runs the command on the streams of this process.
     *
     * @param words the command and its options
     * @return the exit code
     */
    public static int run(List<String> words, Hiring hiring) {
        return Main.run(
                words.toArray(String[]::new),
                Output.ofProcess(),
                (command, arguments, output) -> new TrainCommand(hiring).run(arguments, output));
    }

    /** The settings that a driver sent as JSON. */
    public static TrainConfig config(String json) {
        return TrainConfig.defaults()
                .with(JsonParser.parseString(json).getAsJsonObject(), "the settings that the driver sent");
    }

    /**
     * A source as a configuration wants it read.
     *
     * @param name in place of the configuration's own
     */
    public static DataSource source(TrainConfig config, String name) {
        DataSource source = DataSource.parse(name, config.pictures());
        return config.schema().isEmpty()
                ? source
                : source.by(TableSchema.read(config.schema().get()));
    }

    /** The device that a configuration asks for. */
    public static Backend device(TrainConfig config, boolean debug) {
        return OpenDevice.open(config, debug).backend();
    }
}
