package io.jcuvae.cli;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Evaluation;
import io.jcuvae.jobs.Measures;
import io.jcuvae.jobs.Published;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.TrainConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.commons.cli.Option;

/** Scores a model on data. */
final class EvaluateCommand implements Command {
    private static final int MOST_IMPORTANCE_SAMPLES = 1_000_000;
    private static final String MEASURES = "measures";
    private static final String FEATURES = "features";
    private static final String FACTORS = "factors";

    @Override
    public String summary() {
        return "scores a model on data: loss and its parts, log-likelihood";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.split(),
                CommonOptions.skipBad(),
                CommonOptions.limit(),
                CommonOptions.value(
                        "importance",
                        "K",
                        "estimate the log-likelihood with K importance samples per row, 0 for not at all (default 0)"),
                CommonOptions.value(
                        MEASURES,
                        "NAME,..",
                        "measure also: reconstruction (squared error), information (what the KL term is spent on), samples"
                                + " (Frechet distance, precision, recall of generated ones), disentanglement (MIG,"
                                + " FactorVAE, DCI); all for the first three"),
                CommonOptions.value(
                        FEATURES,
                        "DIR",
                        "compare samples by the posterior means of this model (default the model itself)"),
                CommonOptions.value(
                        FACTORS,
                        "SRC",
                        "the known factors of each row, as dsprites.npz:latents_classes (default that member of the data)"),
                CommonOptions.flag(
                        "accept-protocol",
                        "evaluate even where the values are of another kind than the model was trained on"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "evaluate --model runs/digits --data mnist-sample --split test --importance 100";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        int importance = arguments.integer("importance", 0, MOST_IMPORTANCE_SAMPLES, 0);
        int limit = CommonOptions.limit(arguments);
        Split split = CommonOptions.split(arguments);
                        model, backend, source, split, limit, importance, arguments.has("accept-protocol"), progress);
                    arguments.text(FACTORS).orElse(null));
                    arguments.text(FEATURES).orElse(null),
                    features.map(path -> Model.load(path, backend)).orElse(null),
                    model, backend, source, split, limit, importance, arguments.has("accept-protocol"), progress);
                    model, found.data(), found.split(), found.count(), epochsDone(arguments, model.config())));
                Evaluation.Report found = Evaluation.run(
                Measures measures = new Measures(model, backend, source, split, limit, kinds, against, stages::next);
                ModelJob.warn(source, output);
                arguments.text(MEASURES).map(Measures.Kind::parse).orElse(Set.of());
                lines.addAll(measures.toText());
                measured[0] = measures.toJson();
                measures.run();
                progress.close();
                return found;
            DataSource source = ModelJob.source(arguments, output, model);
            Evaluation.Report found = Evaluation.run(
            Measures.Against against = new Measures.Against(
            ModelJob.warn(source, output);
            json.add("published", row.toJson());
            json.add(MEASURES, measured[0]);
            output.line(row.toText(importance));
            published.set(Published.of(
            return found;
            try (Stages stages = new Stages(output)) {
            }
        AtomicReference<Optional<Published>> published = new AtomicReference<>(Optional.empty());
        Evaluation.Report report = ModelJob.run(arguments, output, "evaluating", (model, backend, progress) -> {
        JsonObject json = report.toJson();
        JsonObject[] measured = new JsonObject[1];
        List<String> lines = new ArrayList<>();
        Optional<Path> features = arguments.path(FEATURES);
        if (!kinds.isEmpty()) {
        lines.forEach(output::line);
        output.line(report.toText().stripTrailing());
        published.get().ifPresent(row -> {
        requireUse(arguments, kinds, FACTORS, Measures.Kind.DISENTANGLEMENT);
        requireUse(arguments, kinds, FEATURES, Measures.Kind.SAMPLES);
        }
        });
Set<Measures.Kind> kinds =
        output.json(json);
        return 0;
    }

    private static void requireUse(Arguments arguments, Set<Measures.Kind> kinds, String option, Measures.Kind kind) {
        if (arguments.has(option) && !kinds.contains(kind)) {
            throw new UserError(
                    "--" + option + ": belongs to --measures " + kind.label() + "; add that, or leave it out");
        }
    }

    /** By the figures beside the model, else what was planned. */
    private static int epochsDone(Arguments arguments, TrainConfig config) {
        Path file = Model.file(arguments.requiredPath("model")).toAbsolutePath();
        List<JsonObject> lines = new RunFolder(file.getParent()).readMetrics(Integer.MAX_VALUE);
        return lines.isEmpty()
                ? config.epochs()
                : lines.get(lines.size() - 1).get("epoch").getAsInt();
    }
}
