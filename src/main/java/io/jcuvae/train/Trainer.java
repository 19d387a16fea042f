package io.jcuvae.train;

import com.google.gson.JsonObject;
import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
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
    /** Held-out rows that the model is looked at with after a round, at most: an epoch of many rounds looks at all. */
    private static final int ROWS_PER_ROUND = 2000;

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

        /** Told after each round of several workers. */
        default void round(RoundMetrics metrics) {}

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
    private final Dataset training;
    private final Dataset validation;
    private final boolean validatesOnOwnRows;
    private final Schedule schedule;
    private final Course course;
    /** The course where it is one of several workers, else null. */
    private final Rounds rounds;

    private final Evaluator evaluator;
    private Watch watch = Watch.START;
    private int stepsPerLook = STEPS_PER_LOOK;

    private Trainer(
            TrainConfig config,
            Dataset train,
            Dataset test,
            Dataset ownValidation,
            Workers workers,
            Backend backend,
            RunFolder folder,
            Listener listener) {
        config.requireSense();
        requireWorkers(config, workers);
        this.config = config;
        rows = CodedRows.of(config, train, test);
        this.backend = backend;
        this.folder = folder;
        this.listener = listener;
        String run = UUID.randomUUID().toString();
        Survey survey = workers == null ? null : Survey.of(run, config, train, workers);
        classes = !config.conditioned() ? Classes.NONE : survey == null ? Classes.of(train) : survey.classes();
        DataRecord first = DataRecord.of(config.data(), train, test, classes, rows.table());
        record = survey == null ? first : survey.record(first);
        requireUnit(config, train);
        requireUnit(config, test);
        if (ownValidation != null) {
            requireUnit(config, ownValidation);
        }
        Shape sample = Shape.of(train.shape().sizes());
        spec = config.spec(sample, classes.count(), rows.table().layout());
        validatesOnOwnRows = ownValidation != null && config.validation().none();
        Holdout.Parts parts = validatesOnOwnRows
                ? new Holdout.Parts(rows.train(), rows.table().encoded(ownValidation))
                : config.validation().divide(rows.train(), config.seed());
        validation = parts.validation();
        training = parts.training();
        int[] counts = survey == null ? new int[] {training.count()} : survey.trainedOn(training.count());
        int most = Arrays.stream(counts).max().orElseThrow();
        schedule = new Schedule(config, EpochSteps.count(config, most));
        state = TrainState.allocate(spec.layout(), backend, config.averaging() > 0);
        evaluator = new Evaluator(spec, backend, state.forUse(), state.buffers());
        if (workers == null) {
            rounds = null;
            course = new LocalSteps(config, spec, backend, state, schedule, training, classes, listener::warning);
        } else {
            RoundPlan plan = RoundPlan.of(run, config, schedule.stepsPerEpoch(), classes, rows.table());
            rounds = new Rounds(config, plan, counts, workers, state, backend, schedule);
            course = rounds;
        }
        writer = folder == null
                ? null
                : new RunWriter(folder, config, record, state, course, backend, listener::warning);
    }

    private static void requireWorkers(TrainConfig config, Workers workers) {
        int given = workers == null ? 1 : workers.count();
        if (config.workers() != given) {
            throw new UserError("--workers " + config.workers() + ": "
                    + (workers == null
                            ? "several workers train on a cluster, see docs/cluster.md; leave it out to train here"
                            : given + " are there"));
        }
    }

    /** Refuses rows with values outside [0, 1] where these are needed. */
    static void requireUnit(TrainConfig config, Dataset rows) {
        boolean drawn = config.binarization() != Binarization.NONE;
        if (drawn || config.likelihood().needsUnitData()) {
            rows.requireUnit((drawn
                            ? "binarization"
                            : "the likelihood " + config.likelihood().label())
                    + " needs values in [0, 1]: scale the data, or "
                    + (drawn ? "leave out --binarize" : "choose --likelihood gaussian"));
        }
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
        return start(config, train, test, validation, null, backend, folder, listener);
    }

    /**
     * A run of several workers from the start. What begins by the data, as the scales of columns, begins by the first worker's, and
     * of {@code --validation} its rows are held out.
     *
     * @param train the first worker's rows
     * @param workers who train, as many as the configuration says; or null for this machine
     */
    public static Trainer start(
            TrainConfig config,
            Dataset train,
            Dataset test,
            Dataset validation,
            Workers workers,
            Backend backend,
            Path folder,
            Listener listener) {
        RunFolder run = folder == null ? null : new RunFolder(folder);
        Trainer trainer = new Trainer(config, train, test, validation, workers, backend, run, listener);
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
        return resume(config, train, test, validation, null, backend, folder, listener);
    }

    /**
     * A run of several workers from its last round.
     *
     * @param train the first worker's rows
     * @param workers as for {@link #start}
     */
    public static Trainer resume(
            TrainConfig config,
            Dataset train,
            Dataset test,
            Dataset validation,
            Workers workers,
            Backend backend,
            Path folder,
            Listener listener) {
        RunFolder run = new RunFolder(folder);
        if (!Files.exists(run.checkpoint())) {
            throw new UserError(
                    folder + ": holds no checkpoint.safetensors: the run ended before it wrote its first; start"
                            + " again with another --out");
        }
        Trainer trainer = new Trainer(config, train, test, validation, workers, backend, run, listener);
        trainer.watch = Checkpoint.read(run.checkpoint(), trainer.record, trainer.state, trainer.course, backend);
        trainer.writeScalars(trainer.scalars());
        trainer.writer.goOn(trainer.epoch(), (long) trainer.scalars()[Scalars.STEP.ordinal()]);
        return trainer;
    }

    private double[] scalars() {
        double[] scalars = new double[Scalars.COUNT];
        backend.download(scalars, state.scalars());
        return scalars;
    }

    /** Writes the scalars with what follows from the configuration. */
    private void writeScalars(double[] scalars) {
        course.write(scalars, watch.rateFactor());
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
        course.begin(scalars);
        int samples = course.samples();
        long start = System.nanoTime();
        long lookedAt = start;
        int done = resumedAt;
        int unseen = 0;
        while (done < samples) {
            done = course.advance();
            unseen++;
            boolean stopped = stop.getAsBoolean();
            if (stopped || done == samples || unseen >= stepsPerLook || rounds != null) {
                look(epoch, done, (done - resumedAt) / seconds(start));
                stepsPerLook = stepsPerLook(unseen, seconds(lookedAt));
                lookedAt = System.nanoTime();
                unseen = 0;
            }
            if (rounds != null) {
                long trained = System.nanoTime();
                finishRound(done < samples && !stopped);
                start += System.nanoTime() - trained;
            }
            if (stopped && done < samples) {
                return false;
            }
        }
        finishEpoch(epoch, seconds(start), (samples - resumedAt) / seconds(start));
        return true;
    }

    /**
     * Looks at what workers have made of a round.
     *
     * @param keeps whether nothing else is about to write a checkpoint
     */
    private void finishRound(boolean keeps) {
        Dataset held = validation == null ? rows.test() : validation;
        Evaluator.Result result = evaluate(held.first(ROWS_PER_ROUND));
        RoundMetrics metrics = rounds.last().with(schedule.heldOutLoss().of(result));
        if (writer != null) {
            writer.round(metrics);
            if (keeps) {
                requireFinite();
                writer.save(watch);
            }
        }
        listener.round(metrics);
    }

    /** Results do not depend on when the host looks, so this may depend on the clock. */
    private int stepsPerLook(int steps, double seconds) {
        double wanted = Math.min(steps * SECONDS_PER_LOOK / seconds, 4.0 * stepsPerLook);
        return (int) Math.max(STEPS_PER_LOOK, Math.min(wanted, MOST_STEPS_PER_LOOK));
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private void look(int epoch, int done, double rate) {
        double[] scalars = scalars();
        if (scalars[Scalars.HALTED_AT.ordinal()] != 0) {
            throw new Failure(course.diagnosis(scalars) + advice());
        }
        listener.progress(new Progress(epoch, config.epochs(), done, course.samples(), losses(scalars), rate));
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
        clearEpoch(scalars);
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

    /** Sets to zero what begins there in every epoch. */
    static void clearEpoch(double[] scalars) {
        for (Scalars slot : OF_AN_EPOCH) {
            scalars[slot.ordinal()] = 0;
        }
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
                        scalars[Scalars.GRADIENT_NORM_SUM.ordinal()] / course.steps(),
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
