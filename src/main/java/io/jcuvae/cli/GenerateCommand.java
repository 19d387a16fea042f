package io.jcuvae.cli;

import io.jcuvae.data.Classes;
import io.jcuvae.jobs.Generation;
import io.jcuvae.jobs.Labels;
import java.util.List;
import org.apache.commons.cli.Option;

/** Draws new samples. */
final class GenerateCommand implements Command {
    @Override
    public String summary() {
        return "draws new samples from a model";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.value(
                        "count", "N", "how many samples, of each class with --label all (default 64, or 8 of each)"),
                CommonOptions.label(", or all: each class in a line of a .png, from the same codes"),
                CommonOptions.samples(),
                CommonOptions.value("seed", "N", "start of the random sequence (default 0)"),
                CommonOptions.value(
                        "temperature", "T", "scale of the latent codes: 1 is the prior, less is tamer (default 1)"),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "generate --model runs/digits --count 100 --out samples.png";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        long count = arguments.wholeNumber(
                "count",
                1,
                Long.MAX_VALUE,
                arguments.text("label").filter(Classes.ALL::equals).isPresent() ? 8 : 64);
        long seed = arguments.wholeNumber("seed", Long.MIN_VALUE, Long.MAX_VALUE, 0);
        double temperature = arguments.number("temperature", 1);
        return ModelJob.write(arguments, output, "generating", (model, backend, out, progress) -> {
            int[] classes = Labels.of(model, arguments.text("label").orElse(null));
            Generation.run(model, backend, classes, count, seed, temperature, out, progress);
            return model.data().shape().sizes();
        });
    }
}
