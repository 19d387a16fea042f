package io.jcuvae.train;

import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.Safetensors;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.TrainingOps;
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The steps of one device over the training rows of one machine, with noise made available ahead of them. */
final class LocalSteps implements Course {
    /** Values of noise that are made available at once, where a step does not take more. */
    private static final long NOISE_RESERVED = 1 << 22;

    private final TrainConfig config;
    private final Backend backend;
    private final TrainState state;
    private final Schedule schedule;
    private final int samples;
    /** The schedule's values in the steps of an epoch; null where they do not vary within one. */
    private final Tensor table;

    private final EpochSteps steps;
    private int epoch;
    private int position;
    private long noise;
    /** The noise sequence is available up to here. */
    private long noiseReserved;

    /**
     * Binds the steps.
     *
     * @param config whose seed is that of all that is drawn
     * @param state which they change
     * @param schedule of the run; its epochs may be longer than those of these rows
     * @param training rows of an epoch
     * @param classes that the model is told
     * @param told one line where the rows do not fit on the device
     */
    LocalSteps(
            TrainConfig config,
            VaeSpec spec,
            Backend backend,
            TrainState state,
            Schedule schedule,
            Dataset training,
            Classes classes,
            Consumer<String> told) {
        this.config = config;
        this.backend = backend;
        this.state = state;
        this.schedule = schedule;
        samples = training.count();
        Shape shape = Shape.of(schedule.stepsPerEpoch(), TrainingOps.SCHEDULE_COLUMNS);
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
                        training,
                        RowLabels.of(classes, training),
                        batch,
                        config.seed(),
                        config.shuffles(),
                        backend,
                        told));
    }

    @Override
    public int samples() {
        return samples;
    }

    @Override
    public long steps() {
        return EpochSteps.count(config, samples);
    }

    @Override
    public void write(double[] scalars, double rateFactor) {
        schedule.place(scalars, rateFactor);
        backend.upload(state.scalars(), scalars);
        if (table != null) {
            backend.upload(table, schedule.table((int) scalars[Scalars.EPOCH.ordinal()], rateFactor));
        }
    }

    @Override
    public void begin(double[] scalars) {
        int wanted = (int) scalars[Scalars.EPOCH.ordinal()];
        int next = (int) scalars[Scalars.ORDER_POSITION.ordinal()];
        long values = (long) scalars[Scalars.NOISE_POSITION.ordinal()];
        if (values != noise) {
            // What lies there is of another place, as when a round is done again.
            noiseReserved = 0;
        }
        if (wanted != epoch || next != position || values != noise) {
            steps.begin(wanted, next);
        }
        epoch = wanted;
        position = next;
        noise = values;
    }

    @Override
    public int advance() {
        int count = steps.rowsAt(position);
        long values = count * steps.noisePerRow();
        reserve(noise, values);
        steps.run(position);
        position += count;
        noise += values;
        return position;
    }

    /** Makes noise available for this step and many more, but for no more than are left. */
    private void reserve(long from, long values) {
        if (from + values > noiseReserved) {
            long left = ((long) (config.epochs() - epoch + 1) * samples - position) * steps.noisePerRow();
            long count = Math.min(left, Math.max(NOISE_RESERVED, values));
            backend.reserveNoise(Stream.NOISE.key(config.seed()), from, count);
            noiseReserved = from + count;
        }
    }

    @Override
    public String diagnosis(double[] scalars) {
        return Diagnosis.of(state, repeatHalted(scalars), backend, (long) scalars[Scalars.HALTED_AT.ordinal()], epoch);
    }

    /** Runs the batch that halted once more: its batch and its noise may have been replaced since, its position was not. */
    private Vae repeatHalted(double[] scalars) {
        position = (int) scalars[Scalars.ORDER_POSITION.ordinal()];
        noiseReserved = 0;
        long values = steps.rowsAt(position) * steps.noisePerRow();
        reserve((long) scalars[Scalars.NOISE_POSITION.ordinal()], values);
        return steps.repeat(epoch, position);
    }

    @Override
    public List<Safetensors.Entry> kept() {
        return List.of();
    }

    @Override
    public void restore(Path file, Safetensors tensors) {
        // All of it is in the state.
    }
}
