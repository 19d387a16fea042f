package io.jcuvae.cli;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Reconstruction;
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
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.split(),
                CommonOptions.skipBad(),
                CommonOptions.limit(),
                CommonOptions.samples(),
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
        int limit = CommonOptions.limit(arguments);
        Split split = CommonOptions.split(arguments);
        return ModelJob.write(arguments, output, "reconstructing", (model, backend, out, progress) -> {
            DataSource source = ModelJob.source(arguments, output, model);
            Reconstruction.run(model, backend, source, split, limit, out, progress);
            ModelJob.warn(source, output);
            return model.data().shape().sizes();
        });
    }
}
