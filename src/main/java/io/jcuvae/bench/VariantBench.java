package io.jcuvae.bench;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Preset;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.util.List;
import java.util.Locale;

/**
 * What the training step of each variant costs beside the plain VAE's of equal network, latents and batch: both are bound
 * at once and timed in turns, so that a machine that drifts slows both. Where a sample has several codes, the time is for
 * each of them.
 */
public final class VariantBench {
    /** A variant's extra terms should cost no more than this. */
    public static final double LIMIT = 1.5;

    private static final int ROUNDS = 9;
    private static final int WARM_UP = 4;

    /**
     * How much is measured.
     *
     * @param batch samples of a step
     * @param hidden widths of the layers
     * @param latents Z
     * @param steps timed in a row
     */
    public record Size(int batch, String hidden, int latents, int steps) {
        /** The default preset's network. */
        public static final Size FULL = new Size(128, "400,200", 20, 32);
    }

    private final Size size;
    private final Dataset data;

    /**
     * Prepares measurements.
     *
     * @param data training rows; as many as the steps need are used
     */
    public VariantBench(Size size, Dataset data) {
        this.size = size;
        this.data = data.first(Math.multiplyExact(size.batch(), size.steps()));
    }

    /** The presets to compare with the first one. */
    public static List<String> presets() {
        return Preset.variants().stream()
                .filter(preset -> preset != Preset.MLP)
                .map(Preset::label)
                .toList();
    }

    /** A preset of the size; with its own latents where it takes no such number, as one whose codes are parted into slots. */
    private TrainConfig config(String preset) {
        TrainConfig own = TrainConfig.preset(preset)
                .with(Setting.BATCH, Integer.toString(size.batch()))
                .with(Setting.HIDDEN, size.hidden());
        TrainConfig equal = own.with(Setting.LATENT, Integer.toString(size.latents()));
        return makesSense(equal) ? equal : own;
    }

    private boolean makesSense(TrainConfig config) {
        try {
            config.requireSense();
            // Any classes will do: whether there are labels is another question.
            config.spec(Shape.of(data.shape().sizes()), 2);
            return true;
        } catch (UserError e) {
            return false;
        }
    }

    /**
     * Measures one.
     *
     * @return preset, and latents, plain_us, step_us (medians), codes (of a sample) and ratio (median over the rounds, per
     *     code), and launches_per_step and plain_launches where steps are recorded; or why there is nothing
     */
    public JsonObject row(String preset, Backend backend) {
        JsonObject row = new JsonObject();
        row.addProperty("preset", preset);
        TrainConfig config = config(preset);
        try {
            config.requireSense();
            PreparedStep plain = new PreparedStep(config(Preset.MLP.label()), data, backend, size.steps());
            PreparedStep variant = new PreparedStep(config, data, backend, size.steps());
            for (int i = 0; i < WARM_UP; i++) {
                plain.time();
                variant.time();
            }
            double[] plains = new double[ROUNDS];
            double[] variants = new double[ROUNDS];
            double[] ratios = new double[ROUNDS];
            for (int i = 0; i < ROUNDS; i++) {
                plains[i] = plain.time().all();
                variants[i] = variant.time().all();
                ratios[i] = variants[i] / plains[i] / config.draws();
            }
            row.addProperty("latents", config.latents());
            row.addProperty("codes", config.draws());
            row.addProperty("plain_us", 1e6 * Median.of(plains));
            row.addProperty("step_us", 1e6 * Median.of(variants));
            row.addProperty("ratio", Median.of(ratios));
            if (variant.nodes() > 0) {
                row.addProperty("plain_launches", plain.nodes());
                row.addProperty("launches_per_step", variant.nodes());
            }
        } catch (UserError e) {
            // As a variant that is told labels, of data that have none.
            row.addProperty("why", e.getMessage());
        }
        return row;
    }

    /** All of them on one backend. */
    public JsonArray rows(Backend backend) {
        JsonArray rows = new JsonArray();
        presets().forEach(preset -> rows.add(row(preset, backend)));
        return rows;
    }

    /** Rows for people, the limit beside each. */
    static String table(JsonArray rows) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%-14s %10s %10s %6s %7s %6s%n",
                "variant",
                "step us",
                "plain us",
                "codes",
                "ratio",
                "limit"));
        for (JsonElement element : rows) {
            JsonObject row = element.getAsJsonObject();
            if (row.has("why")) {
                text.append(String.format(
                        Locale.ROOT,
                        "%-14s not measured: %s%n",
                        row.get("preset").getAsString(),
                        row.get("why").getAsString()));
                continue;
            }
            double ratio = row.get("ratio").getAsDouble();
            text.append(String.format(
                    Locale.ROOT,
                    "%-14s %10.0f %10.0f %6d %7.2f %6.1f%s%n",
                    row.get("preset").getAsString(),
                    row.get("step_us").getAsDouble(),
                    row.get("plain_us").getAsDouble(),
                    row.get("codes").getAsInt(),
                    ratio,
                    LIMIT,
                    ratio > LIMIT ? "  above" : ""));
        }
        return text.toString();
    }
}
