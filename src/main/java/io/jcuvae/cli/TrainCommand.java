package io.jcuvae.cli;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.data.Split;
import io.jcuvae.data.TableSchema;
import io.jcuvae.report.RunReport.State;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import io.jcuvae.train.Shard;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import io.jcuvae.train.Workers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** Trains a model into a run folder. */
final class TrainCommand implements Command {
    private static final int STOPPED = 130;

    /** Who finds workers on other machines; null where there are none. */
    private final TrainCalls.Hiring hiring;

    /** On this machine. */
    TrainCommand() {
        this(null);
    }

    /** On others, of whose states this one keeps the mean. */
    TrainCommand(TrainCalls.Hiring hiring) {
        this.hiring = hiring;
    }

    @Override
    public String summary() {
        return "trains a model; leaves it, its figures and pictures in a folder";
    }

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>();
        TrainConfig defaults = TrainConfig.defaults();
        options.add(ConfigOptions.setting(Setting.DATA, defaults));
        options.add(
                CommonOptions.value("out", "DIR", "the folder to write (default runs/, the data's name and the time)"));
        options.addAll(ConfigOptions.sources());
        String changeable = Stream.of(Setting.values())
                .filter(Trainer::mayChange)
                .map(setting -> "--" + setting.key())
                .collect(Collectors.joining(", "));
        options.add(CommonOptions.value(
                "resume", "DIR", "go on with the run in that folder; of its settings may change: " + changeable));
        Stream.of(Setting.values())
                .filter(setting -> setting != Setting.DATA)
                .map(setting -> ConfigOptions.setting(setting, defaults))
                .forEach(options::add);
        options.add(LiveReport.option());
        options.add(CommonOptions.flag("quiet", "show only the final figures"));
        options.add(CommonOptions.json());
        return options;
    }

    @Override
    public Map<String, List<String>> words() {
        return Map.of("report", LiveReport.words());
    }

    @Override
    public String example() {
        return "train --data moons:5000 --epochs 5 --latent 8 --out runs/moons";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        LiveReport.check(arguments);
        Optional<Path> resumed = arguments.path("resume");
        TrainConfig planned =
                resumed.isPresent() ? resumedConfig(arguments, resumed.get()) : ConfigOptions.read(arguments);
        Path folder = resumed.orElseGet(() -> arguments.path("out").orElseGet(() -> newFolder(planned.data())));
        if (resumed.isEmpty()) {
            new RunFolder(folder).requireUnused();
        }
        requireHands(arguments, planned);
        DataSource source = source(arguments, planned, output);
        Rows rows = Rows.of(source, planned);
        TrainConfig config = planned.budget().open() ? Budgeting.fit(arguments, output, planned, rows) : planned;
        // With workers elsewhere this machine only looks at what they made, and may be one without a GPU.
        TrainConfig here =
                hiring == null ? config : config.with(Setting.DEVICE, "cpu").with(Setting.PRECISION, "fp32");
        try (Device device = Device.open(arguments, here);
                Workers workers = hiring == null ? null : hiring.workers(config, arguments.has("debug"));
                TrainProgress progress = new TrainProgress(output, config.epochs(), config.latents())) {
            Backend backend = device.backend();
            source.notes().forEach(output::note);
            ModelJob.warn(source, output);
            LiveReport page = LiveReport.of(arguments, progress);
            Trainer trainer = resumed.isPresent()
                    ? Trainer.resume(config, rows.train, rows.test, rows.validation, workers, backend, folder, page)
                    : Trainer.start(config, rows.train, rows.test, rows.validation, workers, backend, folder, page);
            page.begin(trainer, backend, new RunFolder(folder), rows.test);
            TrainReport report = new TrainReport(output, trainer, backend, new RunFolder(folder), rows.test);
            report.begin();
            device.tell(output);
            if (workers != null) {
                output.note(String.format(
                        Locale.ROOT,
                        "%d worker%s in rounds of %d steps, each on its own part of the rows; this machine keeps the mean"
                                + " of their states and evaluates it",
                        workers.count(),
                        workers.count() == 1 ? "" : "s",
                        config.roundSteps()));
            }
            if (trainer.epoch() > config.epochs()) {
                output.warn("all " + config.epochs() + " epochs were done before; to train longer give --epochs");
            }
            boolean done;
            try (Interruption interruption = new Interruption()) {
                done = run(trainer, interruption, page);
                progress.clear();
                if (!done) {
                    page.end(State.STOPPED, report.howToGoOn());
                    report.stopped();
                }
            }
            if (done) {
                page.end(State.FINISHED, trainer.stoppedEarly().orElse(""));
                report.end();
            }
            return done ? 0 : STOPPED;
        }
    }

    private static boolean run(Trainer trainer, Interruption interruption, LiveReport page) {
        try {
            return trainer.run(interruption::asked);
        } catch (Failure e) {
            page.end(State.FAILED, e.getMessage());
            throw e;
        }
    }

    /**
     * What a run looks at.
     *
     * @param validation the source's own, or null
     */
    record Rows(Dataset train, Dataset validation, Dataset test) {
        static Rows of(DataSource source, TrainConfig config) {
            return of(source, new Shard(0, config.workers()).training(source, config));
        }

        static Rows of(DataSource source, Dataset train) {
            return new Rows(
                    train,
                    source.hasValidationSplit() ? source.load(Split.VALIDATION, 0) : null,
                    source.load(Split.TEST, 0));
        }
    }

    static DataSource source(Arguments arguments, TrainConfig config, Output output) {
        PictureOptions pictures = config.pictures().withProgress(() -> new JobProgress(output, "decoding"));
        DataSource source = DataSource.parse(
                new Shard(0, config.workers()).source(config.data()),
                SourceArguments.read(arguments, output, pictures, config, true));
        for (Setting setting : List.of(Setting.SIZE, Setting.GREY)) {
            String value = config.text(setting);
            if (!source.isPictures() && !value.equals(TrainConfig.defaults().text(setting))) {
                throw new UserError("--" + setting.key() + " " + value
                        + ": is about a folder or zip of pictures, which " + source.name() + " is not; leave it out");
            }
        }
        return config.schema().isEmpty()
                ? source
                : source.by(TableSchema.read(config.schema().get()));
    }

    /** Refuses rounds where there is nobody for them, and what they do not go with. */
    private void requireHands(Arguments arguments, TrainConfig config) {
        if (hiring == null) {
            String cluster =
                    "is about training on a cluster (spark-submit --class io.jcuvae.cluster.SparkTraining jcuvae.jar"
                            + " train ..., see docs/cluster.md); leave it out to train on this machine";
            if (config.workers() > 1) {
                throw new UserError("--workers " + config.workers() + ": " + cluster);
            }
            if (arguments.has(Setting.ROUND_STEPS.key())) {
                throw new UserError("--round-steps: " + cluster);
            }
            if (Shard.named(config.data())) {
                throw new UserError("--data " + config.data() + ": " + Shard.PLACE + " " + cluster);
            }
        } else if (config.budget().open()) {
            throw new UserError("--budget: is measured on one machine and says nothing of a cluster; give --epochs");
        }
    }

    private static TrainConfig resumedConfig(Arguments arguments, Path folder) {
        for (String other : List.of("out", "preset", "config")) {
            if (arguments.has(other)) {
                throw new UserError("--" + other + ": cannot be given with --resume, which goes on in " + folder
                        + " with the settings the run began with; leave it out");
            }
        }
        RunFolder run = new RunFolder(folder);
        TrainConfig began = run.readConfig();
        TrainConfig wanted = ConfigOptions.withOptions(began, arguments);
        Trainer.requireResumable(began, wanted);
        if (!Files.exists(run.checkpoint())) {
            throw new UserError(folder + ": holds no checkpoint.safetensors to go on from; start a new run");
        }
        return wanted;
    }

    /** A folder that is not there yet, named after the data and the time. */
    static Path newFolder(String data) {
        String[] parts = data.split("[/\\\\]");
        String last = parts.length == 0 ? "" : parts[parts.length - 1];
        String name = last.replaceFirst("(\\.gz)?$", "")
                .replaceFirst("\\.(npy|npz|csv|parquet|zip)\\b.*$", "")
                .replaceAll("[^A-Za-z0-9_.-]+", "-")
                .replaceFirst("^[.-]+", "");
        String time = LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT));
        Path first = Path.of("runs", (name.isEmpty() ? "run" : name) + "-" + time);
        Path folder = first;
        for (int i = 2; Files.exists(folder); i++) {
            folder = first.resolveSibling(first.getFileName() + "-" + i);
        }
        return folder;
    }
}
