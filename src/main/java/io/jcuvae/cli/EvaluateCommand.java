package io.jcuvae.cli;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Evaluation;
import java.util.List;
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
        Evaluation.Report report = ModelJob.run(arguments, output, "evaluating", (model, backend, progress) -> {
            DataSource source = ModelJob.source(arguments, output, model);
            Evaluation.Report found = Evaluation.run(
                    model, backend, source, split, limit, importance, arguments.has("accept-protocol"), progress);
            ModelJob.warn(source, output);
            return found;
        });
        output.line(report.toText().stripTrailing());
        output.json(report.toJson());
        return 0;
    }
}
