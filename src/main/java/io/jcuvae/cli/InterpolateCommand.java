package io.jcuvae.cli;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.Interpolation;
import java.util.List;
import org.apache.commons.cli.Option;

/** Walks from one sample to another. */
final class InterpolateCommand implements Command {
    @Override
    public String summary() {
        return "writes samples on the way from one to another";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.data(),
                CommonOptions.split(),
                CommonOptions.skipBad(),
                CommonOptions.value("from", "I", "row of the first sample, counted from 0"),
                CommonOptions.value("to", "J", "row of the second sample, counted from 0"),
                CommonOptions.value("steps", "N", "samples to write, both ends included (default 10)"),
                CommonOptions.samples(),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "interpolate --model runs/digits --data mnist-sample --from 0 --to 1 --steps 10 --out line.png";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        arguments.required("from");
        arguments.required("to");
        long from = arguments.wholeNumber("from", 0, Long.MAX_VALUE, 0);
        long to = arguments.wholeNumber("to", 0, Long.MAX_VALUE, 0);
        int steps = arguments.integer("steps", 2, Integer.MAX_VALUE, 10);
        Split split = CommonOptions.split(arguments);
        return ModelJob.write(arguments, output, "interpolating", (model, backend, out, progress) -> {
            DataSource source = ModelJob.source(arguments, output, model);
            Interpolation.run(model, backend, source, split, from, to, steps, out);
            progress.at(steps, steps);
            ModelJob.warn(source, output);
            return model.data().shape().sizes();
        });
    }
}
