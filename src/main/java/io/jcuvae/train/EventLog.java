package io.jcuvae.train;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.jcuvae.data.EventFile;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A run as TensorBoard shows it: the figures of metrics.jsonl as scalars with the epoch as their step, the settings, pictures. A
 * resumed run begins a new file, which takes back what the others hold of the epochs from there on. What cannot be written in
 * the middle of a run costs the log, not the run.
 */
final class EventLog {
    /** Settings that are longer tell nothing in a table; the text of the configuration has them. */
    private static final int LONGEST_SETTING = 60;

    private static final String OFF = "off";
    private static final String ON = "on";
    private static final List<String> ROWS = List.of("train", "test", "validation");
    /** Where figures go whose names do not say what rows they are of. */
    private static final Map<String, String> GROUPS = Map.of(
            "active_units", "test",
            "gradient_norm", "train",
            "gradient_norm_max", "train",
            "codes_revived", "train",
            "learning_rate", "schedule",
            "beta", "schedule",
            "final_beta", "schedule",
            "capacity", "schedule",
            "seconds", "time",
            "samples_per_second", "time");

    private final TrainConfig config;
    private final RunFolder run;
    private final Path folder;
    private final Consumer<String> warnings;
    /** Null before it begins, and after a failure. */
    private EventFile file;

    private EventLog(TrainConfig config, RunFolder run, Path folder, Consumer<String> warnings) {
        this.config = config;
        this.run = run;
        this.folder = folder;
        this.warnings = warnings;
    }

    /** Whether a text says where to log. */
    static Object parse(String text) {
        try {
            if (!text.isEmpty()) {
                return text.equals(OFF) || text.equals(ON)
                        ? text
                        : Path.of(text).toString();
            }
        } catch (InvalidPathException e) {
            // Told below.
        }
        throw new IllegalArgumentException("must be on, off or the name of a folder");
    }

    /** The log that a configuration asks for. */
    static Optional<EventLog> of(TrainConfig config, RunFolder run, Consumer<String> warnings) {
        String where = config.text(Setting.TENSORBOARD);
        return where.equals(OFF)
                ? Optional.empty()
                : Optional.of(new EventLog(config, run, where.equals(ON) ? run.path() : Path.of(where), warnings));
    }

    /**
     * Refuses a folder that logs another run.
     *
     * @throws UserError when it does
     */
    void requireUnused() {
        if (EventFile.isIn(folder)) {
            throw new UserError("--" + Setting.TENSORBOARD.key() + " " + folder
                    + ": holds event files already, and TensorBoard would draw two runs as one; name a new folder, or"
                    + " 'on' for the run's own");
        }
    }

    /** Begins with a new run. */
    void begin() {
        create();
    }

    /**
     * Goes on; a run that was not logged until now is written from its metrics.jsonl.
     *
     * @param epoch the next one
     */
    void goOn(int epoch) {
        boolean known = EventFile.isIn(folder);
        create();
        if (known) {
            attempt(() -> file.restart(epoch));
        } else {
            run.readMetrics(epoch - 1).forEach(this::epoch);
        }
    }

    private void create() {
        file = EventFile.create(folder);
        attempt(() -> {
            JsonObject options = config.toJson();
            String text = new GsonBuilder().setPrettyPrinting().create().toJson(options);
            file.text(0, "configuration", "```\n" + text + "\n```");
            file.settings(settings(options));
        });
    }

    private static Map<String, Object> settings(JsonObject options) {
        Map<String, Object> settings = new LinkedHashMap<>();
        options.entrySet().forEach(entry -> {
            if (entry.getValue() instanceof JsonPrimitive value
                    && value.getAsString().length() <= LONGEST_SETTING) {
                settings.put(
                        entry.getKey(),
                        value.isNumber()
                                ? (Object) value.getAsDouble()
                                : value.isBoolean() ? (Object) value.getAsBoolean() : value.getAsString());
            }
        });
        return settings;
    }

    /**
     * Adds the figures of an epoch.
     *
     * @param metrics a line of metrics.jsonl
     */
    void epoch(JsonObject metrics) {
        Map<String, Double> values = new LinkedHashMap<>();
        for (Map.Entry<String, JsonElement> figure : metrics.entrySet()) {
            if (!figure.getKey().equals("epoch")) {
                values.put(tag(figure.getKey()), figure.getValue().getAsDouble());
            }
        }
        attempt(() -> file.scalars(metrics.get("epoch").getAsInt(), values));
    }

    /** {@code train_loss} is {@code train/loss}: TensorBoard draws those before the slash side by side. */
    static String tag(String figure) {
        for (String rows : ROWS) {
            if (figure.startsWith(rows + "_")) {
                return rows + "/" + figure.substring(rows.length() + 1);
            }
        }
        return GROUPS.getOrDefault(figure, "run") + "/" + figure;
    }

    /** Adds a PNG file. */
    void picture(int epoch, String tag, Path png) {
        attempt(() -> file.picture(epoch, tag, Files.readAllBytes(png)));
    }

    private interface Writing {
        void run() throws IOException;
    }

    private void attempt(Writing writing) {
        if (file == null) {
            return;
        }
        try {
            writing.run();
        } catch (IOException | Failure e) {
            file = null;
            warnings.accept(e.getMessage() + "; TensorBoard gets nothing more of this run");
        }
    }
}
