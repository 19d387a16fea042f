package io.jcuvae.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.AnomalyLabels;
import io.jcuvae.jobs.Calibration;
import io.jcuvae.jobs.Progress;
import io.jcuvae.jobs.RowRange;
import io.jcuvae.jobs.ScoreJob;
import io.jcuvae.jobs.ScoreKind;
import io.jcuvae.jobs.ScoreRecipe;
import io.jcuvae.jobs.Scoring;
import io.jcuvae.report.Drawing;
import io.jcuvae.report.ScoreChart;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.cli.Option;

/** Scores rows by how unusual they are, and finds the threshold for that. */
final class ScoreCommand implements Command {
    private static final String UNSEEN = "unseen";
    private static final String CALIBRATE = "calibrate";
    private static final String FALSE_ALARM = "false-alarm";
    private static final String ANOMALY = "anomaly-label";
    private static final String NORMAL = "normal-label";
    private static final String HISTOGRAM = "histogram";
    private static final int MOST_DRAWS = 1_000_000;
    private static final double COMMON_RATE = 0.01;

    @Override
    public String summary() {
        return "says of each row how unusual it is; finds and uses a threshold";
    }

    @Override
    public List<Option> options() {
        return JobOptions.with(all(), true);
    }

    private static List<Option> all() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.value(
                        "split",
                        "NAME",
                        "train, test, all, or unseen: the test rows and those that @label left out of the training"
                                + " (default test where the data set has test rows of its own, else all)"),
                CommonOptions.skipBad(),
                CommonOptions.limit(),
                CommonOptions.value(
                        "by",
                        "NAME",
                        "what the score is: reconstruction, the term at the posterior's mean; loss, the negative ELBO;"
                                + " nll, importance-weighted (default that of the threshold, else loss, or reconstruction where"
                                + " there is no posterior)"),
                CommonOptions.value(
                        "draws", "N", "of z for each row --by loss (default " + ScoreKind.LOSS.defaultDraws() + ")"),
                CommonOptions.value(
                        "importance",
                        "K",
                        "draws for each row --by nll (default " + ScoreKind.NLL.defaultDraws() + ")"),
                CommonOptions.value(
                        "out",
                        "FILE",
                        "where to write: .csv or .parquet (row,score,...), .json (an array of objects) or"
                                + " .npy (the scores alone)"),
                CommonOptions.value(
                        "blame", "N", "name the N columns that make each row unusual, with their shares (default 0)"),
                CommonOptions.flag("labels", "say how well scores agree with the labels: AUROC, average precision"),
                CommonOptions.value(
                        ANOMALY,
                        "NAME,..",
                        "the labels of anomalies, all others are normal; adds --labels (default 1)"),
                CommonOptions.value(
                        NORMAL, "NAME,..", "the labels of normal rows, all others are anomalies; adds --labels"),
                CommonOptions.value(HISTOGRAM, "FILE", "draw the scores into a .png, with the threshold"),
                CommonOptions.value(
                        CALIBRATE,
                        "SRC",
                        "find the threshold from normal rows (of the training data: those held out) and keep it beside"
                                + " the model, where later calls find it"),
                CommonOptions.value(
                        FALSE_ALARM, "P", "with --calibrate: share of normal rows above the threshold (default 0.01)"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public Map<String, List<String>> words() {
        return Map.of("by", CommonOptions.names(ScoreKind.values()));
    }

    @Override
    public String example() {
        return "score --model runs/cardio --data cardio.npz --labels --out scores.csv";
    }

    /** What is asked for beside the rows. */
    private record Asked(
            Optional<Path> out,
            Optional<Path> histogram,
            AnomalyLabels labels,
            Optional<String> normalRows,
            double falseAlarm,
            boolean scores) {}

    @Override
    public int run(Arguments arguments, Output output) {
        arguments.requiredPath("model");
        Asked asked = asked(arguments);
        boolean job = isJob(arguments, asked);
        // Wrong values are told before a device is opened.
        arguments.text("by").ifPresent(ScoreKind::parse);
        JsonObject json = new JsonObject();
        Scoring.Report report = ModelJob.run(arguments, output, "scoring", (model, backend, progress) -> {
            Path file = Model.file(arguments.requiredPath("model"));
            Calibration calibration = asked.normalRows().isPresent()
                    ? calibrate(arguments, output, asked, model, backend, progress)
                    : kept(arguments, output, model, file);
            if (asked.normalRows().isPresent()) {
                calibration.write(file);
                output.line("calibrated " + Calibration.beside(file) + ": " + calibration);
                json.add("calibration", calibration.toJson());
                json.getAsJsonObject("calibration").remove("usual_terms");
            }
            if (job) {
                write(arguments, output, model, backend, calibration, progress, json);
                return null;
            }
            return asked.scores() ? score(arguments, output, asked, model, backend, calibration, progress) : null;
        });
        if (report != null) {
            tell(output, asked, report, json);
        }
        output.json(json);
        return 0;
    }

    /** Whether rows are written without a report on all of them. */
    private static boolean isJob(Arguments arguments, Asked asked) {
        JobOptions.check(arguments);
        boolean slice = arguments.has("first") || arguments.has("count");
        if (!JobOptions.isJob(arguments) && !slice) {
            return false;
        }
        if (asked.out().isEmpty()) {
            throw new UserError("--out FILE is missing: where scores go");
        }
        if (asked.labels() != null || asked.histogram().isPresent()) {
            throw new UserError(
                    "--labels, --anomaly-label, --normal-label and --histogram look at all rows at once; leave"
                            + " them out, or --shards, --resume, --manifest, --first and --count");
        }
        if (arguments.text("split").filter(UNSEEN::equals).isPresent()) {
            throw new UserError("--split unseen: is for a report on all rows; leave out --shards, --resume, --manifest,"
                    + " --first and --count");
        }
        return true;
    }

    private static void write(
            Arguments arguments,
            Output output,
            Model model,
            Backend backend,
            Calibration calibration,
            Progress progress,
            JsonObject json) {
        DataSource source = ModelJob.source(arguments, output, model);
        RowRange range = JobOptions.range(arguments);
        Scoring.Request request = new Scoring.Request(
                recipe(arguments, model, calibration),
                range.split(),
                null,
                range.limit(),
                calibration,
                arguments.integer("blame", 0, MOST_DRAWS, 0),
                null,
                arguments.requiredPath("out"),
                false);
        try (ScoreJob job = new ScoreJob(model, backend, source, range, request)) {
            JobOptions.Written written = JobOptions.write(arguments, output, job, progress);
            ModelJob.warn(source, output);
            json.addProperty("file", arguments.required("out"));
            json.addProperty("count", written.rows());
            written.addTo(json);
            output.line("wrote " + written.name(arguments.requiredPath("out")) + ": " + Figures.count(written.rows())
                    + " scores");
        }
    }

    private static Asked asked(Arguments arguments) {
        Optional<Path> out = arguments.path("out");
        Optional<Path> histogram = arguments.path(HISTOGRAM);
        histogram.ifPresent(file -> {
            if (!file.toString().endsWith(".png")) {
                throw new UserError("--histogram: must be a .png, got '" + file + "'");
            }
        });
        Optional<String> normalRows = arguments.text(CALIBRATE);
        double falseAlarm = falseAlarm(arguments);
        AnomalyLabels labels = labels(arguments);
        boolean scores = out.isPresent() || histogram.isPresent() || labels != null;
        if (!scores && normalRows.isEmpty()) {
            throw new UserError(
                    "--out FILE is missing: where scores go; or give --labels, --histogram FILE or --calibrate SRC");
        }
        for (String option : List.of("data", "split", "limit", "blame")) {
            if (!scores && arguments.has(option)) {
                throw new UserError("--" + option
                        + ": is about rows to score, and --calibrate alone scores none but its own; add --out FILE, or"
                        + " leave it out");
            }
        }
        if (arguments.has("blame") && out.isEmpty()) {
            throw new UserError("--blame: is written into the file of scores; add --out FILE");
        }
        return new Asked(out, histogram, labels, normalRows, falseAlarm, scores);
    }

    private static double falseAlarm(Arguments arguments) {
        if (!arguments.has(FALSE_ALARM)) {
            return COMMON_RATE;
        }
        if (!arguments.has(CALIBRATE)) {
            throw new UserError("--false-alarm: is about finding a threshold; add --calibrate SRC with normal rows");
        }
        double rate = arguments.number(FALSE_ALARM, COMMON_RATE);
        if (!(rate > 0 && rate <= 0.5)) {
            throw new UserError("--false-alarm: must be above 0 and at most 0.5, got '"
                    + arguments.required(FALSE_ALARM) + "'; 0.01 is one alarm in a hundred normal rows");
        }
        return rate;
    }

    private static AnomalyLabels labels(Arguments arguments) {
        if (arguments.has(ANOMALY) && arguments.has(NORMAL)) {
            throw new UserError("--anomaly-label and --normal-label: each says all; leave one out");
        }
        String option = arguments.has(NORMAL) ? NORMAL : ANOMALY;
        if (!arguments.has(option)) {
            return arguments.has("labels") ? AnomalyLabels.ONE : null;
        }
        List<String> names = Arrays.stream(arguments.required(option).split(",", -1))
                .map(String::strip)
                .toList();
        if (names.contains("")) {
            throw new UserError(
                    "--" + option + ": must be labels with commas between, got '" + arguments.required(option) + "'");
        }
        return new AnomalyLabels(names, option.equals(NORMAL));
    }

    /**
     * How to score.
     *
     * @param calibrated whose recipe is taken where none is asked for, or null
     */
    private static ScoreRecipe recipe(Arguments arguments, Model model, Calibration calibrated) {
        Optional<ScoreKind> asked = arguments.text("by").map(ScoreKind::parse);
        ScoreKind kind = asked.orElseGet(() ->
                calibrated == null ? ScoreKind.of(model) : calibrated.recipe().kind());
        ScoreRecipe usual =
                calibrated != null && calibrated.recipe().kind() == kind ? calibrated.recipe() : ScoreRecipe.of(kind);
        int draws = arguments.integer("draws", 1, MOST_DRAWS, usual.draws());
        int importance = arguments.integer("importance", 1, MOST_DRAWS, usual.draws());
        if (arguments.has("draws") && kind != ScoreKind.LOSS) {
            throw new UserError("--draws: is about --by loss, and rows are scored --by " + kind.label()
                    + "; leave it out" + (kind == ScoreKind.NLL ? ", or give --importance" : ", or add --by loss"));
        }
        if (arguments.has("importance") && kind != ScoreKind.NLL) {
            throw new UserError("--importance: is about --by nll, and rows are scored --by " + kind.label()
                    + "; leave it out, or add --by nll");
        }
        return switch (kind) {
            case RECONSTRUCTION -> usual;
            case LOSS -> new ScoreRecipe(kind, draws);
            case NLL -> new ScoreRecipe(kind, importance);
        };
    }

    private static Calibration calibrate(
            Arguments arguments, Output output, Asked asked, Model model, Backend backend, Progress progress) {
        DataSource normal =
                ModelJob.source(arguments, output, model, asked.normalRows().orElseThrow());
        Calibration calibration = Calibration.fit(
                Model.file(arguments.requiredPath("model")),
                model,
                backend,
                recipe(arguments, model, null),
                normal,
                asked.falseAlarm(),
                progress);
        ModelJob.warn(normal, output);
        return calibration;
    }

    /** The calibration beside the model if it can be used; says why not where it cannot. */
    private static Calibration kept(Arguments arguments, Output output, Model model, Path file) {
        Calibration.Kept kept = Calibration.find(file);
        if (kept.changed()) {
            output.warn(
                    kept.file() + ": is of a model that has changed since, so there is no threshold; find one anew with"
                            + " --calibrate");
        }
        if (kept.calibration() == null) {
            return null;
        }
        Optional<String> why = kept.calibration().misfit(recipe(arguments, model, kept.calibration()));
        why.ifPresent(text -> output.warn(kept.file() + ": " + text + ", and is not used"));
        return why.isPresent() ? null : kept.calibration();
    }

    private static Scoring.Report score(
            Arguments arguments,
            Output output,
            Asked asked,
            Model model,
            Backend backend,
            Calibration calibration,
            Progress progress) {
        DataSource source = ModelJob.source(arguments, output, model);
        boolean unseen = arguments.text("split").filter(UNSEEN::equals).isPresent();
        Scoring.Report report = Scoring.run(
                model,
                backend,
                unseen ? source.unseen(model.data().source()) : source,
                new Scoring.Request(
                        recipe(arguments, model, calibration),
                        unseen ? Split.ALL : CommonOptions.split(arguments),
                        unseen ? UNSEEN : null,
                        CommonOptions.limit(arguments),
                        calibration,
                        arguments.integer("blame", 0, MOST_DRAWS, 0),
                        asked.labels(),
                        asked.out().orElse(null),
                        asked.histogram().isPresent()),
                progress);
        ModelJob.warn(source, output);
        return report;
    }

    private static void tell(Output output, Asked asked, Scoring.Report report, JsonObject json) {
        report.toJson().entrySet().forEach(entry -> json.add(entry.getKey(), entry.getValue()));
        output.line(report.toText().stripTrailing());
        asked.out().ifPresent(file -> {
            json.addProperty("file", file.toString());
            output.line("wrote " + file + ": " + Figures.count(report.count()) + " scores");
            if (report.detection() != null) {
                Path beside = summary(file);
                String text = new GsonBuilder()
                                .serializeNulls()
                                .setPrettyPrinting()
                                .create()
                                .toJson(report.toJson()) + "\n";
                AtomicFile.write(beside, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
                json.addProperty("summary", beside.toString());
                output.line("wrote " + beside);
            }
        });
        asked.histogram().ifPresent(file -> {
            Optional<String> trouble = Drawing.attempt(file, png -> ScoreChart.write(png, report));
            trouble.ifPresentOrElse(output::warn, () -> output.line("wrote " + file));
            json.addProperty(HISTOGRAM, trouble.isPresent() ? null : file.toString());
        });
    }

    /** Beside scores.csv scores.summary.json. */
    private static Path summary(Path scores) {
        String name = scores.getFileName().toString();
        return scores.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ".summary.json");
    }
}
