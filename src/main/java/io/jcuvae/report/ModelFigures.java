package io.jcuvae.report;

import io.jcuvae.data.Dataset;
import io.jcuvae.data.SampleShape;
import io.jcuvae.jobs.CodePaths;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.LatentUse;
import io.jcuvae.jobs.Pca;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Figures of what a model has learned. */
public final class ModelFigures {
    /** How far a traversal goes either way, in standard deviations. */
    public static final double REACH = 3;

    private ModelFigures() {}

    /**
     * Where rows lie among the codes: two latents as they are, more on their first two principal components.
     *
     * @param rows with labels they are coloured by them
     * @param where which rows they are, as in {@code mnist-sample (test)}
     * @throws UserError when the model has one latent, or there are fewer than three rows
     */
    public static ScatterChart latents(Inspection inspection, PickedRows rows, String where) {
        int latents = inspection.latents();
        if (latents < 2) {
            throw new UserError(
                    "plot latents: the model has one latent, and a plane needs two; plot traversal shows it");
        }
        if (rows.count() < 3) {
            throw new UserError("plot latents: " + rows.count() + " rows of " + where + " are too few to be plotted;"
                    + " take 3 or more");
        }
        Inspection.Seen seen = inspection.look(rows.rows(), rows.told(), rows.count());
        boolean normal = inspection.hasNormalPrior();
        double[][] places = new double[rows.count()][];
        String[] names = new String[2];
        String how = seen.logvars() == null ? "codes" : "posterior means";
        if (latents == 2) {
            for (int n = 0; n < places.length; n++) {
                places[n] = new double[] {seen.codes()[2 * n], seen.codes()[2 * n + 1]};
            }
            for (int i = 0; i < 2; i++) {
                names[i] = "latent " + (i + 1) + (normal ? " (standard deviations of the prior)" : " (no unit)");
            }
            how += " of the two latents";
        } else {
            Pca pca = Pca.fit(Dataset.ofFloats("codes", new SampleShape(latents), seen.codes(), null), 2);
            places = pca.project(seen.codes(), rows.count());
            for (int i = 0; i < 2; i++) {
                double share = pca.totalVariance() == 0 ? 0 : pca.variances()[i] / pca.totalVariance();
                names[i] = String.format(
                        Locale.ROOT, "principal component %d (%.0f %% of the variance)", i + 1, 100 * share);
            }
            how += " of " + latents + " latents on their first two principal components (PCA)";
        }
        String title = String.format(Locale.ROOT, "Codes of %,d samples of %s", rows.count(), where);
        return new ScatterChart(title, how, names[0], names[1], clouds(rows, places));
    }

    private static List<ScatterChart.Cloud> clouds(PickedRows rows, double[][] places) {
        TreeMap<Integer, List<Integer>> byLabel = new TreeMap<>();
        for (int n = 0; n < places.length; n++) {
            byLabel.computeIfAbsent(rows.labels() == null ? 0 : rows.labels()[n], label -> new ArrayList<>())
                    .add(n);
        }
        return byLabel.values().stream()
                .map(members -> new ScatterChart.Cloud(
                        rows.labels() == null ? "" : rows.label(members.get(0)),
                        members.stream().mapToDouble(n -> places[n][0]).toArray(),
                        members.stream().mapToDouble(n -> places[n][1]).toArray()))
                .toList();
    }

    /** Whether a latent can be moved by itself: of a code out of a codebook it cannot. */
    public static boolean moves(Model model) {
        return Inspection.moves(model);
    }

    /** Refuses a model whose latents cannot be moved one by one. */
    public static void requireMoves(Model model, String what) {
        if (!moves(model)) {
            throw new UserError(what + ": moves latents by themselves, which codes of --posterior "
                    + model.config().posterior().label() + " do not have; plot latents and interpolation show them");
        }
    }

    /** Refuses a model whose samples are no pictures. */
    public static void requirePictures(Model model, String what) {
        SampleShape shape = model.data().shape();
        if (!shape.isImage()) {
            throw new UserError(what + ": shows pictures, and the model's samples have the shape " + shape
                    + "; plot latents works for any data");
        }
    }

    /**
     * A grid of decoded codes, equally likely under the prior: two latents go through its quantiles. Where codes have no prior,
     * through those of normals with the codes' means and deviations.
     *
     * @param use null for a model with two latents and a prior, for which nothing need be known
     * @param side pictures of a line
     * @param label the class to decode, as {@link io.jcuvae.jobs.Labels#of} gives it
     */
    public static PictureFigure manifold(Inspection inspection, LatentUse use, int side, int label) {
        Model model = inspection.model();
        int latents = inspection.latents();
        if (latents < 2) {
            throw new UserError(
                    "plot manifold: the model has one latent, and a plane needs two; plot traversal shows it");
        }
        Place place = Place.of(inspection, use);
        int[] order = latents == 2 ? new int[] {0, 1} : Arrays.copyOf(use.order(), 2);
        double[] quantiles = CodePaths.quantiles(side);
        float[] codes = CodePaths.grid(place.from(), order[0], order[1], place.centre(), place.scale(), quantiles);
        float[] made = inspection.decode(codes, side * side, label);
        String rest = latents == 2
                ? ""
                : (use.hasDivergence() ? "; the two latents of most KL" : "; the two latents that vary most") + " of "
                        + latents + ", the others " + (place.normal() ? "0" : "at their means");
        String title = "Manifold: " + side + " x " + side + " decoded quantiles of "
                + (place.normal() ? "the prior" : "the codes") + ofClass(model, label)
                + (latents == 2 ? "" : ", 2 of " + latents + " latents");
        int every = Math.max(1, side / 6);
        String unit = place.normal() ? " (standard deviations of the prior)" : " (deviations from its mean)";
        return new PictureFigure(
                title,
                model.data().source() + rest,
                made,
                model.data().shape(),
                side,
                PictureFigure.some(reversed(quantiles), every),
                PictureFigure.some(quantiles, every),
                "latent " + (order[0] + 1) + unit,
                "latent " + (order[1] + 1) + unit,
                0);
    }

    /**
     * A line of decoded codes for each latent, that of most KL first: it goes from -3 to 3 standard deviations of the prior,
     * while the others stay 0; where codes have no prior, of the codes about their mean.
     *
     * @param most lines at most
     * @param steps pictures of a line, odd so that the middle is one
     * @param label the class to decode, as {@link io.jcuvae.jobs.Labels#of} gives it
     */
    public static PictureFigure traversal(Inspection inspection, LatentUse use, int most, int steps, int label) {
        Model model = inspection.model();
        int latents = inspection.latents();
        int[] shown = Arrays.copyOf(use.order(), Math.min(most, latents));
        double[] offsets = offsets(steps);
        float[] made = traversed(inspection, use, shown, offsets, label);
        Place place = Place.of(inspection, use);
        String which =
                shown.length == latents ? "all " + latents + " latents" : shown.length + " of " + latents + " latents";
        String by = use.hasDivergence() ? ", ordered by KL over " : ", ordered by their deviation over ";
        return new PictureFigure(
                "Traversal of " + which + ofClass(model, label),
                String.format(
                        Locale.ROOT,
                        "%s; one latent moves, the others stay %s%s%,d samples",
                        model.data().source(),
                        place.normal() ? "0" : "at their means",
                        by,
                        use.rows()),
                made,
                model.data().shape(),
                steps,
                IntStream.of(shown).mapToObj(i -> lineName(use, i)).toList(),
                PictureFigure.some(offsets, steps > 15 ? 2 : 1),
                place.normal()
                        ? "standard deviations of the prior"
                        : "standard deviations of the codes, from their mean",
                "",
                1);
    }

    private static double[] reversed(double[] values) {
        return IntStream.range(0, values.length)
                .mapToDouble(i -> values[values.length - 1 - i])
                .toArray();
    }

    /** What stands before a latent's line. */
    static String lineName(LatentUse use, int latent) {
        return use.hasDivergence()
                ? String.format(Locale.ROOT, "latent %d, KL %.2f nats", latent + 1, use.kl()[latent])
                : String.format(Locale.ROOT, "latent %d, deviation %.2f", latent + 1, use.deviation()[latent]);
    }

    /** Evenly from -3 to 3. */
    static double[] offsets(int steps) {
        return IntStream.range(0, steps)
                .mapToDouble(k -> -REACH + 2 * REACH * k / (steps - 1))
                .toArray();
    }

    /** The pictures of a traversal: [shown x offsets, D]. */
    static float[] traversed(Inspection inspection, LatentUse use, int[] shown, double[] offsets, int label) {
        Place place = Place.of(inspection, use);
        float[] codes = CodePaths.traversal(place.from(), shown, place.centre(), place.scale(), offsets);
        return inspection.decode(codes, shown.length * offsets.length, label);
    }

    /**
     * The ways between the codes of two rows: the straight line, and the arc about 0. The first and the last pictures are the
     * reconstructions of the two.
     *
     * @param numbers of the two rows
     * @param where which rows they are, as in {@code mnist-sample (test)}
     * @param steps pictures of a line, at least 2
     */
    public static PictureFigure interpolation(
            Inspection inspection, PickedRows rows, int[] numbers, String where, int steps) {
        Model model = inspection.model();
        int width = model.data().shape().width();
        float[][] ends = {rows.row(numbers[0], "--from"), rows.row(numbers[1], "--to")};
        boolean told = model.data().classes().count() > 0;
        int[] labels = told ? new int[] {rows.told().at(numbers[0]), rows.told().at(numbers[1])} : new int[] {-1, -1};
        Inspection.Seen seen = inspection.look(rows.rows(), rows.told(), rows.count());
        float[] from = Inspection.row(seen.codes(), numbers[0], seen.latents());
        float[] to = Inspection.row(seen.codes(), numbers[1], seen.latents());
        float[] made = new float[2 * steps * width];
        float[] line = inspection.decode(CodePaths.line(from, to, steps), steps, labels[0], labels[1]);
        float[] arc = inspection.decode(CodePaths.arc(from, to, steps), steps, labels[0], labels[1]);
        System.arraycopy(line, 0, made, 0, line.length);
        System.arraycopy(arc, 0, made, line.length, arc.length);
        List<String> shares = IntStream.range(0, steps)
                .mapToObj(k -> PictureFigure.signed(k / (double) (steps - 1)))
                .toList();
        return new PictureFigure(
                "Interpolation from row " + numbers[0] + " to row " + numbers[1],
                where + "; between the codes of both, " + seen.latents() + " latents" + apart(ends, from, to),
                made,
                model.data().shape(),
                steps,
                List.of("linear", "spherical"),
                shares,
                "share of the way",
                "",
                1);
    }

    private static String apart(float[][] ends, float[] from, float[] to) {
        double dot = 0;
        double a = 0;
        double b = 0;
        for (int i = 0; i < from.length; i++) {
            dot += (double) from[i] * to[i];
            a += (double) from[i] * from[i];
            b += (double) to[i] * to[i];
        }
        double cosine = dot / Math.sqrt(a * b);
        return Arrays.equals(ends[0], ends[1]) || !Double.isFinite(cosine)
                ? ""
                : String.format(
                        Locale.ROOT,
                        ", %.0f degrees apart",
                        Math.toDegrees(Math.acos(Math.max(-1, Math.min(1, cosine)))));
    }

    private static String ofClass(Model model, int label) {
        return label < 0 ? "" : ", label " + model.data().classes().names().get(label);
    }

    /**
     * Where codes are moved: about 0 by 1 under a standard normal prior, else about the codes' means by their deviations.
     *
     * @param from where latents stay that are not moved
     */
    private record Place(boolean normal, float[] from, double[] centre, double[] scale) {
        static Place of(Inspection inspection, LatentUse use) {
            int latents = inspection.latents();
            double[] centre = new double[latents];
            double[] scale = new double[latents];
            float[] from = new float[latents];
            boolean normal = inspection.hasNormalPrior();
            Arrays.fill(scale, 1);
            for (int i = 0; !normal && i < latents; i++) {
                centre[i] = use.mean()[i];
                scale[i] = use.deviation()[i];
                from[i] = (float) use.mean()[i];
            }
            return new Place(normal, from, centre, scale);
        }
    }
}
