package io.jcuvae.cli;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Evaluation;
import io.jcuvae.jobs.Published;
import io.jcuvae.train.Model;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.TrainConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.commons.cli.Option;

/** Scores a model on data. */
final class EvaluateCommand implements Command {
    private static final int MOST_IMPORTANCE_SAMPLES = 1_000_000;

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
        AtomicReference<Optional<Published>> published = new AtomicReference<>(Optional.empty());
        Evaluation.Report report = ModelJob.run(arguments, output, "evaluating", (model, backend, progress) -> {
            DataSource source = ModelJob.source(arguments, output, model);
            Evaluation.Report found = Evaluation.run(
                    model, backend, source, split, limit, importance, arguments.has("accept-protocol"), progress);
            ModelJob.warn(source, output);
            published.set(Published.of(
                    model, found.data(), found.split(), found.count(), epochsDone(arguments, model.config())));
            return found;
        });
        output.line(report.toText().stripTrailing());
        JsonObject json = report.toJson();
        published.get().ifPresent(row -> {
            output.line(row.toText(importance));
            json.add("published", row.toJson());
        });
        output.json(json);
        return 0;
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
