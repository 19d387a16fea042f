package io.jcuvae.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Preset;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The page of a run: how it stands, its configuration, data, curves, what the model does, and how to repeat it.
 *
 * @param pictures markup of {@link ModelSections}; empty where there is none yet
 * @param picturesEpoch the epoch they show
 * @param cost what the report took so far
 */
record RunPage(
        RunFolder folder,
        RunReport.Facts facts,
        RunReport.State state,
        String message,
        String pictures,
        int picturesEpoch,
        String cost) {

    String html(int refresh) {
        JsonObject json = config(folder);
        TrainConfig config = folder.readConfig();
        List<JsonObject> metrics = folder.readMetrics(Integer.MAX_VALUE);
        String name = name(folder);
        Html body = new Html();
        body.raw("<header>\n").element("h1", name).raw("</header>\n<main>\n");
        status(body, config, metrics);
        body.raw("<section>\n")
                .element("h2", "Configuration")
                .raw(configuration(config))
                .raw("</section>\n");
        body.raw("<div class=\"half\">\n<section>\n").element("h2", "Data and protocol");
        body.raw(data(json, config)).raw("</section>\n<section>\n").element("h2", "Results");
        body.raw(results(config, metrics)).raw("</section>\n</div>\n");
        if (!metrics.isEmpty()) {
            body.raw("<section>\n").element("h2", "Curves").raw("<div class=\"wide\">\n");
            for (LineChart chart : RunCurves.panels(List.of(new RunCurves(name, config, metrics)), 0, 360, 290, true)) {
                body.raw("<div>").raw(SvgCanvas.element(chart)).raw("</div>\n");
            }
            body.raw("</div>\n</section>\n");
        }
        int last = epoch(metrics);
        if (!pictures.isEmpty() && picturesEpoch < last) {
            body.element("p class=\"quiet\"", "What follows shows the model after epoch " + picturesEpoch + ".");
        }
        body.raw(pictures);
        body.raw("<div class=\"half\">\n<section>\n").element("h2", "Timings");
        body.raw(timings(metrics)).raw("</section>\n<section>\n").element("h2", "Environment");
        body.raw(environment(json, config)).raw("</section>\n</div>\n");
        body.raw("<section>\n")
                .element("h2", "How to repeat it")
                .raw(repeat(config))
                .raw("</section>\n</main>\n");
        body.raw("<footer>")
                .text("Written by jcuvae at "
                        + LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT))
                        + ". Losses are per sample, held-out figures those of the model after an"
                        + " epoch, training figures means over the epoch. This page loads nothing and may be sent"
                        + " as it is.");
        body.raw("</footer>\n");
        return Page.of(
                name + (state == RunReport.State.RUNNING ? ", epoch " + last : "") + " - jcuvae",
                refresh,
                body.toString());
    }

    static String name(RunFolder folder) {
        return RunCurves.names(List.of(folder.path())).get(0);
    }

    private static int epoch(List<JsonObject> metrics) {
        return metrics.isEmpty()
                ? 0
                : metrics.get(metrics.size() - 1).get("epoch").getAsInt();
    }

    /** The whole of config.json. */
    static JsonObject config(RunFolder folder) {
        try {
            return JsonParser.parseString(Files.readString(folder.config())).getAsJsonObject();
        } catch (IOException e) {
            throw new UserError(folder.config() + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private void status(Html body, TrainConfig config, List<JsonObject> metrics) {
        int done = epoch(metrics);
        String told =
                switch (state) {
                    case RUNNING ->
                        "Training: " + done + " of " + config.epochs() + " epochs done. This page follows the run.";
                    case FINISHED ->
                        message.isEmpty() ? "Finished: " + done + " epochs." : "Finished: " + message + ".";
                    case STOPPED -> Character.toUpperCase(message.charAt(0)) + message.substring(1) + ".";
                    case FAILED -> "Failed: " + message;
                };
        body.element("p class=\"status" + (state == RunReport.State.FAILED ? " failed" : "") + "\"", told);
        if (metrics.isEmpty()) {
            body.element("p class=\"quiet\"", "Curves and pictures come with the first epoch.");
            return;
        }
        JsonObject last = metrics.get(metrics.size() - 1);
        String unit = config.likelihood().unit();
        boolean divergence = config.posterior().hasDivergence();
        body.raw("<div class=\"tiles\">\n");
        if (config.hasPrior()) {
            tile(body, number(last, "test_loss"), "held-out loss, " + unit);
        }
        tile(body, number(last, "test_reconstruction"), "held-out reconstruction, " + unit);
        if (divergence) {
            tile(body, number(last, "test_kl"), "held-out KL, nats");
        }
        if (last.has("active_units")) {
            tile(body, last.get("active_units").getAsString() + " of " + config.latents(), "latents in use");
        }
        tile(body, done + " of " + config.epochs(), "epochs");
        body.raw("</div>\n");
    }

    private static void tile(Html body, String value, String name) {
        body.raw("<div>")
                .element("b", value)
                .element("span class=\"quiet\"", name)
                .raw("</div>\n");
    }

    /** A figure of metrics.jsonl with five digits. */
    static String number(JsonObject line, String key) {
        JsonElement value = line.get(key);
        if (value == null || value.isJsonNull()) {
            return "-";
        }
        double number = value.getAsDouble();
        double size = Math.abs(number);
        return String.format(
                Locale.ROOT, size >= 1000 ? "%,.0f" : size >= 10 ? "%.2f" : size >= 0.01 ? "%.3f" : "%.3g", number);
    }

    /** The preset with most in common; the first where the network is the user's own. */
    private static Preset preset(TrainConfig config) {
        return Preset.of(config).orElse(Preset.MLP);
    }

    /** The settings that differ from a preset's. */
    private static List<Setting> differing(TrainConfig config, Preset preset) {
        TrainConfig usual = TrainConfig.preset(preset.label());
        return Stream.of(Setting.values())
                .filter(setting -> !config.text(setting).equals(usual.text(setting)))
                .toList();
    }

    private String configuration(TrainConfig config) {
        Preset preset = preset(config);
        TrainConfig usual = TrainConfig.preset(preset.label());
        List<Setting> differing = differing(config, preset);
        Html html = new Html();
        html.element(
                "p",
                "Network " + facts.network() + ", " + String.format(Locale.ROOT, "%,d", facts.parameters())
                        + " parameters.");
        if (differing.isEmpty()) {
            html.element("p", "All settings are those of the preset " + preset.label() + ".");
        } else {
            List<List<String>> rows = new ArrayList<>();
            differing.forEach(setting -> rows.add(List.of(setting.key(), config.text(setting), usual.text(setting))));
            html.raw(Page.table(List.of("differs from the preset", "this run", preset.label()), rows, false));
        }
        List<String[]> all = Stream.of(Setting.values())
                .map(setting -> new String[] {setting.key(), config.text(setting)})
                .toList();
        html.raw("<details>")
                .element("summary", "all settings")
                .raw(Page.facts(all))
                .raw("</details>\n");
        return html.toString();
    }

    private static String data(JsonObject json, TrainConfig config) {
        JsonObject data = json.getAsJsonObject("data");
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"source", data.get("source").getAsString()});
        rows.add(new String[] {
            "training samples",
            String.format(Locale.ROOT, "%,d", data.get("train_count").getAsLong())
        });
        rows.add(new String[] {
            "held-out samples",
            String.format(Locale.ROOT, "%,d", data.get("test_count").getAsLong())
        });
        rows.add(new String[] {
            "shape of a sample",
            String.join(
                    " x ",
                    data.getAsJsonArray("sample_shape").asList().stream()
                            .map(JsonElement::getAsString)
                            .toList())
        });
        rows.add(new String[] {"values", data.get("values").getAsString()});
        if (data.has("classes")) {
            List<String> names = data.getAsJsonArray("classes").asList().stream()
                    .map(JsonElement::getAsString)
                    .toList();
            String shown = String.join(", ", names.subList(0, Math.min(20, names.size())));
            rows.add(new String[] {
                "labels told", shown + (names.size() > 20 ? " and " + (names.size() - 20) + " more" : "")
            });
        }
        JsonObject protocol = json.getAsJsonObject("protocol");
        for (String key : protocol.keySet()) {
            rows.add(new String[] {key, protocol.get(key).getAsString()});
        }
        if (!config.text(Setting.VALIDATION).equals("0")) {
            rows.add(new String[] {"validation", config.text(Setting.VALIDATION) + " of the training samples"});
        }
        rows.add(new String[] {"fingerprint", data.get("fingerprint").getAsString()});
        return Page.facts(rows);
    }

    private static String results(TrainConfig config, List<JsonObject> metrics) {
        if (metrics.isEmpty()) {
            return "<p class=\"quiet\">There are none before the first epoch.</p>\n";
        }
        JsonObject last = metrics.get(metrics.size() - 1);
        boolean divergence = config.posterior().hasDivergence();
        List<List<String>> rows = new ArrayList<>();
        List<String> keys = divergence
                ? List.of("loss", "reconstruction", "kl")
                : config.hasPrior() ? List.of("loss", "reconstruction") : List.of("reconstruction");
        for (String key : keys) {
            String name = key.equals("kl")
                    ? "KL, nats"
                    : key + ", " + config.likelihood().unit();
            rows.add(List.of(name, number(last, "train_" + key), number(last, "test_" + key)));
        }
        for (String key : last.keySet()) {
            String name = key.replaceFirst("^test_", "");
            if (!name.equals(key) && !List.of("loss", "reconstruction", "kl").contains(name)) {
                rows.add(List.of(name.replace('_', ' '), number(last, "train_" + name), number(last, key)));
            }
        }
        Html html = new Html().raw(Page.table(List.of("epoch " + epoch(metrics), "training", "held-out"), rows, true));
        JsonObject best = best(metrics);
        html.element(
                "p class=\"quiet\"",
                "Least held-out loss: " + number(best, "test_loss") + " in epoch "
                        + best.get("epoch").getAsInt() + ".");
        return html.toString();
    }

    /** The epoch with the least held-out loss. */
    static JsonObject best(List<JsonObject> metrics) {
        JsonObject best = metrics.get(0);
        for (JsonObject line : metrics) {
            if (line.get("test_loss").getAsDouble() < best.get("test_loss").getAsDouble()) {
                best = line;
            }
        }
        return best;
    }

    /** Seconds of training in all. */
    static double seconds(List<JsonObject> metrics) {
        return metrics.stream()
                .mapToDouble(line -> line.get("seconds").getAsDouble())
                .sum();
    }

    private String timings(List<JsonObject> metrics) {
        List<String[]> rows = new ArrayList<>();
        if (!metrics.isEmpty()) {
            double[] sorted = metrics.stream()
                    .mapToDouble(line -> line.get("seconds").getAsDouble())
                    .sorted()
                    .toArray();
            JsonObject last = metrics.get(metrics.size() - 1);
            rows.add(new String[] {"training", time(seconds(metrics))});
            rows.add(new String[] {"an epoch, median", time(sorted[sorted.length / 2])});
            rows.add(new String[] {
                "samples per second, last epoch",
                String.format(
                        Locale.ROOT, "%,.0f", last.get("samples_per_second").getAsDouble())
            });
        }
        rows.add(new String[] {"this report", cost});
        return Page.facts(rows);
    }

    /** Seconds for people. */
    static String time(double seconds) {
        if (seconds < 120) {
            return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
        }
        long minutes = Math.round(seconds / 60);
        return minutes < 120
                ? minutes + " min"
                : String.format(Locale.ROOT, "%d h %02d min", minutes / 60, minutes % 60);
    }

    private static String environment(JsonObject json, TrainConfig config) {
        List<String[]> rows = new ArrayList<>();
        JsonObject versions = json.getAsJsonObject("versions");
        for (String key : versions.keySet()) {
            rows.add(new String[] {key, versions.get(key).getAsString()});
        }
        rows.add(new String[] {"precision", config.text(Setting.PRECISION)});
        rows.add(new String[] {"seed", config.text(Setting.SEED)});
        return Page.facts(rows);
    }

    private String repeat(TrainConfig config) {
        Preset preset = preset(config);
        StringBuilder words = new StringBuilder(facts.program()).append(" train");
        words.append(preset == Preset.MLP ? "" : " --preset " + preset.label());
        for (Setting setting : differing(config, preset)) {
            words.append(" --").append(setting.key()).append(' ').append(Page.quoted(config.text(setting)));
        }
        String again = " --out " + Page.quoted(folder.path() + "-again");
        Html html = new Html();
        html.element("p", "With the same data and version, equal settings give equal figures on the same device:");
        html.element("pre", words + again);
        html.element("p", "or, from this folder's config.json:");
        html.element(
                "pre",
                facts.program() + " train --config "
                        + Page.quoted(folder.config().toString()) + again);
        return html.toString();
    }
}
