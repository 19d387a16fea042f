package io.jcuvae.train;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The files of a run: config.json, metrics.jsonl, model.safetensors and checkpoint.safetensors of the last epoch, other
 * checkpoints as {@link Keep} says, and the pictures.
 *
 * @param path the folder
 */
public record RunFolder(Path path) {
    private static final String FORMAT = "jcuvae-run/1";
    private static final Pattern EPOCH_CHECKPOINT = Pattern.compile("checkpoint-(\\d{1,9})\\.safetensors");

    /** Whether a JSON object is the config.json of a run folder. */
    static boolean isConfig(JsonObject json) {
        return json.has("format")
                && json.get("options") != null
                && json.get("options").isJsonObject();
    }

    /** The configuration, with all that is needed to repeat the run. */
    public Path config() {
        return path.resolve("config.json");
    }

    /** One JSON object per epoch. */
    public Path metrics() {
        return path.resolve("metrics.jsonl");
    }

    /** One JSON object per round, of a run of several workers. */
    public Path rounds() {
        return path.resolve("rounds.jsonl");
    }

    /** The parameters, for use. */
    public Path model() {
        return path.resolve("model.safetensors");
    }

    /** All that training needs to go on. */
    public Path checkpoint() {
        return path.resolve("checkpoint.safetensors");
    }

    /** The checkpoint of the epoch with the best held-out figure. */
    public Path bestCheckpoint() {
        return path.resolve("checkpoint-best.safetensors");
    }

    /** The checkpoint of an epoch. */
    public Path epochCheckpoint(int epoch) {
        return path.resolve("checkpoint-" + epoch + ".safetensors");
    }

    /** The epochs that have a checkpoint of their own, in order. */
    public List<Integer> checkpointedEpochs() {
        try (Stream<Path> files = Files.list(path)) {
            return files.map(file -> EPOCH_CHECKPOINT.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .map(name -> Integer.valueOf(name.group(1)))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new Failure(path + ": cannot be listed (" + e.getMessage() + ")", e);
        }
    }

    /** Deletes the checkpoints of epochs up to one. */
    void dropCheckpoints(int lastEpoch) {
        for (int epoch : checkpointedEpochs()) {
            try {
                if (epoch <= lastEpoch) {
                    Files.deleteIfExists(epochCheckpoint(epoch));
                }
            } catch (IOException e) {
                throw new Failure(epochCheckpoint(epoch) + ": cannot be deleted (" + e.getMessage() + ")", e);
            }
        }
    }

    /** The curves of loss, reconstruction and KL. */
    public Path lossChart() {
        return path.resolve("loss.png");
    }

    /** All of it on one page. */
    public Path report() {
        return path.resolve("report.html");
    }

    /** Held-out samples and what the model makes of them. */
    public Path reconstructions() {
        return path.resolve("reconstructions.png");
    }

    /** Samples from the prior. */
    public Path samples() {
        return path.resolve("samples.png");
    }

    /**
     * Refuses a folder that holds a run already.
     *
     * @throws UserError when it does
     */
    public void requireUnused() {
        if (Files.exists(checkpoint()) || Files.exists(config())) {
            throw new UserError(
                    path + ": holds a run already; choose another --out, or go on with it: --resume " + path);
        }
    }

    /**
     * Makes the folder for a new run.
     *
     * @throws UserError when it holds a run already
     */
    public void create() {
        requireUnused();
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new UserError(path + ": cannot be made (" + e + "); choose another --out", e);
        }
    }

    /** Writes config.json. */
    void writeConfig(TrainConfig config, DataRecord data, JsonObject versions) {
        JsonObject json = new JsonObject();
        json.addProperty("format", FORMAT);
        json.add("options", config.toJson());
        json.add("data", data.toJson());
        JsonObject protocol = new JsonObject();
        protocol.addProperty("binarization", config.binarization().label());
        protocol.addProperty("likelihood", config.likelihood().label());
        protocol.addProperty("units", config.likelihood().unit() + " per sample");
        json.add("protocol", protocol);
        json.add("versions", versions);
        String text = new GsonBuilder().setPrettyPrinting().create().toJson(json) + "\n";
        AtomicFile.write(config(), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The configuration of the run in this folder. */
    public TrainConfig readConfig() {
        if (!Files.isDirectory(path)) {
            throw new UserError(path + ": no such folder; --resume takes the folder of a run");
        }
        if (!Files.exists(config())) {
            throw new UserError(path + ": holds no config.json, so it is not the folder of a run");
        }
        return TrainConfig.defaults().withFile(config());
    }

    /** Adds a line to metrics.jsonl. */
    void append(EpochMetrics metrics) {
        append(metrics(), metrics.toJson());
    }

    /** Adds a line to rounds.jsonl. */
    void append(RoundMetrics metrics) {
        append(rounds(), metrics.toJson());
    }

    private static void append(Path file, JsonObject line) {
        try {
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new Failure(file + ": cannot be written (" + e.getMessage() + "); is the disk full?", e);
        }
    }

    /** The lines of metrics.jsonl up to an epoch; a line that a killed run left half-written is left out. */
    public List<JsonObject> readMetrics(int lastEpoch) {
        return readLines(metrics(), "epoch", lastEpoch);
    }

    /** The lines of rounds.jsonl up to a step. */
    List<JsonObject> readRounds(long lastStep) {
        return readLines(rounds(), "step", lastStep);
    }

    private static List<JsonObject> readLines(Path file, String key, long last) {
        List<JsonObject> lines = new ArrayList<>();
        if (!Files.exists(file)) {
            return lines;
        }
        try {
            for (String line : Files.readAllLines(file)) {
                try {
                    JsonObject json = JsonParser.parseString(line).getAsJsonObject();
                    if (json.get(key).getAsLong() <= last) {
                        lines.add(json);
                    }
                } catch (JsonParseException | IllegalStateException | NullPointerException e) {
                    break;
                }
            }
        } catch (IOException e) {
            throw new UserError(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
        return lines;
    }

    /** Drops the lines of epochs that the checkpoint does not know. */
    void truncateMetrics(int lastEpoch) {
        rewrite(metrics(), readMetrics(lastEpoch));
    }

    /** Drops the lines of rounds that the checkpoint does not know. */
    void truncateRounds(long lastStep) {
        if (Files.exists(rounds())) {
            rewrite(rounds(), readRounds(lastStep));
        }
    }

    private static void rewrite(Path file, List<JsonObject> lines) {
        StringBuilder text = new StringBuilder();
        lines.forEach(line -> text.append(line).append('\n'));
        AtomicFile.write(file, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
    }
}
