package io.jcuvae.train;

import com.google.gson.JsonObject;
import io.jcuvae.data.Dataset;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * Trains a model: epochs of steps, an evaluation after each, metrics and checkpoints. Equal configuration and data give equal
 * bits, however often the run is stopped and resumed and however many threads compute.
 */
public final class Trainer {
    /** Steps between looks at the device's sums, at least. */
    private static final int STEPS_PER_LOOK = 32;
    /** Seconds between looks, about, where that is more steps: a look makes a fast device wait for the host. */
    private static final double SECONDS_PER_LOOK = 0.1;
    /** Steps between looks, at most. */
    private static final int MOST_STEPS_PER_LOOK = 1 << 14;
    /** Values of noise that are made available at once, where a step does not take more. */
    private static final long NOISE_RESERVED = 1 << 22;

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
    private final Dataset test;
    private final DataRecord record;
    private final Backend backend;
    private final RunFolder folder;
    private final Listener listener;
    private final VaeSpec spec;
    private final TrainState state;
    private final int samples;
    private final TrainingRows rows;
    private final TrainStep full;
    private final TrainStep rest;
    private final Evaluator evaluator;
    private Checkpoint.Best best = Checkpoint.Best.NONE;
    private int stepsPerLook = STEPS_PER_LOOK;
    /** The noise sequence is available up to here. */
    private long noiseReserved;

    private Trainer(
            TrainConfig config, Dataset train, Dataset test, Backend backend, RunFolder folder, Listener listener) {
        this.config = config;
        this.test = test;
        this.backend = backend;
        this.folder = folder;
        this.listener = listener;
        record = DataRecord.of(config.data(), train, test);
        boolean drawn = config.binarization() != Binarization.NONE;
        if (drawn || config.likelihood().needsUnitData()) {
            String why =
                    (drawn ? "binarization" : "a Bernoulli likelihood") + " needs values in [0, 1]: scale the data, or "
                            + (drawn ? "leave out --binarize" : "choose --likelihood gaussian");
            train.requireUnit(why);
            test.requireUnit(why);
        }
        Shape sample = Shape.of(train.shape().sizes());
        spec = config.spec(sample);
        state = TrainState.allocate(spec.layout(), backend);
        samples = train.count();
        int batch = Math.min(config.batch(), samples);
        Vae whole = bind(batch);
        Vae partial = samples % batch == 0 ? whole : bind(samples % batch);
        evaluator = new Evaluator(spec, backend, state.values(), state.buffers());
        // After everything else, when it is known what is left for them.
        rows = new TrainingRows(train, batch, config.seed(), backend, listener::warning);
        full = step(whole);
        rest = partial == whole ? full : step(partial);
    }

    private Vae bind(int count) {
        return Vae.forTraining(
                spec,
                backend,
                state.values(),
                state.buffers(),
                state.gradients(),
                state.scalars(),
                config.seed(),
                count,
                config.reduction());
    }

    private TrainStep step(Vae vae) {
        return new TrainStep(backend, vae, state, rows.source(), config.binarization(), config.seed(), Adam.STANDARD);
    }

    /**
     * A run from the start.
     *
     * @param test held-out rows, for the figures after each epoch
     * @param folder where its files go, or null to keep nothing but the parameters on the device
     */
    public static Trainer start(
            TrainConfig config, Dataset train, Dataset test, Backend backend, Path folder, Listener listener) {
        RunFolder run = folder == null ? null : new RunFolder(folder);
        Trainer trainer = new Trainer(config, train, test, backend, run, listener);
        float[] values = config.initialisation().values(trainer.spec.layout(), config.seed());
        config.likelihood().start(trainer.spec.layout(), values, () -> DataVariance.of(train));
        backend.upload(trainer.state.values().block(), values, 0);
        double[] scalars = new double[Scalars.COUNT];
        scalars[Scalars.EPOCH.ordinal()] = 1;
        trainer.writeScalars(scalars);
        if (run != null) {
            run.create();
            run.writeConfig(config, trainer.record, Versions.json(backend));
            trainer.save();
        }
        return trainer;
    }

    /**
     * A run from its last checkpoint. The configuration may differ from the one it began with in the number of epochs, the
     * learning rate, beta, and in where it computes.
     */
    public static Trainer resume(
            TrainConfig config, Dataset train, Dataset test, Backend backend, Path folder, Listener listener) {
        RunFolder run = new RunFolder(folder);
        if (!Files.exists(run.checkpoint())) {
            throw new UserError(
                    folder + ": holds no checkpoint.safetensors: the run ended before it wrote its first; start"
                            + " again with another --out");
        }
        Trainer trainer = new Trainer(config, train, test, backend, run, listener);
        trainer.best = Checkpoint.read(run.checkpoint(), trainer.record, trainer.state, backend);
        trainer.writeScalars(trainer.scalars());
        run.writeConfig(config, trainer.record, Versions.json(backend));
        run.truncateMetrics(trainer.epoch() - 1);
        return trainer;
    }

    private double[] scalars() {
        double[] scalars = new double[Scalars.COUNT];
        backend.download(scalars, state.scalars());
        return scalars;
    }

    private void writeScalars(double[] scalars) {
        scalars[Scalars.LEARNING_RATE.ordinal()] = config.learningRate();
        scalars[Scalars.BETA.ordinal()] = config.beta();
        backend.upload(state.scalars(), scalars);
    }

    /** The epoch that is next or under way, from 1. */
    public int epoch() {
        return (int) scalars()[Scalars.EPOCH.ordinal()];
    }

    /** The configuration. */
    public TrainConfig config() {
        return config;
    }

    /** The model as it stands, sharing the trainer's memory. */
    public Model model() {
        return new Model(config, record, spec, state.values(), state.buffers());
    }

    /** All that training changes. */
    public TrainState state() {
        return state;
    }

    /**
     * Trains until the last epoch is done or a stop is asked for; then the step under way is finished and a checkpoint is
     * written.
     *
     * @param stop looked at after every step
     * @return whether all epochs are done
     * @throws Failure when a loss is not finite, naming the step and the first quantity at fault
     */
    public boolean run(BooleanSupplier stop) {
        for (int epoch = epoch(); epoch <= config.epochs(); epoch++) {
            if (!runEpoch(epoch, stop)) {
                requireFinite();
                save();
                return false;
            }
            if (stop.getAsBoolean() && epoch < config.epochs()) {
                return false;
            }
        }
        return true;
    }

    private boolean runEpoch(int epoch, BooleanSupplier stop) {
        double[] scalars = scalars();
        int resumedAt = (int) scalars[Scalars.ORDER_POSITION.ordinal()];
        long noise = (long) scalars[Scalars.NOISE_POSITION.ordinal()];
        rows.begin(epoch, resumedAt);
        long start = System.nanoTime();
        long lookedAt = start;
        int done = resumedAt;
        int unseen = 0;
        while (done < samples) {
            TrainStep step = samples - done >= full.rows() ? full : rest;
            reserve(noise, step, epoch, done);
            rows.require(done, step.rows());
            step.run();
            done += step.rows();
            noise += step.noiseValues();
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
    private void reserve(long position, TrainStep step, int epoch, int done) {
        if (position + step.noiseValues() > noiseReserved) {
            long left = ((long) (config.epochs() - epoch + 1) * samples - done) * spec.latents();
            long count = Math.min(left, Math.max(NOISE_RESERVED, step.noiseValues()));
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
                            repeatHalted(scalars, epoch).vae(),
                            backend,
                            (long) scalars[Scalars.HALTED_AT.ordinal()],
                            epoch)
                    + advice());
        }
        listener.progress(new Progress(epoch, config.epochs(), done, samples, losses(scalars), rate));
    }

    /** Runs the step that halted once more: its batch and its noise may have been replaced since, its position was not. */
    private TrainStep repeatHalted(double[] scalars, int epoch) {
        int position = (int) scalars[Scalars.ORDER_POSITION.ordinal()];
        TrainStep step = samples - position >= full.rows() ? full : rest;
        noiseReserved = 0;
        reserve((long) scalars[Scalars.NOISE_POSITION.ordinal()], step, epoch, position);
        rows.begin(epoch, position);
        rows.require(position, step.rows());
        step.run();
        return step;
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
        Evaluator.Result result = evaluator.evaluate(
                test.open(),
                config.binarization(),
                Evaluator.binarizationKey(config.binarization(), false, config.seed()),
                config.seed());
        EpochMetrics metrics =
                new EpochMetrics(epoch, losses(scalars), result, config.learningRate(), config.beta(), seconds, rate);
        if (result.loss(config.beta()) < best.loss()) {
            best = new Checkpoint.Best(result.loss(config.beta()), epoch);
        }
        scalars[Scalars.EPOCH.ordinal()] = epoch + 1;
        scalars[Scalars.ORDER_POSITION.ordinal()] = 0;
        scalars[Scalars.LOSS_SUM.ordinal()] = 0;
        scalars[Scalars.RECONSTRUCTION_SUM.ordinal()] = 0;
        scalars[Scalars.KL_SUM.ordinal()] = 0;
        scalars[Scalars.SAMPLES.ordinal()] = 0;
        writeScalars(scalars);
        if (folder != null) {
            // In this order: a run killed in between repeats the epoch and drops the line.
            folder.append(metrics);
            save();
        }
        listener.epoch(metrics);
        if (config.beta() > 0 && epoch > 1 && epoch < config.epochs() && collapses(metrics)) {
            listener.warning(String.format(
                    Locale.ROOT,
                    "epoch %d: KL is down to %.3f nats with %d of %d latents active: the posterior is collapsing onto the"
                            + " prior and z carries almost nothing; try a lower --beta or --lr",
                    epoch,
                    result.kl(),
                    result.activeUnits(),
                    spec.latents()));
        }
    }

    /** KL begins near nothing and grows in a run that learns, so little of it is bad news only when it does not grow. */
    private static boolean collapses(EpochMetrics metrics) {
        double kl = metrics.test().kl();
        return metrics.test().activeUnits() == 0
                || (kl < COLLAPSED_KL && kl <= metrics.train().kl());
    }

    /**
     * Refuses to go on from a state that holds more than numbers. Parameters can be finite where the moments are not: a
     * gradient whose square leaves the range of floats freezes its parameter for good.
     */
    private void requireFinite() {
        requireFinite("", state.values());
        requireFinite("", state.buffers());
        requireFinite("Adam's first moment of ", state.firstMoments());
        requireFinite("Adam's second moment of ", state.secondMoments());
    }

    private void requireFinite(String what, Parameters parameters) {
        for (ParameterLayout.Entry entry : parameters.layout().entries()) {
            float[] values = new float[Math.toIntExact(entry.shape().count())];
            backend.download(values, 0, parameters.get(entry.name()));
            for (float value : values) {
                if (!Float.isFinite(value)) {
                    double[] scalars = scalars();
                    throw new Failure("step " + (long) scalars[Scalars.STEP.ordinal()] + " (epoch "
                            + (int) scalars[Scalars.EPOCH.ordinal()] + "): " + what + entry.name() + " is not finite ("
                            + value + "): its gradient overflowed" + advice());
                }
            }
        }
    }

    /** Writes the model and the checkpoint, unless nothing is kept. */
    private void save() {
        if (folder == null) {
            return;
        }
        // The checkpoint last: a run killed in between repeats its way to the same model, while a checkpoint of the
        // last
        // epoch beside an older model would look finished.
        Model.write(
                folder.model(),
                config,
                record,
                spec.layout(),
                state.values().download(backend),
                state.buffers().download(backend));
        Checkpoint.write(folder.checkpoint(), config, record, state, backend, best);
    }

    /** The settings that may differ when a run is resumed. */
    public static boolean mayChange(Setting setting) {
        return switch (setting) {
            case EPOCHS, LR, BETA, THREADS, DEVICE, PRECISION, NOISE -> true;
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
