package io.jcuvae.train;

import com.google.gson.JsonObject;
import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.TrainingOps;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;

/**
 * Trains a model: epochs of steps, an evaluation after each, metrics and checkpoints. Equal configuration and data give equal
 * bits, however often the run is stopped and resumed and however many threads compute.
 */
public final class Trainer {
    // Long because a run is told from beginning to end, with what it is asked about.

    /** Steps between looks at the device's sums, at least. */
    private static final int STEPS_PER_LOOK = 32;
    /** Seconds between looks, about, where that is more steps: a look makes a fast device wait for the host. */
    private static final double SECONDS_PER_LOOK = 0.1;
    /** Steps between looks, at most. */
    private static final int MOST_STEPS_PER_LOOK = 1 << 14;
    /** Values of noise that are made available at once, where a step does not take more. */
    private static final long NOISE_RESERVED = 1 << 22;

    /** What begins at zero in every epoch. */
    private static final List<Scalars> OF_AN_EPOCH = List.of(
            Scalars.ORDER_POSITION,
            Scalars.LOSS_SUM,
            Scalars.RECONSTRUCTION_SUM,
            Scalars.KL_SUM,
            Scalars.TERM_SUM,
            Scalars.SAMPLES,
            Scalars.GRADIENT_NORM_SUM,
            Scalars.GRADIENT_NORM_MAX);

    /** Below this many nats per sample the KL term says that the latents carry next to nothing. */
    private static final double COLLAPSED_KL = 0.5;

    /** What a trainer tells while it works. */
    public interface Listener {
        /** Told every few steps. */
        default void progress(Progress progress) {}

        /** Told after each epoch. */
        default void epoch(EpochMetrics metrics) {}

        /** Told when something looks wrong while there is time to act. */
        default void warning(String message) {}

        /** Told what is as it was asked for and yet worth knowing. */
        default void note(String message) {}
    }

    /**
     * How far an epoch is.
     *
     * @param epoch from 1
     * @param epochs in all
     * @param done samples of the epoch done
     * @param samples of the epoch
     * @param losses averages of the epoch so far
     * @param samplesPerSecond since the epoch began or was resumed
     */
    public record Progress(
            int epoch, int epochs, int done, int samples, EpochMetrics.Losses losses, double samplesPerSecond) {}

    private final TrainConfig config;
    private final CodedRows rows;
    private final Classes classes;
    private final DataRecord record;
    private final Backend backend;
    private final RunFolder folder;
    /** Null where nothing is kept. */
    private final RunWriter writer;

    private final Listener listener;
    private final VaeSpec spec;
    private final TrainState state;
    private final int samples;
    private final Dataset training;
    private final Dataset validation;
    private final boolean validatesOnOwnRows;
    private final Schedule schedule;
    /** The schedule's values in the steps of an epoch; null where they do not vary within one. */
    private final Tensor table;

    private final EpochSteps steps;
    private final Evaluator evaluator;
    private Watch watch = Watch.START;
    private int stepsPerLook = STEPS_PER_LOOK;
    /** The noise sequence is available up to here. */
    private long noiseReserved;

    private Trainer(
            TrainConfig config,
            Dataset train,
            Dataset test,
            Dataset ownValidation,
            Backend backend,
            RunFolder folder,
            Listener listener) {
        config.requireSense();
        this.config = config;
        rows = CodedRows.of(config, train, test);
        this.backend = backend;
        this.folder = folder;
        this.listener = listener;
        classes = config.conditioned() ? Classes.of(train) : Classes.NONE;
        record = DataRecord.of(config.data(), train, test, classes, rows.table());
        boolean drawn = config.binarization() != Binarization.NONE;
        if (drawn || config.likelihood().needsUnitData()) {
            String why = (drawn
                            ? "binarization"
                            : "the likelihood " + config.likelihood().label())
                    + " needs values in [0, 1]: scale the data, or "
                    + (drawn ? "leave out --binarize" : "choose --likelihood gaussian");
            train.requireUnit(why);
            test.requireUnit(why);
            if (ownValidation != null) {
                ownValidation.requireUnit(why);
            }
        }
        Shape sample = Shape.of(train.shape().sizes());
        spec = config.spec(sample, classes.count(), rows.table().layout());
        validatesOnOwnRows = ownValidation != null && config.validation().none();
        Holdout.Parts parts = validatesOnOwnRows
                ? new Holdout.Parts(rows.train(), rows.table().encoded(ownValidation))
                : config.validation().divide(rows.train(), config.seed());
        validation = parts.validation();
        training = parts.training();
        samples = parts.training().count();
        int count = EpochSteps.count(config, samples);
        schedule = new Schedule(config, count);
        state = TrainState.allocate(spec.layout(), backend, config.averaging() > 0);
        writer = folder == null ? null : new RunWriter(folder, config, record, state, backend, listener::warning);
        evaluator = new Evaluator(spec, backend, state.forUse(), state.buffers());
        Shape shape = Shape.of(count, TrainingOps.SCHEDULE_COLUMNS);
        table = schedule.varies() ? Tensor.of(backend.allocate(ElementType.F64, shape.count()), shape) : null;
        int batch = EpochSteps.batch(config, samples);
        steps = new EpochSteps(
                config,
                spec,
                backend,
                state,
                Update.of(config, backend, state, table),
                samples,
                () -> new TrainingRows(
                        parts.training(),
                        RowLabels.of(classes, parts.training()),
                        batch,
                        config.seed(),
                        config.shuffles(),
                        backend,
                        listener::warning));
    }

    /**
     * A run from the start.
     *
     * @param test held-out rows, for the figures after each epoch
     * @param folder where its files go, or null to keep nothing but the parameters on the device
     */
    public static Trainer start(
            TrainConfig config, Dataset train, Dataset test, Backend backend, Path folder, Listener listener) {
        return start(config, train, test, null, backend, folder, listener);
    }

    /**
     * A run from the start, of data with validation rows of their own.
     *
     * @param validation by which epochs are compared where {@code --validation} holds no others out, or null
     */
    public static Trainer start(
            TrainConfig config,
            Dataset train,
            Dataset test,
            Dataset validation,
            Backend backend,
            Path folder,
            Listener listener) {
        RunFolder run = folder == null ? null : new RunFolder(folder);
        Trainer trainer = new Trainer(config, train, test, validation, backend, run, listener);
        float[] values = Beginning.values(config, trainer.spec.layout(), trainer.rows.train());
        if (config.startsAtMean()) {
            OutputStart.apply(trainer.spec, values, trainer.training);
        }
        if (config.secondMoment() > 0) {
            backend.ops().fill(trainer.state.secondMoments().block(), (float) config.secondMoment());
        }
        backend.upload(trainer.state.values().block(), values, 0);
        backend.upload(trainer.state.forUse().block(), values, 0);
        double[] scalars = new double[Scalars.COUNT];
        scalars[Scalars.EPOCH.ordinal()] = 1;
        trainer.writeScalars(scalars);
        if (run != null) {
            trainer.writer.create();
            trainer.writer.save(trainer.watch);
        }
        return trainer;
    }

    /**
     * A run from its last checkpoint. The configuration may differ from the one it began with in the number of epochs, the
     * learning rate, beta, in when it ends early and what it keeps, and in where it computes.
     */
    public static Trainer resume(
            TrainConfig config, Dataset train, Dataset test, Backend backend, Path folder, Listener listener) {
        return resume(config, train, test, null, backend, folder, listener);
    }

    /**
     * A run from its last checkpoint, of data with validation rows of their own.
     *
     * @param validation as for {@link #start}
     */
    public static Trainer resume(
            TrainConfig config,
            Dataset train,
            Dataset test,
            Dataset validation,
            Backend backend,
            Path folder,
            Listener listener) {
        RunFolder run = new RunFolder(folder);
        if (!Files.exists(run.checkpoint())) {
            throw new UserError(
                    folder + ": holds no checkpoint.safetensors: the run ended before it wrote its first; start"
                            + " again with another --out");
        }
        Trainer trainer = new Trainer(config, train, test, validation, backend, run, listener);
        trainer.watch = Checkpoint.read(run.checkpoint(), trainer.record, trainer.state, backend);
        trainer.writeScalars(trainer.scalars());
        trainer.writer.goOn(trainer.epoch());
        return trainer;
    }

    private double[] scalars() {
        double[] scalars = new double[Scalars.COUNT];
        backend.download(scalars, state.scalars());
        return scalars;
    }

    /** Writes the scalars with what follows from the configuration: the schedule of the epoch that is next or under way. */
    private void writeScalars(double[] scalars) {
        int epoch = (int) scalars[Scalars.EPOCH.ordinal()];
        long start = (long) (epoch - 1) * schedule.stepsPerEpoch();
        Schedule.Values values = schedule.at(start, watch.rateFactor());
        scalars[Scalars.SCHEDULE_START.ordinal()] = start;
        scalars[Scalars.LEARNING_RATE.ordinal()] = values.rate();
        scalars[Scalars.BETA.ordinal()] = values.beta();
        scalars[Scalars.CAPACITY.ordinal()] = values.capacity();
        scalars[Scalars.GRADIENT_SCALE.ordinal()] = 1;
        backend.upload(state.scalars(), scalars);
        if (table != null) {
            backend.upload(table, schedule.table(epoch, watch.rateFactor()));
        }
    }

    /** The epoch that is next or under way, from 1. */
    public int epoch() {
        return (int) scalars()[Scalars.EPOCH.ordinal()];
    }

    /** The configuration. */
    public TrainConfig config() {
        return config;
    }

    /** The model as it stands, of averaged parameters where there are such, sharing the trainer's memory. */
    public Model model() {
        return new Model(config, record, spec, state.forUse(), state.buffers());
    }

    /**
     * Adds a picture of the last epoch to what the run tells TensorBoard, if it does.
     *
     * @param tag what it is called there
     */
    public void logPicture(String tag, Path png) {
        if (writer != null) {
            int done = epoch() - 1;
            writer.events().ifPresent(log -> log.picture(done, tag, png));
        }
    }

    /** Whether these are the data's own, and no training rows. */
    public boolean validatesOnOwnRows() {
        return validatesOnOwnRows;
    }

    /** Steps of an epoch. */
    int stepsPerEpoch() {
        return schedule.stepsPerEpoch();
    }

    /**
     * What the evaluation after an epoch takes: the shortest of at least two, and of as many as there is time for, since the
     * first ones run before a virtual machine has compiled them.
     *
     * @param patience seconds
     */
    double evaluationSeconds(double patience) {
        double shortest = Double.POSITIVE_INFINITY;
        long begun = System.nanoTime();
        for (int i = 0; i < 2 || seconds(begun) < patience; i++) {
            long start = System.nanoTime();
            evaluate(rows.test());
            if (validation != null) {
                evaluate(validation);
            }
            shortest = Math.min(shortest, seconds(start));
        }
        return shortest;
    }

    /** Rows to compare epochs by. */
    public int validationCount() {
        return validation == null ? 0 : validation.count();
    }

    /** The epoch with the best held-out figure, where there is one yet. */
    public OptionalInt bestEpoch() {
        return watch.bestEpoch() == 0 ? OptionalInt.empty() : OptionalInt.of(watch.bestEpoch());
    }

    /** Why the run is over before its last epoch, if it is. */
    public Optional<String> stoppedEarly() {
        int done = epoch() - 1;
        return !watch.stops(config) || done >= config.epochs()
                ? Optional.empty()
                : Optional.of(String.format(
                        Locale.ROOT,
                        "stopped after epoch %d of %d: the %s of the %s rows has not improved for %d epochs; it was best in"
                                + " epoch %d with %.2f",
                        done,
                        config.epochs(),
                        config.metric().label(),
                        validation == null ? "held-out" : "validation",
                        watch.waited(),
                        watch.bestEpoch(),
                        watch.best()));
    }

    /** All that training changes. */
    public TrainState state() {
        return state;
    }

    /**
     * Trains until the last epoch is done, the run ends early by its configuration, or a stop is asked for; then the step under
     * way is finished and a checkpoint is written.
     *
     * @param stop looked at after every step
     * @return whether the run is over
     * @throws Failure when a loss is not finite, naming the step and the first quantity at fault
     */
    public boolean run(BooleanSupplier stop) {
        for (int epoch = epoch(); epoch <= config.epochs(); epoch++) {
            if (watch.stops(config)) {
                return true;
            }
            if (!runEpoch(epoch, stop)) {
                requireFinite();
                if (writer != null) {
                    writer.save(watch);
                }
                return false;
            }
            if (stop.getAsBoolean() && epoch < config.epochs() && !watch.stops(config)) {
                return false;
            }
        }
        return true;
    }

    private boolean runEpoch(int epoch, BooleanSupplier stop) {
        double[] scalars = scalars();
        int resumedAt = (int) scalars[Scalars.ORDER_POSITION.ordinal()];
        long noise = (long) scalars[Scalars.NOISE_POSITION.ordinal()];
        steps.begin(epoch, resumedAt);
        long start = System.nanoTime();
        long lookedAt = start;
        int done = resumedAt;
        int unseen = 0;
        while (done < samples) {
            int count = steps.rowsAt(done);
            long values = count * steps.noisePerRow();
            reserve(noise, values, epoch, done);
            steps.run(done);
            done += count;
            noise += values;
            unseen++;
            boolean stopped = stop.getAsBoolean();
            if (stopped || done == samples || unseen >= stepsPerLook) {
                look(epoch, done, (done - resumedAt) / seconds(start));
                stepsPerLook = stepsPerLook(unseen, seconds(lookedAt));
                lookedAt = System.nanoTime();
                unseen = 0;
            }
            if (stopped && done < samples) {
                return false;
            }
        }
        finishEpoch(epoch, seconds(start), (samples - resumedAt) / seconds(start));
        return true;
    }

    /** Results do not depend on when the host looks, so this may depend on the clock. */
    private int stepsPerLook(int steps, double seconds) {
        double wanted = Math.min(steps * SECONDS_PER_LOOK / seconds, 4.0 * stepsPerLook);
        return (int) Math.max(STEPS_PER_LOOK, Math.min(wanted, MOST_STEPS_PER_LOOK));
    }

    /** Makes noise available for this step and many more, but for no more than are left. */
    private void reserve(long position, long values, int epoch, int done) {
        if (position + values > noiseReserved) {
            long left = ((long) (config.epochs() - epoch + 1) * samples - done) * steps.noisePerRow();
            long count = Math.min(left, Math.max(NOISE_RESERVED, values));
            backend.reserveNoise(Stream.NOISE.key(config.seed()), position, count);
            noiseReserved = position + count;
        }
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private void look(int epoch, int done, double rate) {
        double[] scalars = scalars();
        if (scalars[Scalars.HALTED_AT.ordinal()] != 0) {
            throw new Failure(Diagnosis.of(
                            state,
                            repeatHalted(scalars, epoch),
                            backend,
                            (long) scalars[Scalars.HALTED_AT.ordinal()],
                            epoch)
                    + advice());
        }
        listener.progress(new Progress(epoch, config.epochs(), done, samples, losses(scalars), rate));
    }

    /** Runs the batch that halted once more: its batch and its noise may have been replaced since, its position was not. */
    private Vae repeatHalted(double[] scalars, int epoch) {
        int position = (int) scalars[Scalars.ORDER_POSITION.ordinal()];
        noiseReserved = 0;
        long values = steps.rowsAt(position) * steps.noisePerRow();
        reserve((long) scalars[Scalars.NOISE_POSITION.ordinal()], values, epoch, position);
        return steps.repeat(epoch, position);
    }

    private String advice() {
        return folder == null
                ? "; try a lower --lr"
                : "; " + folder.checkpoint() + " holds the last finite state; go on from it with --resume "
                        + folder.path() + " and a lower --lr";
    }

    private static EpochMetrics.Losses losses(double[] scalars) {
        double count = scalars[Scalars.SAMPLES.ordinal()];
        return new EpochMetrics.Losses(
                scalars[Scalars.LOSS_SUM.ordinal()] / count,
                scalars[Scalars.RECONSTRUCTION_SUM.ordinal()] / count,
                scalars[Scalars.KL_SUM.ordinal()] / count);
    }

    private void finishEpoch(int epoch, double seconds, double rate) {
        requireFinite();
        double[] scalars = scalars();
        Evaluator.Result result = evaluate(rows.test());
        Evaluator.Result validated = validation == null ? null : evaluate(validation);
        EpochMetrics metrics = new EpochMetrics(
                epoch,
                losses(scalars),
                result,
                validated,
                schedule.heldOutLoss(),
                schedule.endOf(epoch, watch.rateFactor()),
                norms(scalars),
                EpochMetrics.Term.of(config, scalars),
                seconds,
                rate,
                EpochMetrics.Codes.of(spec, state.buffers(), backend));
        double rateFactor = watch.rateFactor();
        if (schedule.settledAfter(epoch)) {
            double value = config.metric().of(validated == null ? result : validated, schedule.heldOutLoss());
            watch = watch.after(epoch, value, config);
        }
        scalars[Scalars.EPOCH.ordinal()] = epoch + 1;
        for (Scalars slot : OF_AN_EPOCH) {
            scalars[slot.ordinal()] = 0;
        }
        writeScalars(scalars);
        if (writer != null) {
            writer.finish(metrics, watch);
        }
        listener.epoch(metrics);
        if (watch.rateFactor() < rateFactor && epoch < config.epochs()) {
            listener.note(String.format(
                    Locale.ROOT,
                    "epoch %d: no improvement in %d epochs: the learning rate is %.3g from here on",
                    epoch,
                    config.ratePatience() + 1,
                    schedule.endOf(epoch + 1, watch.rateFactor()).rate()));
        }
        warnOfCollapse(metrics);
    }

    private Evaluator.Result evaluate(Dataset held) {
        return evaluator.evaluate(
                held.open(),
                RowLabels.of(classes, held),
                config.binarization(),
                Evaluator.binarizationKey(config.binarization(), false, config.seed()),
                config.seed());
    }

    private EpochMetrics.Norms norms(double[] scalars) {
        return config.clip() == 0
                ? null
                : new EpochMetrics.Norms(
                        scalars[Scalars.GRADIENT_NORM_SUM.ordinal()] / schedule.stepsPerEpoch(),
                        scalars[Scalars.GRADIENT_NORM_MAX.ordinal()]);
    }

    private void warnOfCollapse(EpochMetrics metrics) {
        int epoch = metrics.epoch();
        boolean counts = spec.posterior().hasDivergence()
                && config.beta() > 0
                && config.capacity() == 0
                && schedule.settledAfter(epoch);
        if (counts && epoch > 1 && epoch < config.epochs() && collapses(metrics)) {
            listener.warning(String.format(
                    Locale.ROOT,
                    "epoch %d: KL is down to %.3f nats with %d of %d latents active: the posterior is collapsing onto the"
                            + " prior and z carries almost nothing; try a lower --beta or --lr, or --anneal",
                    epoch,
                    metrics.test().kl(),
                    metrics.test().activeUnits(),
                    spec.latents()));
        }
    }

    /** KL begins near nothing and grows in a run that learns, so little of it is bad news only when it does not grow. */
    private static boolean collapses(EpochMetrics metrics) {
        double kl = metrics.test().kl();
        return metrics.test().activeUnits() == 0
                || (kl < COLLAPSED_KL && kl <= metrics.train().kl());
    }

    private void requireFinite() {
        Diagnosis.requireFinite(state, backend, advice());
    }

    /** The settings that may differ when a run is resumed. */
    public static boolean mayChange(Setting setting) {
        return switch (setting) {
            case EPOCHS, LR, BETA, PATIENCE, MIN_DELTA, KEEP, THREADS, DEVICE, PRECISION, NOISE, TENSORBOARD -> true;
            default -> false;
        };
    }

    /** Refuses changes that would make another run of it. */
    public static void requireResumable(TrainConfig began, TrainConfig wanted) {
        JsonObject before = began.toJson();
        JsonObject after = wanted.toJson();
        for (Setting setting : Setting.values()) {
            if (!mayChange(setting) && !before.get(setting.key()).equals(after.get(setting.key()))) {
                throw new UserError("--" + setting.key() + ": the run began with " + began.text(setting)
                        + ", which cannot change to " + wanted.text(setting) + " when it is resumed; start a new run");
            }
        }
    }
}
