package io.jcuvae.cli;

import io.jcuvae.data.RowWriters;
import io.jcuvae.jobs.Reconstruction;
import io.jcuvae.jobs.RowRange;
import java.util.List;
import org.apache.commons.cli.Option;

/** Encodes and decodes samples. */
final class ReconstructCommand implements Command {
    @Override
    public String summary() {
        return "writes samples as a model sees them: encoded and decoded";
    }

    @Override
    public List<Option> options() {
        return JobOptions.with(all(), true);
    }

    private static List<Option> all() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.split(),
                CommonOptions.skipBad(),
                CommonOptions.limit(),
                CommonOptions.samples(),
                JobOptions.bytes(),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "reconstruct --model runs/digits --data mnist-sample --limit 100 --out again.png";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        RowRange range = JobOptions.range(arguments);
        arguments.requiredPath("model");
        RowWriters.Form form = JobOptions.form(arguments);
        return ModelJob.rows(
                arguments,
                output,
                "reconstructing",
                (model, backend) ->
                        new Reconstruction(model, backend, ModelJob.source(arguments, output, model), range, form));
    }
}
