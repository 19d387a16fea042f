package io.jcuvae.jobs;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.Safetensors;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * From which score on a row of a model counts as unusual, kept beside the model file in calibration.json, which names the
 * model by the checksum of its parameters: a model that changed has none.
 *
 * @param recipe how the rows were scored, and must be scored to be compared
 * @param threshold what was found
 * @param data the normal rows' source as the user named it
 * @param split which of its rows
 * @param model checksum of the model's parameters
 * @param usual what each value's reconstruction term is in the middle of the normal rows; empty for samples that are no rows
 *     of numbers
 */
public record Calibration(
        ScoreRecipe recipe, Threshold threshold, String data, Split split, String model, float[] usual) {
    private static final String FORMAT = "jcuvae-calibration/1";

    /**
     * What is beside a model.
     *
     * @param calibration null where there is none of this model
     * @param file where it is
     * @param changed whether there is one of another model, or of this one before it changed
     */
    public record Kept(Calibration calibration, Path file, boolean changed) {}

    /** Beside a model: calibration.json for model.safetensors, else NAME.calibration.json. */
    public static Path beside(Path model) {
        String name = model.getFileName().toString();
        String stem = name.endsWith(".safetensors") ? name.substring(0, name.length() - 12) : name;
        return model.resolveSibling((stem.equals("model") ? "" : stem + ".") + "calibration.json");
    }

    /**
     * Scores normal rows and finds the threshold.
     *
     * @param modelFile the file that the model was loaded from
     * @param source where it is the model's training data, its held-out rows are taken
     * @param falseAlarm the chance of a false alarm
     * @throws UserError when there are too few rows, or they do not fit the model
     */
    public static Calibration fit(
            Path modelFile,
            Model model,
            Backend backend,
            ScoreRecipe recipe,
            DataSource source,
            double falseAlarm,
            Progress progress) {
        Split split = split(model, source);
        boolean numbers = !model.data().shape().isImage();
        UsualTerms usual = numbers ? new UsualTerms(model.data().shape().width()) : null;
        Scores scores = new Scores();
        try (SampleReader reader = Rows.open(model, source, split, 0);
                RowScorer scorer = new RowScorer(model, backend, recipe, numbers)) {
            RowLabels labels = Rows.labels(model, source, split, 0);
            scorer.run(
                    reader,
                    labels,
                    source.name(),
                    (some, terms, count) -> {
                        scores.add(some, count);
                        if (usual != null) {
                            usual.add(terms, count);
                        }
                    },
                    progress);
        }
        Threshold threshold = Threshold.fit(scores.copy(), falseAlarm, source.name());
        return new Calibration(
                recipe,
                threshold,
                source.name(),
                split,
                checksum(modelFile),
                usual == null ? new float[0] : usual.medians());
    }

    /** Rows that were trained on score too low, so of the training data only those held out are taken. */
    private static Split split(Model model, DataSource source) {
        return source.name().equals(model.data().source()) ? Split.TEST : source.evaluationSplit();
    }

    private static String checksum(Path modelFile) {
        return String.valueOf(Safetensors.read(modelFile).metadata().get(Safetensors.CHECKSUM));
    }

    /** Keeps it beside the model. */
    public void write(Path modelFile) {
        String text = new GsonBuilder().setPrettyPrinting().create().toJson(toJson()) + "\n";
        AtomicFile.write(beside(modelFile), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Looks for one beside a model.
     *
     * @throws UserError when the file there cannot be read or is none
     */
    public static Kept find(Path modelFile) {
        Path file = beside(modelFile);
        if (!Files.exists(file)) {
            return new Kept(null, file, false);
        }
        Calibration found = read(file);
        boolean ours = found.model.equals(checksum(modelFile));
        return new Kept(ours ? found : null, file, !ours);
    }

    private static Calibration read(Path file) {
        try {
            JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
            if (!json.has("format") || !FORMAT.equals(json.get("format").getAsString())) {
                throw new IllegalArgumentException("it is not of the format " + FORMAT);
            }
            JsonArray usual = json.getAsJsonArray("usual_terms");
            float[] terms = new float[usual.size()];
            for (int i = 0; i < terms.length; i++) {
                terms[i] = usual.get(i).getAsFloat();
            }
            return new Calibration(
                    new ScoreRecipe(
                            ScoreKind.parse(json.get("by").getAsString()),
                            json.get("draws").getAsInt()),
                    new Threshold(
                            json.get("false_alarm").getAsDouble(),
                            json.get("threshold").getAsDouble(),
                            json.getAsJsonArray("threshold_95").get(0).getAsDouble(),
                            json.getAsJsonArray("threshold_95").get(1).getAsDouble(),
                            json.getAsJsonArray("false_alarm_95").get(0).getAsDouble(),
                            json.getAsJsonArray("false_alarm_95").get(1).getAsDouble(),
                            json.get("count").getAsInt()),
                    json.get("data").getAsString(),
                    Split.parse(json.get("split").getAsString()),
                    json.get("model_sha256").getAsString(),
                    terms);
        } catch (IOException | RuntimeException e) {
            String why = e instanceof JsonParseException ? "it is no JSON" : String.valueOf(e.getMessage());
            throw new UserError(
                    file + ": holds no usable calibration ("
                            + why.lines().findFirst().orElse("")
                            + "); delete it, or calibrate anew with score --calibrate",
                    e);
        }
    }

    /** As it stands in the file. */
    public JsonObject toJson() {
        JsonObject json = new JsonObject();
        json.addProperty("format", FORMAT);
        json.addProperty("model_sha256", model);
        json.addProperty("by", recipe.kind().label());
        json.addProperty("draws", recipe.draws());
        json.addProperty("false_alarm", threshold.falseAlarm());
        json.addProperty("threshold", threshold.threshold());
        json.add("threshold_95", pair(threshold.low(), threshold.high()));
        json.add("false_alarm_95", pair(threshold.rateLow(), threshold.rateHigh()));
        json.addProperty("count", threshold.count());
        json.addProperty("data", data);
        json.addProperty("split", split.toString());
        JsonArray terms = new JsonArray();
        for (float term : usual) {
            terms.add(term);
        }
        json.add("usual_terms", terms);
        return json;
    }

    private static JsonArray pair(double low, double high) {
        JsonArray pair = new JsonArray();
        pair.add(low);
        pair.add(high);
        return pair;
    }

    /** Why a score of a recipe cannot be compared with the threshold; nothing where it can. */
    public Optional<String> misfit(ScoreRecipe asked) {
        return asked.equals(recipe)
                ? Optional.empty()
                : Optional.of("the threshold is of the " + recipe + ", not of the " + asked);
    }

    /** In a line. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s (95 %%: %s to %s) for false alarms at %s (95 %%: %s to %s), %s, from %,d rows of %s (%s)",
                (float) threshold.threshold(),
                (float) threshold.low(),
                (float) threshold.high(),
                Threshold.share(threshold.falseAlarm()),
                Threshold.share(threshold.rateLow()),
                Threshold.share(threshold.rateHigh()),
                recipe,
                threshold.count(),
                data,
                split);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Calibration calibration && toJson().equals(calibration.toJson());
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(usual) + model.hashCode();
    }
}
