package io.jcuvae.api;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Split;
import io.jcuvae.data.TableSchema;
import io.jcuvae.device.OpenDevice;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.EpochMetrics;
import io.jcuvae.train.Evaluator;
import io.jcuvae.train.HostModel;
import io.jcuvae.train.Pace;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A training to be run: on what, with which settings, where. Immutable, each method gives another one, so one can be
 * the start of many; each {@link #run} is a training of its own, and several may run at once. Equal trainings give
 * equal bits, for any number of threads.
 */
public final class Training {
    /** What to train on: either a text alone, or rows to train on and rows to hold out. */
    private record Data(String source, Samples training, Samples heldOut) {}

    private final Data data;
    private final String preset;
    private final Map<Setting, String> settings;
    private final Device device;
    private final Path folder;
    private final TrainConfig began;

    private Training(
            Data data, String preset, Map<Setting, String> settings, Device device, Path folder, TrainConfig began) {
        this.data = data;
        this.preset = preset;
        this.settings = settings;
        this.device = device;
        this.folder = folder;
        this.began = began;
        // A value that is none, or goes with no other, is told where it is set.
        config();
    }

    private static Training of(Data data, Path folder, TrainConfig began) {
        return new Training(data, TrainConfig.PRESETS.get(0), Map.of(), Device.auto(), folder, began);
    }

    /**
     * On what a text names.
     *
     * @param source what {@code --data} means, see {@link Samples#of(String)}; one that does not set rows apart has a
     *     tenth of them held out
     */
    public static Training on(String source) {
        return of(new Data(Objects.requireNonNull(source), null, null), null, null);
    }

    /**
     * On rows of any kind, of which a tenth is held out, by their numbers.
     *
     * @throws UserError when they are a stream
     */
    public static Training on(Samples samples) {
        return on(samples.split("train"), samples.split("test"));
    }

    /**
     * On rows of any kind.
     *
     * @param heldOut for the figures after each epoch
     */
    public static Training on(Samples training, Samples heldOut) {
        return of(new Data(training.name(), training, Objects.requireNonNull(heldOut)), null, null);
    }

    /**
     * Goes on with what a run left in a folder, after its last checkpoint, as if it had never stopped. Of its
     * settings may change what {@code train --resume} lets change, as the number of epochs.
     *
     * @param folder of the run, whose data a text names
     * @throws UserError when there is none
     */
    public static Training resume(Path folder) {
        TrainConfig began = new RunFolder(folder).readConfig();
        return of(new Data(began.data(), null, null), folder, began);
    }

    /** The same of a run on rows that no text names, which are to be given again. */
    public static Training resume(Path folder, Samples training, Samples heldOut) {
        TrainConfig began = new RunFolder(folder).readConfig();
        return of(new Data(began.data(), training, Objects.requireNonNull(heldOut)), folder, began);
    }

    /**
     * With the defaults of a preset; settings that were given stay as they are.
     *
     * @param name as in {@code conv-28}
     * @throws UserError if there is none of that name, or this resumes a run
     */
    public Training preset(String name) {
        if (began != null) {
            throw new UserError("Training.preset: a run that is resumed has the settings it began with; leave it out");
        }
        return new Training(data, Objects.requireNonNull(name), settings, device, folder, null);
    }

    /**
     * With a setting.
     *
     * @param value as one would write it on the command line
     * @throws UserError if it is none, or the setting is one that another method sets
     */
    public Training set(Setting setting, String value) {
        if (setting == Setting.DATA || Device.settings().contains(setting)) {
            throw new UserError("Training.set: " + setting.key() + " is no setting here; use "
                    + (setting == Setting.DATA ? "Training.on" : "Training.device"));
        }
        Map<Setting, String> more = new LinkedHashMap<>(settings);
        more.remove(setting);
        more.put(setting, Objects.requireNonNull(value));
        return new Training(data, preset, more, device, folder, began);
    }

    /** With so many passes over the data. */
    public Training epochs(int count) {
        return set(Setting.EPOCHS, Integer.toString(count));
    }

    /** With so many samples in a step. */
    public Training batch(int samples) {
        return set(Setting.BATCH, Integer.toString(samples));
    }

    /** With codes of so many values. */
    public Training latents(int count) {
        return set(Setting.LATENT, Integer.toString(count));
    }

    /** With dense layers of these widths in the encoder, mirrored in the decoder. */
    public Training hidden(int... widths) {
        return set(
                Setting.HIDDEN,
                widths.length == 0
                        ? "none"
                        : IntStream.of(widths).mapToObj(Integer::toString).collect(Collectors.joining(",")));
    }

    /** With this learning rate of Adam. */
    public Training learningRate(double rate) {
        return set(Setting.LR, Double.toString(rate));
    }

    /** With this weight of the KL term. */
    public Training beta(double weight) {
        return set(Setting.BETA, Double.toString(weight));
    }

    /** With this reconstruction term, as in {@code gaussian}. */
    public Training likelihood(String name) {
        return set(Setting.LIKELIHOOD, name.toLowerCase(Locale.ROOT));
    }

    /** With another start of all randomness. */
    public Training seed(long start) {
        return set(Setting.SEED, Long.toString(start));
    }

    /** Computing there; the default is {@link Device#auto}. */
    public Training device(Device where) {
        return new Training(data, preset, settings, Objects.requireNonNull(where), folder, began);
    }

    /**
     * Leaving model, checkpoints and metrics in a folder, so that a stopped run can be resumed; without one nothing
     * is written.
     *
     * @param path of a folder that holds no run yet
     */
    public Training folder(Path path) {
        if (began != null) {
            throw new UserError("Training.folder: a run that is resumed goes on in " + folder + "; leave it out");
        }
        return new Training(data, preset, settings, device, Objects.requireNonNull(path), null);
    }

    /** The value that a setting has. */
    public String setting(Setting setting) {
        return config().text(setting);
    }

    private TrainConfig config() {
        TrainConfig config = began != null ? began : TrainConfig.preset(preset).with(Setting.DATA, data.source());
        for (Map.Entry<Setting, String> entry : settings.entrySet()) {
            config = config.with(entry.getKey(), entry.getValue());
        }
        config = device.settings(config);
        if (began != null) {
            Trainer.requireResumable(began, config);
        }
        return config;
    }

    /** Runs to the end, telling nobody; see {@link #run(TrainingListener, BooleanSupplier)}. */
    public TrainingResult run() {
        return run(new TrainingListener() {});
    }

    /** Runs to the end; see {@link #run(TrainingListener, BooleanSupplier)}. */
    public TrainingResult run(TrainingListener listener) {
        return run(listener, () -> false);
    }

    /**
     * Trains in the calling thread until the last epoch is done, its settings end it, or it is told to stop; then the
     * step under way is finished, and with a folder a checkpoint is written. An interrupt of the thread tells it to
     * stop, too, and stays set.
     *
     * @param stop looked at after every step
     * @return what came of it; close it, or its model
     * @throws UserError when the data are not there, do not fit the settings, or settings do not go together
     * @throws io.jcuvae.tensor.Failure when a loss is not finite, or the device or the disk fails
     */
    public TrainingResult run(TrainingListener listener, BooleanSupplier stop) {
        // An interrupted thread cannot write files, so the mark is taken off until the work is done.
        AtomicBoolean interrupted = new AtomicBoolean(Thread.interrupted());
        try {
            return run(
                    listener,
                    () -> {
                        if (Thread.interrupted()) {
                            interrupted.set(true);
                        }
                        return interrupted.get() || stop.getAsBoolean();
                    },
                    config());
        } finally {
            if (interrupted.get()) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private TrainingResult run(TrainingListener listener, BooleanSupplier stop, TrainConfig planned) {
        if (folder != null && began == null) {
            new RunFolder(folder).requireUnused();
        }
        Parts rows = parts(planned, listener);
        List<TrainingListener.Epoch> epochs = new ArrayList<>();
        HostModel host;
        boolean finished;
        String ending;
        try (OpenDevice opened = device.open()) {
            TrainConfig config = fitted(planned, rows);
            Telling telling = new Telling(listener, epochs);
            Trainer trainer = began != null
                    ? Trainer.resume(config, rows.train, rows.test, rows.validation, opened.backend(), folder, telling)
                    : Trainer.start(config, rows.train, rows.test, rows.validation, opened.backend(), folder, telling);
            finished = trainer.run(stop);
            ending = finished ? trainer.stoppedEarly().orElse("") : "";
            host = HostModel.of(trainer.model(), opened.backend());
        }
        return new TrainingResult(finished, epochs, ending, new TrainedModel(host, device));
    }

    /** As many epochs as a budget has room for, where there is one. */
    private TrainConfig fitted(TrainConfig planned, Parts rows) {
        if (!planned.budget().open() || began != null) {
            return planned;
        }
        try (OpenDevice measured = device.open()) {
            Pace pace = Pace.measure(planned, rows.train, rows.test, rows.validation, measured.backend());
            return planned.shortened(Math.max(1, Math.min(planned.epochs(), pace.epochsIn(planned.budget()))));
        }
    }

    /**
     * What a run looks at.
     *
     * @param validation the source's own, or null
     */
    private record Parts(Dataset train, Dataset validation, Dataset test) {}

    private Parts parts(TrainConfig config, TrainingListener listener) {
        if (data.training() != null) {
            Dataset train = data.training().load(text -> source(config, text));
            Dataset test = data.heldOut().load(text -> source(config, text));
            return new Parts(config.limit() == 0 ? train : train.first(config.limit()), null, test);
        }
        DataSource source = source(config, config.data());
        Parts parts = new Parts(
                source.load(Split.TRAIN, config.limit()),
                source.hasValidationSplit() ? source.load(Split.VALIDATION, 0) : null,
                source.load(Split.TEST, 0));
        source.warnings().forEach(listener::warning);
        return parts;
    }

    private static DataSource source(TrainConfig config, String text) {
        DataSource source = DataSource.parse(text, config.pictures());
        return config.schema().isEmpty()
                ? source
                : source.by(TableSchema.read(config.schema().get()));
    }

    /** Hands on what the trainer says. */
    private record Telling(TrainingListener listener, List<TrainingListener.Epoch> epochs) implements Trainer.Listener {
        @Override
        public void progress(Trainer.Progress progress) {
            listener.progress(new TrainingListener.Progress(
                    progress.epoch(),
                    progress.epochs(),
                    progress.done(),
                    progress.samples(),
                    progress.losses().loss(),
                    progress.samplesPerSecond()));
        }

        @Override
        public void epoch(EpochMetrics metrics) {
            EpochMetrics.Losses train = metrics.train();
            Evaluator.Result test = metrics.test();
            TrainingListener.Epoch epoch = new TrainingListener.Epoch(
                    metrics.epoch(),
                    new TrainingListener.Losses(train.loss(), train.reconstruction(), train.kl()),
                    new TrainingListener.Losses(metrics.testLoss(), test.reconstruction(), test.kl()),
                    test.activeUnits(),
                    metrics.seconds());
            epochs.add(epoch);
            listener.epoch(epoch);
        }

        @Override
        public void warning(String message) {
            listener.warning(message);
        }

        @Override
        public void note(String message) {
            Log.note(message);
        }
    }
}
