package io.jcuvae.report;

import io.jcuvae.data.SampleShape;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.LatentUse;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.train.Model;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * The parts of a page that show what a model does: KL per latent, reconstructions, samples and traversals, where there are such.
 */
final class ModelSections {
    /** Held-out rows that are looked at: enough for the order of the latents, a small part of an epoch. */
    static final int ROWS = 1000;

    /** Values of these rows, at most: large pictures are fewer. */
    static final int VALUES = 1 << 22;

    /** Pictures side by side. */
    static final int COLUMNS = 8;

    private static final int MOST_BARS = 24;
    private static final int MOST_LINES = 10;
    private static final int MOST_CLASSES = 10;
    private static final int STEPS = 9;
    private static final int MOST_PICTURES = 64;
    /** Pixels of the samples in one section. */
    private static final long PIXELS = 120_000;

    private ModelSections() {}

    /**
     * All that apply.
     *
     * @param last whether no other look follows: what binds the model anew is left for that
     */
    static String of(Inspection inspection, PickedRows rows, boolean last) {
        Model model = inspection.model();
        Inspection.Seen seen = inspection.look(rows.rows(), rows.told(), rows.count(), MOST_PICTURES);
        LatentUse use = LatentUse.of(seen);
        Html html = new Html();
        if (use.hasDivergence()) {
            html.raw(divergence(use));
        }
        SampleShape shape = model.data().shape();
        if (!shape.isImage()) {
            return html.toString();
        }
        html.raw("<div class=\"half\">\n<section>\n").element("h2", "Reconstructions");
        html.raw(reconstructions(inspection.shown(rows.rows(), Math.min(rows.count(), MOST_PICTURES)), seen, shape))
                .raw("</section>\n");
        String samples = last || inspection.hasNormalPrior()
                ? samples(inspection, model.config().seed())
                : "";
        if (!samples.isEmpty()) {
            html.raw("<section>\n").element("h2", "Samples").raw(samples).raw("</section>\n");
        }
        html.raw("</div>\n");
        if (ModelFigures.moves(model)) {
            html.raw(traversals(inspection, use, rows));
        }
        return html.toString();
    }

    private static String divergence(LatentUse use) {
        int[] order = use.order();
        int shown = Math.min(MOST_BARS, order.length);
        double most = Math.max(use.kl()[order[0]], 1e-9);
        double sum = Arrays.stream(use.kl()).sum();
        Html html = new Html().raw("<section>\n").element("h2", "KL per latent");
        html.element(
                "p class=\"quiet\"",
                String.format(
                        Locale.ROOT,
                        "Divergence of each latent's posterior from the standard normal in nats, mean of %,d held-out samples;"
                                + " %.2f nats in all. Latents near 0 carry nothing.",
                        use.rows(),
                        sum));
        html.raw("<div class=\"half\">\n");
        int half = shown > 8 ? (shown + 1) / 2 : shown;
        for (int from = 0; from < shown; from += half) {
            html.raw("<div class=\"lines\">\n");
            for (int k = from; k < Math.min(shown, from + half); k++) {
                double kl = use.kl()[order[k]];
                html.element("span", ModelFigures.lineName(use, order[k]));
                html.raw(String.format(
                        Locale.ROOT,
                        "<div class=\"bar\" style=\"width:%.1f%%\"></div>\n",
                        Math.max(0, 100 * kl / most)));
            }
            html.raw("</div>\n");
        }
        html.raw("</div>\n");
        if (shown < order.length) {
            double rest = IntStream.range(shown, order.length)
                    .mapToDouble(k -> use.kl()[order[k]])
                    .sum();
            html.element(
                    "p class=\"quiet\"",
                    String.format(
                            Locale.ROOT, "The other %d latents have %.2f nats together.", order.length - shown, rest));
        }
        return html.raw("</section>\n").toString();
    }

    /** So many pictures of a shape that a page stays light, in whole lines. */
    static int room(SampleShape shape) {
        long most = Math.min(MOST_PICTURES, PIXELS / Math.max(1, shape.width()));
        return (int) Math.max(COLUMNS, most / COLUMNS * COLUMNS);
    }

    private static String reconstructions(float[] rows, Inspection.Seen seen, SampleShape shape) {
        int pairs = Math.min(Math.max(COLUMNS, room(shape) / 2), rows.length / shape.width());
        pairs = pairs > COLUMNS ? pairs / COLUMNS * COLUMNS : pairs;
        Html html = new Html();
        html.element("p class=\"quiet\"", "Held-out samples, and below each line what the model makes of their codes.");
        int width = shape.width();
        for (int first = 0; first < pairs; first += COLUMNS) {
            int count = Math.min(COLUMNS, pairs - first);
            float[] both = new float[2 * count * width];
            System.arraycopy(rows, first * width, both, 0, count * width);
            System.arraycopy(seen.made(), first * width, both, count * width, count * width);
            html.raw("<figure>")
                    .raw(Page.picture(
                            Pictures.sheet(both, 2 * count, shape, count, 1),
                            560 * count / COLUMNS,
                            "held-out samples " + first + " to " + (first + count - 1)
                                    + ", below them their reconstructions"))
                    .raw("</figure>\n");
        }
        return html.toString();
    }

    /** Empty where nothing can be drawn from. */
    static String samples(Inspection inspection, long seed) {
        Model model = inspection.model();
        SampleShape shape = model.data().shape();
        int classes = model.data().classes().count();
        Html html = new Html();
        if (classes == 0) {
            int count = room(shape);
            float[] made = inspection.drawn(count, seed, -1);
            if (made == null) {
                return "";
            }
            html.element("p class=\"quiet\"", "Decoded draws from the prior, seed " + seed + ".");
            return html.raw(sheet(made, count, shape, "samples from the prior")).toString();
        }
        html.element("p class=\"quiet\"", "Decoded draws from the prior, seed " + seed + ", a line for each label.");
        int lines = (int) Math.max(1, Math.min(Math.min(classes, MOST_CLASSES), PIXELS / COLUMNS / shape.width()));
        html.raw("<div class=\"lines\">\n");
        for (int k = 0; k < lines; k++) {
            float[] made = inspection.drawn(COLUMNS, seed, k);
            if (made == null) {
                return "";
            }
            String name = "label " + model.data().classes().names().get(k);
            html.element("span", name);
            html.raw("<div>" + sheet(made, COLUMNS, shape, "samples of " + name) + "</div>");
        }
        return html.raw("</div>\n").toString();
    }

    private static String sheet(float[] made, int count, SampleShape shape, String description) {
        return Page.picture(Pictures.sheet(made, count, shape, COLUMNS, 1), 560, description);
    }

    private static String traversals(Inspection inspection, LatentUse use, PickedRows rows) {
        Model model = inspection.model();
        SampleShape shape = model.data().shape();
        int most = (int) Math.max(3, Math.min(MOST_LINES, PIXELS / ((long) STEPS * shape.width())));
        int[] shown = Arrays.copyOf(use.order(), Math.min(most, use.latents()));
        int label = model.data().classes().count() == 0 ? -1 : rows.told().at(0);
        float[] made = ModelFigures.traversed(inspection, use, shown, ModelFigures.offsets(STEPS), label);
        String units = use.hasDivergence()
                ? "of the prior, the others stay 0"
                : "of the codes, the others stay at their means";
        Html html = new Html().raw("<section>\n").element("h2", "Traversals");
        html.element(
                "p class=\"quiet\"",
                "One latent of a line goes from -3 to 3 standard deviations " + units
                        + (label < 0
                                ? ""
                                : "; label " + model.data().classes().names().get(label))
                        + (shown.length < use.latents() ? "; the first " + shown.length + " of " + use.latents() : "")
                        + ".");
        html.raw("<div class=\"half\">\n");
        int half = shown.length > 5 ? (shown.length + 1) / 2 : shown.length;
        int line = STEPS * shape.width();
        for (int from = 0; from < shown.length; from += half) {
            html.raw("<div class=\"lines\">\n");
            for (int k = from; k < Math.min(shown.length, from + half); k++) {
                String name = ModelFigures.lineName(use, shown[k]);
                float[] pictures = Arrays.copyOfRange(made, k * line, (k + 1) * line);
                html.element("span", name);
                html.raw("<div>"
                        + Page.picture(Pictures.sheet(pictures, STEPS, shape, STEPS, 1), 540, "traversal of " + name)
                        + "</div>\n");
            }
            html.raw("</div>\n");
        }
        return html.raw("</div>\n</section>\n").toString();
    }
}
