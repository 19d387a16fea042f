package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.data.Split;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A published figure that a model's own can be compared with, since it was trained by the same protocol on the same rows. The
 * table is the resource {@code published.json}: for each preset that is a protocol its data and its rows with their sources.
 *
 * @param model what was published
 * @param nll nats per sample
 * @param source where it was read
 * @param importanceSamples that it was estimated with
 * @param epochs of the protocol
 * @param trained epochs of the model
 */
public record Published(String model, double nll, String source, int importanceSamples, int epochs, int trained) {
    /** What makes no other protocol: where it runs, what it keeps, and what a row is chosen by. */
    private static final Set<Setting> FREE = EnumSet.of(
            Setting.DATA,
            Setting.EPOCHS,
            Setting.BUDGET,
            Setting.ESTIMATOR,
            Setting.DRAWS,
            Setting.SEED,
            Setting.THREADS,
            Setting.DEVICE,
            Setting.PRECISION,
            Setting.NOISE,
            Setting.KEEP);

    /**
     * The row for an evaluation.
     *
     * @param data evaluated, as the user named it
     * @param split evaluated
     * @param count rows evaluated
     * @param epochsDone of the training, where that is known to be less than planned
     * @return nothing where the protocol is another, or other rows were evaluated
     */
    public static Optional<Published> of(Model model, String data, Split split, long count, int epochsDone) {
        boolean testRows = split == Split.TEST && data.equals(model.data().source());
        for (JsonElement element : table()) {
            JsonObject protocol = element.getAsJsonObject();
            TrainConfig preset = TrainConfig.preset(protocol.get("preset").getAsString());
            boolean same = testRows
                    && count == protocol.get("test_count").getAsLong()
                    && model.data()
                            .fingerprint()
                            .equals(protocol.get("train_fingerprint").getAsString())
                    && follows(model.config(), preset);
            if (same) {
                return row(protocol, model.config(), preset.epochs(), epochsDone);
            }
        }
        return Optional.empty();
    }

    private static boolean follows(TrainConfig config, TrainConfig preset) {
        int epochs = config.epochs();
        return equal(config, preset) || (epochs < preset.epochs() && equal(config, preset.shortened(epochs)));
    }

    private static boolean equal(TrainConfig config, TrainConfig protocol) {
        return EnumSet.complementOf(EnumSet.copyOf(FREE)).stream()
                .allMatch(setting -> config.text(setting).equals(protocol.text(setting)));
    }

    private static Optional<Published> row(JsonObject protocol, TrainConfig config, int epochs, int epochsDone) {
        for (JsonElement element : protocol.getAsJsonArray("rows")) {
            JsonObject row = element.getAsJsonObject();
            boolean same = row.get("draws").getAsInt() == config.draws()
                    && row.get("estimator")
                            .getAsString()
                            .equals(config.estimator().label());
            if (same) {
                return Optional.of(new Published(
                        row.get("model").getAsString(),
                        row.get("nll").getAsDouble(),
                        row.get("source").getAsString(),
                        protocol.get("importance_samples").getAsInt(),
                        epochs,
                        Math.min(config.epochs(), epochsDone)));
            }
        }
        return Optional.empty();
    }

    private static JsonArray table() {
        try (InputStream in = Published.class.getResourceAsStream("published.json");
                Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8)) {
            return JsonParser.parseReader(reader).getAsJsonObject().getAsJsonArray("protocols");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the model was trained for fewer epochs. */
    public boolean shortened() {
        return trained < epochs;
    }

    /**
     * Lines for people.
     *
     * @param importance samples that the model's own figure was estimated with, 0 for none
     */
    public String toText(int importance) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "%-15s %.2f   NLL of %s, %,d draws per sample: %s",
                "published",
                nll,
                model,
                importanceSamples,
                source));
        if (shortened()) {
            text.append(String.format(
                    Locale.ROOT,
                    "%n%-15s shortened: this model was trained for %,d of the protocol's %,d epochs",
                    "",
                    trained,
                    epochs));
        }
        if (importance != importanceSamples) {
            text.append(String.format(
                    Locale.ROOT, "%n%-15s to compare with it add --importance %d", "", importanceSamples));
        }
        return text.toString();
    }

    /** One object. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("model", model);
        json.addProperty("nll", nll);
        json.addProperty("importance_samples", importanceSamples);
        json.addProperty("source", source);
        json.addProperty("epochs", epochs);
        json.addProperty("epochs_trained", trained);
        json.addProperty("shortened", shortened());
        return json;
    }
}
