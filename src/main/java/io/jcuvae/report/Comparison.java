package io.jcuvae.report;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.SampleShape;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * A page with runs side by side: what differs in their configurations first, then curves, measures, and samples from the same
 * noise.
 */
public final class Comparison {
    /** Rows that every run reconstructs. */
    public static final int ROWS = ModelSections.COLUMNS;

    /** The seed of the noise that all runs decode. */
    private static final long SEED = 0;

    /**
     * A run.
     *
     * @param curves with its name
     * @param parameters their number
     * @param samples markup; empty where there are none
     * @param originals markup of rows; empty where there are none
     * @param reconstructions markup of the same rows as the run makes them
     */
    public record Side(
            RunFolder folder,
            RunCurves curves,
            long parameters,
            String samples,
            String originals,
            String reconstructions) {
        /**
         * Looks at a model.
         *
         * @param rows that it is to reconstruct; null for none
         */
        public static Side of(
                RunFolder folder, RunCurves curves, long parameters, Inspection inspection, PickedRows rows) {
            SampleShape shape = inspection.model().data().shape();
            if (!shape.isImage()) {
                return new Side(folder, curves, parameters, "", "", "");
            }
            String originals = "";
            String made = "";
            if (rows != null) {
                int count = rows.count();
                Inspection.Seen seen = inspection.look(rows.rows(), rows.told(), count);
                originals = strip(inspection.shown(rows.rows(), count), count, shape, "held-out samples");
                made = strip(seen.made(), count, shape, "reconstructions by " + curves.name());
            }
            return new Side(folder, curves, parameters, ModelSections.samples(inspection, SEED), originals, made);
        }

        private static String strip(float[] rows, int count, SampleShape shape, String description) {
            return Page.picture(Pictures.sheet(rows, count, shape, count, 1), 560, description);
        }
    }

    private final List<Side> sides;

    private Comparison(List<Side> sides) {
        this.sides = List.copyOf(sides);
    }

    /**
     * Writes the page.
     *
     * @param sides at least two
     */
    public static void write(Path file, List<Side> sides) {
        String html = new Comparison(sides).html();
        AtomicFile.write(file, out -> out.write(html.getBytes(StandardCharsets.UTF_8)));
    }

    private String html() {
        Html body = new Html();
        String title = sides.size() + " runs compared";
        body.raw("<header>\n").element("h1", title);
        body.element("p class=\"quiet\"", String.join(", ", names())).raw("</header>\n<main>\n");
        section(body, "What differs", differences());
        Html curves = new Html().raw("<div class=\"wide\">\n");
        List<RunCurves> all = sides.stream().map(Side::curves).toList();
        int height = 280 + 40 * sides.size();
        for (LineChart chart : RunCurves.panels(all, 0, 360, height, true)) {
            curves.raw("<div>").raw(SvgCanvas.element(chart)).raw("</div>\n");
        }
        section(body, "Curves", curves.raw("</div>\n").toString());
        section(body, "Measures", measures());
        section(body, "Samples from the same noise", samples());
        section(body, "Reconstructions of the same samples", reconstructions());
        body.raw("</main>\n<footer>").text("Written by jcuvae. This page loads nothing and may be sent as it is.");
        body.raw("</footer>\n");
        return Page.of(title + " - jcuvae", 0, body.toString());
    }

    private static void section(Html body, String title, String content) {
        if (!content.isEmpty()) {
            body.raw("<section>\n").element("h2", title).raw(content).raw("</section>\n");
        }
    }

    private List<String> names() {
        return sides.stream().map(side -> side.curves().name()).toList();
    }

    private List<String> head(String first) {
        List<String> head = new ArrayList<>(List.of(first));
        head.addAll(names());
        return head;
    }

    private String differences() {
        List<List<String>> rows = new ArrayList<>();
        for (Setting setting : Setting.values()) {
            add(
                    rows,
                    setting.key(),
                    sides.stream()
                            .map(side -> side.curves().config().text(setting))
                            .toList());
        }
        List<JsonObject> configs =
                sides.stream().map(side -> RunPage.config(side.folder())).toList();
        for (String part : List.of("data", "versions")) {
            Set<String> keys = new TreeSet<>();
            configs.forEach(json -> keys.addAll(json.getAsJsonObject(part).keySet()));
            keys.remove("source");
            for (String key : keys) {
                add(
                        rows,
                        key,
                        configs.stream()
                                .map(json -> text(json.getAsJsonObject(part).get(key)))
                                .toList());
            }
        }
        if (rows.isEmpty()) {
            return "<p>Nothing: all settings, data and versions are the same.</p>\n";
        }
        return Page.table(head("setting"), rows, false);
    }

    private static String text(JsonElement value) {
        return value == null ? "-" : value.isJsonPrimitive() ? value.getAsString() : value.toString();
    }

    private static void add(List<List<String>> rows, String name, List<String> values) {
        if (Set.copyOf(values).size() > 1) {
            List<String> row = new ArrayList<>(List.of(name));
            row.addAll(values);
            rows.add(row);
        }
    }

    private String measures() {
        List<List<String>> rows = new ArrayList<>();
        row(rows, "epochs", side -> String.valueOf(side.curves().metrics().size()));
        row(rows, "unit", side -> side.curves().config().likelihood().unit() + " per sample");
        row(rows, "held-out loss", side -> last(side, "test_loss"));
        row(rows, "held-out reconstruction", side -> last(side, "test_reconstruction"));
        row(rows, "held-out KL, nats", side -> last(side, "test_kl"));
        row(rows, "least held-out loss", side -> {
            List<JsonObject> metrics = side.curves().metrics();
            JsonObject best = metrics.isEmpty() ? null : RunPage.best(metrics);
            return best == null
                    ? "-"
                    : RunPage.number(best, "test_loss") + " (epoch "
                            + best.get("epoch").getAsInt() + ")";
        });
        row(rows, "latents in use", side -> {
            List<JsonObject> metrics = side.curves().metrics();
            JsonObject line = metrics.isEmpty() ? new JsonObject() : metrics.get(metrics.size() - 1);
            return (line.has("active_units") ? line.get("active_units").getAsString() : "-") + " of "
                    + side.curves().config().latents();
        });
        row(rows, "parameters", side -> String.format(Locale.ROOT, "%,d", side.parameters()));
        row(
                rows,
                "training time",
                side -> RunPage.time(RunPage.seconds(side.curves().metrics())));
        return Page.table(head("after the last epoch"), rows, true) + incomparable();
    }

    private static String last(Side side, String key) {
        List<JsonObject> metrics = side.curves().metrics();
        boolean kl = key.endsWith("_kl");
        return metrics.isEmpty() || kl && !side.curves().config().posterior().hasDivergence()
                ? "-"
                : RunPage.number(metrics.get(metrics.size() - 1), key);
    }

    private void row(List<List<String>> rows, String name, Function<Side, String> value) {
        List<String> row = new ArrayList<>(List.of(name));
        sides.forEach(side -> row.add(value.apply(side)));
        rows.add(row);
    }

    /** Says which losses do not compare, and why. */
    private String incomparable() {
        Set<String> why = new LinkedHashSet<>();
        for (Setting setting : List.of(Setting.LIKELIHOOD, Setting.BINARIZE, Setting.LEVELS, Setting.BETA)) {
            if (sides.stream()
                            .map(side -> side.curves().config().text(setting))
                            .distinct()
                            .count()
                    > 1) {
                why.add(setting.key());
            }
        }
        if (sides.stream()
                        .map(side -> RunPage.config(side.folder())
                                .getAsJsonObject("data")
                                .get("fingerprint")
                                .getAsString())
                        .distinct()
                        .count()
                > 1) {
            why.add("the data");
        }
        return why.isEmpty()
                ? ""
                : new Html()
                        .element(
                                "p class=\"status\"",
                                "The losses do not compare one to one, as the runs differ in " + String.join(", ", why)
                                        + ".")
                        .toString();
    }

    private String samples() {
        if (sides.stream().allMatch(side -> side.samples().isEmpty())) {
            return "";
        }
        Html html = new Html();
        html.element(
                "p class=\"quiet\"",
                "Runs with as many latents decode the same codes; others the same sequence of normals, cut into codes of their"
                        + " length.");
        html.raw("<div class=\"half\">\n");
        for (Side side : sides) {
            html.raw("<div>").element("h3", side.curves().name());
            html.raw(
                    side.samples().isEmpty()
                            ? "<p class=\"quiet\">There is no prior to draw from.</p>\n"
                            : side.samples());
            html.raw("</div>\n");
        }
        return html.raw("</div>\n").toString();
    }

    private String reconstructions() {
        if (sides.stream().allMatch(side -> side.originals().isEmpty())) {
            return "";
        }
        Html html = new Html().raw("<div class=\"half\">\n");
        String before = "";
        for (Side side : sides) {
            if (!side.originals().isEmpty() && !side.originals().equals(before)) {
                before = side.originals();
                html.raw("<div>").element("h3", "held-out samples").raw(before).raw("</div>\n");
            }
            if (!side.reconstructions().isEmpty()) {
                html.raw("<div>")
                        .element("h3", side.curves().name())
                        .raw(side.reconstructions())
                        .raw("</div>\n");
            }
        }
        return html.raw("</div>\n").toString();
    }
}
