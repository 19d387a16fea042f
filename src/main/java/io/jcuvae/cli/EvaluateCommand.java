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
        Set<Measures.Kind> kinds =
                arguments.text(MEASURES).map(Measures.Kind::parse).orElse(Set.of());
        requireUse(arguments, kinds, FEATURES, Measures.Kind.SAMPLES);
        requireUse(arguments, kinds, FACTORS, Measures.Kind.DISENTANGLEMENT);
        Optional<Path> features = arguments.path(FEATURES);
        AtomicReference<Optional<Published>> published = new AtomicReference<>(Optional.empty());
        JsonObject[] measured = new JsonObject[1];
        List<String> lines = new ArrayList<>();
        Evaluation.Report report = ModelJob.run(arguments, output, "evaluating", (model, backend, progress) -> {
            DataSource source = ModelJob.source(arguments, output, model);
            Measures.Against against = new Measures.Against(
                    features.map(path -> Model.load(path, backend)).orElse(null),
                    arguments.text(FEATURES).orElse(null),
                    arguments.text(FACTORS).orElse(null));
            try (Stages stages = new Stages(output)) {
                Measures measures = new Measures(model, backend, source, split, limit, kinds, against, stages::next);
                Evaluation.Report found = Evaluation.run(
                        model, backend, source, split, limit, importance, arguments.has("accept-protocol"), progress);
                progress.close();
                measures.run();
                ModelJob.warn(source, output);
                published.set(Published.of(
                        model, found.data(), found.split(), found.count(), epochsDone(arguments, model.config())));
                lines.addAll(measures.toText());
                measured[0] = measures.toJson();
                return found;
            }
        });
        output.line(report.toText().stripTrailing());
        JsonObject json = report.toJson();
        published.get().ifPresent(row -> {
            output.line(row.toText(importance));
            json.add("published", row.toJson());
        });
        lines.forEach(output::line);
        if (!kinds.isEmpty()) {
            json.add(MEASURES, measured[0]);
        }
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
