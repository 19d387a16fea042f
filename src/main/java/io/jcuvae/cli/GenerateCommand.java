package io.jcuvae.cli;

import io.jcuvae.data.Classes;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.JobFiles;
import io.jcuvae.data.RowWriters;
import io.jcuvae.jobs.AggregatePosterior;
import io.jcuvae.jobs.CodePrior;
import io.jcuvae.jobs.CodeSampler;
import io.jcuvae.jobs.Generation;
import io.jcuvae.jobs.Labels;
import io.jcuvae.jobs.Progress;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Posterior;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.commons.cli.Option;

/** Draws new samples. */
final class GenerateCommand implements Command {
    private static final String COMPONENTS = "components";
    private static final int MOST_COMPONENTS = 10_000;
    private static final List<String> OF_THE_MIXTURE =
            List.of(COMPONENTS, "data", "limit", CommonOptions.SKIP_BAD, SourceArguments.MIRROR);

    @Override
    public String summary() {
        return "draws new samples from a model";
    }

    @Override
    public List<Option> options() {
        return JobOptions.with(all(), false);
    }

    private static List<Option> all() {
        return List.of(
                CommonOptions.model(),
                CommonOptions.value(
                        "first", "I", "number of the first sample, which depends on it and the seed alone (default 0)"),
                CommonOptions.value(
                        "count", "N", "how many samples, of each class with --label all (default 64, or 8 of each)"),
                CommonOptions.label(", or all: each class in a line of a .png, from the same codes"),
                CommonOptions.samples(),
                JobOptions.bytes(),
                CommonOptions.value("seed", "N", "start of the random sequence (default 0)"),
                CommonOptions.value(
                        "temperature",
                        "T",
                        "scale of the latent codes: 1 is the prior, less is tamer; of a tree, probabilities are p^(1/T)"
                                + " (default 1)"),
                CommonOptions.value(
                        "sampler",
                        "NAME",
                        "where codes come from: prior, the model's own; normal, the standard normal; or gmm, a mixture of normals"
                                + " fitted to the codes of the training data, per class where there are labels, and kept"
                                + " beside the model; of codes of a codebook a tree, kept likewise (default prior, or tree)"),
                CommonOptions.value(
                        COMPONENTS,
                        "K",
                        "normals of the mixture (default " + AggregatePosterior.COMPONENTS
                                + ", or as many as the kept one has)"),
                CommonOptions.value(
                        "data",
                        "SRC",
                        "whose training rows mixture or tree are fitted to (default what the model was trained on)"),
                CommonOptions.value(
                        "limit",
                        "N",
                        "fit it to the first N rows, 0 for all (default " + AggregatePosterior.SAMPLES
                                + ", a tree to all)"),
                CommonOptions.skipBad(),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public Map<String, List<String>> words() {
        return Map.of("sampler", CommonOptions.names(Sampler.values()));
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
        Optional<Sampler> asked = sampler(arguments);
        asked.ifPresent(sampler -> requireOfUse(sampler, arguments));
        AggregatePosterior.Wanted wanted = new AggregatePosterior.Wanted(
                arguments.integer(COMPONENTS, 1, MOST_COMPONENTS, 0),
                arguments.text("data").orElse(null),
                arguments.integer("limit", 0, Integer.MAX_VALUE, -1));
        long first = arguments.wholeNumber("first", 0, Long.MAX_VALUE, 0);
        arguments.requiredPath("model");
        RowWriters.Form form = JobOptions.form(arguments);
        return ModelJob.rows(arguments, output, "generating", (model, backend) -> {
            int[] classes = Labels.of(model, arguments.text("label").orElse(null));
            boolean codes = model.spec().posterior() == Posterior.VQ;
            Sampler chosen = asked.orElse(codes ? Sampler.TREE : Sampler.PRIOR);
            requireOfUse(chosen, arguments);
            if (codes && chosen == Sampler.GMM) {
                throw new UserError(
                        "--sampler gmm: fits normals, and the model's codes are those of a codebook; leave it"
                                + " out, or take --sampler tree");
            }
            CodeSampler sampler =
                    switch (chosen) {
                        case PRIOR, NORMAL -> null;
                        case GMM -> mixture(arguments, output, model, backend, wanted);
                        case TREE -> tree(arguments, output, model, backend, wanted);
                    };
            if (chosen == Sampler.NORMAL && model.spec().prior().isLearned()) {
                throw new UserError("--sampler normal: the model has learned a prior of its own ("
                        + model.spec().prior().describe()
                        + "), and its codes do not follow the standard normal; leave the option out");
            }
            Generation.Asked rows = new Generation.Asked(first, count, seed, temperature, named(chosen, arguments));
            return new Generation(model, backend, classes, sampler, rows, form);
        });
    }

    /** For the manifest: a mixture or a tree that has taken another's place makes another job. */
    private static String named(Sampler chosen, Arguments arguments) {
        String name = chosen.name().toLowerCase(Locale.ROOT);
        Path model = Model.file(arguments.requiredPath("model"));
        return switch (chosen) {
            case PRIOR, NORMAL -> name;
            case GMM -> name + ", SHA-256 " + JobFiles.sha256(AggregatePosterior.file(model));
            case TREE -> name + ", SHA-256 " + JobFiles.sha256(CodePrior.file(model));
        };
    }

    private static CodeSampler mixture(
            Arguments arguments, Output output, Model model, Backend backend, AggregatePosterior.Wanted wanted) {
        Path file = Model.file(arguments.requiredPath("model"));
        return withSource(
                arguments,
                output,
                model,
                source -> AggregatePosterior.of(file, model, backend, source, wanted, Progress.SILENT, output::note));
    }

    private static CodePrior tree(
            Arguments arguments, Output output, Model model, Backend backend, AggregatePosterior.Wanted wanted) {
        Path file = Model.file(arguments.requiredPath("model"));
        CodePrior.Wanted codes = new CodePrior.Wanted(wanted.data(), wanted.samples());
        return withSource(
                arguments,
                output,
                model,
                source -> CodePrior.of(file, model, backend, source, codes, Progress.SILENT, output::note));
    }

    /** What is fitted to the data, which are opened only where it asks for them, and then warned of what they lack. */
    private static <T> T withSource(
            Arguments arguments, Output output, Model model, Function<Supplier<DataSource>, T> fit) {
        List<DataSource> opened = new ArrayList<>();
        T fitted = fit.apply(() -> {
            opened.add(ModelJob.source(arguments, output, model));
            return opened.get(0);
        });
        opened.forEach(source -> ModelJob.warn(source, output));
        return fitted;
    }

    /** Where codes come from. */
    private enum Sampler {
        PRIOR,
        NORMAL,
        GMM,
        TREE
    }

    private static Optional<Sampler> sampler(Arguments arguments) {
        return arguments.text("sampler").map(name -> {
            for (Sampler sampler : Sampler.values()) {
                if (sampler.name().toLowerCase(Locale.ROOT).equals(name)) {
                    return sampler;
                }
            }
            throw new UserError("--sampler: must be prior, normal, gmm or tree, got '" + name + "'");
        });
    }

    /** Refuses options of a sampler that is not asked for. */
    private static void requireOfUse(Sampler sampler, Arguments arguments) {
        for (String option : OF_THE_MIXTURE) {
            if ((sampler == Sampler.PRIOR || sampler == Sampler.NORMAL) && arguments.has(option)) {
                throw new UserError("--" + option + ": is about fitting a mixture; add --sampler gmm, or leave it out");
            }
        }
        if (sampler == Sampler.TREE && arguments.has(COMPONENTS)) {
            throw new UserError(
                    "--" + COMPONENTS + ": is about a mixture of normals, and a tree has none; leave it out");
        }
    }
}
