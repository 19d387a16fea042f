package io.jcuvae.train;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.vae.Reduction;
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;
import java.util.function.Supplier;

/**
 * The steps that make an epoch. A step takes N batches, the last one what is left of them, and the last batch what is left of the
 * rows; each size has a model of its own, since a recorded step has a fixed shape.
 *
 * <p>With N above 1 all rows of a step count alike: gradients are summed over the rows of its batches and divided by their number
 * at its end. Each batch closes its own books, so that one whose loss is not finite can be run again by itself; a step that
 * halted in any of its batches does not move the parameters.
 */
final class EpochSteps {
    private final TrainConfig config;
    private final Backend backend;
    private final TrainState state;
    private final int samples;
    private final int perStep;
    private final TrainingRows rows;
    private final TrainStep full;
    private final TrainStep rest;
    /** What surrounds the batches of a step; null where a step is one batch. */
    private final Recorded begin;

    private final Recorded finish;
    private final Recorded finishLast;

    /**
     * Binds the steps.
     *
     * @param data asked for when all else has its memory
     */
    EpochSteps(
            TrainConfig config,
            VaeSpec spec,
            Backend backend,
            TrainState state,
            Update update,
            int samples,
            Supplier<TrainingRows> data) {
        this.config = config;
        this.backend = backend;
        this.state = state;
        this.samples = samples;
        int batch = batch(config, samples);
        perStep = perStep(config, samples);
        boolean accumulates = config.accumulate() > 1;
        Vae whole = bind(spec, batch);
        Vae partial = samples % batch == 0 ? whole : bind(spec, samples % batch);
        Tensor total = null;
        if (accumulates) {
            Shape shape = state.gradients().block().shape();
            total = Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
        }
        rows = data.get();
        full = step(whole, update, total);
        rest = partial == whole ? full : step(partial, update, total);
        begin = accumulates ? begin(update, total) : null;
        finish = accumulates ? finish(update, total, perStep) : null;
        int last = samples % perStep;
        finishLast = accumulates && last > 0 ? finish(update, total, last) : finish;
    }

    /** Rows of a batch. */
    static int batch(TrainConfig config, int samples) {
        return Math.min(config.batch(), samples);
    }

    private static int perStep(TrainConfig config, int samples) {
        return (int) Math.min((long) batch(config, samples) * config.accumulate(), samples);
    }

    /** Steps of an epoch. */
    static int count(TrainConfig config, int samples) {
        int perStep = perStep(config, samples);
        return (samples + perStep - 1) / perStep;
    }

    private Vae bind(VaeSpec spec, int count) {
        Reduction reduction = config.accumulate() > 1 ? Reduction.SUM : config.reduction();
        return Vae.forTraining(spec, backend, state.learning(config.seed()), count, reduction, config.objective());
    }

    private TrainStep step(Vae vae, Update update, Tensor total) {
        return total == null
                ? new TrainStep(backend, vae, state, rows.source(), config.binarization(), config.seed(), update)
                : TrainStep.part(backend, vae, state, rows.source(), config.binarization(), config.seed(), total);
    }

    private Recorded begin(Update update, Tensor total) {
        return backend.record(() -> {
            update.begin();
            backend.ops().fill(total, 0);
        });
    }

    private Recorded finish(Update update, Tensor total, int count) {
        float scale = config.reduction().weight(count);
        return backend.record(() -> update.apply(total, scale));
    }

    /** The rows of the step that begins at a position of the epoch's order. */
    int rowsAt(int position) {
        return Math.min(perStep, samples - position);
    }

    /** Values of the noise sequence that a row takes. */
    long noisePerRow() {
        return full.noiseValues() / full.rows();
    }

    /** Prepares the steps from a position of an epoch on. */
    void begin(int epoch, int position) {
        rows.begin(epoch, position);
    }

    /** Runs the step at a position; steps come in their order. */
    void run(int position) {
        if (begin == null) {
            batchAt(position).run();
            return;
        }
        begin.run();
        int end = position + rowsAt(position);
        for (int at = position; at < end; ) {
            TrainStep part = batchAt(at);
            part.run();
            at += part.rows();
        }
        (end - position == perStep ? finish : finishLast).run();
    }

    private TrainStep batchAt(int position) {
        TrainStep step = samples - position >= full.rows() ? full : rest;
        rows.require(position, step.rows());
        return step;
    }

    /** Runs the batch at a position once more, for what it leaves in its model; nothing moves in a halted state. */
    Vae repeat(int epoch, int position) {
        rows.begin(epoch, position);
        TrainStep step = batchAt(position);
        step.run();
        return step.vae();
    }
}
