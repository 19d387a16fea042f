package io.jcuvae.cli;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.Labels;
import io.jcuvae.jobs.LatentUse;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.report.Drawing;
import io.jcuvae.report.Figure;
import io.jcuvae.report.ModelFigures;
import io.jcuvae.report.RunCurves;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.commons.cli.Option;

/** Draws figures of models and runs. */
final class PlotCommand implements Command {
    private static final int MOST_SIDE = 100;
    private static final int MOST_STEPS = 101;

    /** What there is to be drawn. */
    private enum Kind {
        LATENTS,
        MANIFOLD,
        TRAVERSAL,
        INTERPOLATION,
        CURVES;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The options that not every kind has; curves have none of the others either. */
    private static final Map<String, Set<Kind>> OF_KINDS = Map.ofEntries(
            Map.entry("split", Set.of(Kind.LATENTS, Kind.MANIFOLD, Kind.TRAVERSAL, Kind.INTERPOLATION)),
            Map.entry("limit", Set.of(Kind.LATENTS, Kind.MANIFOLD, Kind.TRAVERSAL)),
            Map.entry("side", Set.of(Kind.MANIFOLD)),
            Map.entry("most", Set.of(Kind.TRAVERSAL)),
            Map.entry("steps", Set.of(Kind.TRAVERSAL, Kind.INTERPOLATION)),
            Map.entry("label", Set.of(Kind.MANIFOLD, Kind.TRAVERSAL)),
            Map.entry("from", Set.of(Kind.INTERPOLATION)),
            Map.entry("to", Set.of(Kind.INTERPOLATION)),
            Map.entry("skip", Set.of(Kind.CURVES)));

    private static final Set<String> OF_ALL = Set.of("out", "json", "quiet", "debug", "help");

    @Override
    public String summary() {
        return "draws a KIND: latents, manifold, traversal, interpolation, curves";
    }

    @Override
    public String operands() {
        return "KIND [RUN ...]";
    }

    @Override
    public Map<String, List<String>> words() {
        return Map.of("", CommonOptions.names(Kind.values()));
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value("out", "FILE", "where to write: .png or .svg"),
                CommonOptions.value("model", "DIR", "the folder of a run, or a model file (curves take RUN folders)"),
                CommonOptions.data(),
                CommonOptions.split(),
                CommonOptions.skipBad(),
                CommonOptions.value(
                        "limit",
                        "N",
                        "latents: plot the first N rows (default 5000); manifold, traversal: order latents by their"
                                + " KL over the first N rows (default 1000)"),
                CommonOptions.value("side", "N", "manifold: N x N pictures (default 20)"),
                CommonOptions.value("most", "N", "traversal: lines for the N latents of most KL (default 20)"),
                CommonOptions.value("steps", "N", "traversal, interpolation: pictures of a line (default 13 and 10)"),
                CommonOptions.label(" to decode (manifold, traversal)"),
                CommonOptions.value("from", "I", "interpolation: the first row, from 0 (default 0)"),
                CommonOptions.value("to", "I", "interpolation: the second row, from 0 (default 1)"),
                CommonOptions.value("skip", "N", "curves: leave out the first N epochs (default 0)"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "plot latents --model runs/digits --out latents.png";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        List<String> words = arguments.operands();
        Kind kind = kind(words);
        requireOfUse(kind, arguments);
        Path out = arguments.requiredPath("out");
        Figure.requireFormat(out);
        Figure figure = kind == Kind.CURVES
                ? curves(words.subList(1, words.size()), arguments)
                : ofModel(kind, words, arguments, output);
        Optional<String> failure = Drawing.attempt(out, file -> Figure.write(file, figure));
        if (failure.isPresent()) {
            throw new Failure(failure.get());
        }
        output.line("wrote " + out + ": " + figure.width() + " x " + figure.height() + " pixels");
        JsonObject json = new JsonObject();
        json.addProperty("file", out.toString());
        json.addProperty("kind", kind.label());
        json.addProperty("width", figure.width());
        json.addProperty("height", figure.height());
        json.addProperty("description", figure.description());
        output.json(json);
        return 0;
    }

    private static Kind kind(List<String> words) {
        List<String> names = Arrays.stream(Kind.values()).map(Kind::label).toList();
        String all = String.join(", ", names);
        if (words.isEmpty()) {
            throw new UserError("plot: say what to draw: " + all + ", as in " + Main.PROGRAM
                    + " plot latents --model RUN --out latents.png");
        }
        int found = names.indexOf(words.get(0));
        if (found < 0) {
            throw new UserError("plot: there is no plot '" + words.get(0) + "'"
                    + NearestMatch.of(words.get(0), names)
                            .map(near -> "; did you mean " + near + "?")
                            .orElse("")
                    + " (there are " + all + ")");
        }
        return Kind.values()[found];
    }

    private static void requireOfUse(Kind kind, Arguments arguments) {
        for (String option : arguments.given()) {
            Set<Kind> kinds = OF_KINDS.get(option);
            boolean known = kinds == null ? kind != Kind.CURVES || OF_ALL.contains(option) : kinds.contains(kind);
            if (!known) {
                Set<String> others = new TreeSet<>();
                for (Kind other : kinds == null ? Set.of(Kind.values()) : kinds) {
                    if (other != Kind.CURVES || kinds != null) {
                        others.add(other.label());
                    }
                }
                String hint = option.equals("model") ? "; name the runs: plot curves RUN [RUN ...]" : "; leave it out";
                throw new UserError("--" + option + ": plot " + kind.label() + " does not use it, but "
                        + String.join(", ", others) + (others.size() == 1 ? " does" : " do") + hint);
            }
        }
    }

    private static Figure curves(List<String> runs, Arguments arguments) {
        if (runs.isEmpty()) {
            throw new UserError("plot curves: name one run folder or more, as in " + Main.PROGRAM
                    + " plot curves runs/a runs/b --out curves.png");
        }
        int skip = arguments.integer("skip", 0, 1_000_000, 0);
        return RunCurves.compared(RunFolders.read(runs), skip);
    }

    private static Figure ofModel(Kind kind, List<String> words, Arguments arguments, Output output) {
        if (words.size() > 1) {
            throw new UserError("plot " + kind.label() + ": unexpected '" + words.get(1)
                    + "'; the model follows --model, as in --model runs/digits");
        }
        arguments.requiredPath("model");
        Split split = CommonOptions.split(arguments);
        int steps = arguments.integer("steps", 2, MOST_STEPS, kind == Kind.TRAVERSAL ? 13 : 10);
        int side = arguments.integer("side", 2, MOST_SIDE, 20);
        int most = arguments.integer("most", 1, 1000, 20);
        int limit = arguments.integer("limit", 1, 1_000_000, kind == Kind.LATENTS ? 5000 : 1000);
        int from = arguments.integer("from", 0, Integer.MAX_VALUE - 1, 0);
        int to = arguments.integer("to", 0, Integer.MAX_VALUE - 1, 1);
        return ModelJob.run(arguments, output, "plotting", (model, backend, progress) -> {
            if (kind != Kind.LATENTS) {
                ModelFigures.requirePictures(model, "plot " + kind.label());
            }
            if (kind == Kind.MANIFOLD || kind == Kind.TRAVERSAL) {
                ModelFigures.requireMoves(model, "plot " + kind.label());
            }
            Rows rows = new Rows(arguments, output, model, split);
            Inspection inspection = new Inspection(model, backend);
            return switch (kind) {
                case LATENTS -> ModelFigures.latents(inspection, rows.first(limit), rows.where());
                case INTERPOLATION ->
                    ModelFigures.interpolation(
                            inspection, rows.first(Math.max(from, to) + 1), new int[] {from, to}, rows.where(), steps);
                case MANIFOLD -> {
                    int label = label(model, arguments);
                    boolean plain = inspection.latents() == 2 && inspection.hasNormalPrior();
                    yield ModelFigures.manifold(
                            inspection, plain ? null : use(inspection, rows.first(limit)), side, label);
                }
                case TRAVERSAL ->
                    ModelFigures.traversal(
                            inspection, use(inspection, rows.first(limit)), most, steps, label(model, arguments));
                case CURVES -> throw new IllegalStateException("has no model");
            };
        });
    }

    private static int label(Model model, Arguments arguments) {
        return Labels.one(model, arguments.text("label").orElse(null));
    }

    private static LatentUse use(Inspection inspection, PickedRows rows) {
        return LatentUse.of(inspection.look(rows.rows(), rows.told(), rows.count()));
    }

    /** The rows that are asked for, read when they are. */
    private record Rows(Arguments arguments, Output output, Model model, Split split) {
        PickedRows first(int limit) {
            DataSource source = ModelJob.source(arguments, output, model);
            PickedRows rows = PickedRows.read(model, source, split, limit);
            ModelJob.warn(source, output);
            return rows;
        }

        String where() {
            String name = arguments.text("data").orElse(model.data().source());
            return split == null ? name : name + " (" + split + ")";
        }
    }
}
