package io.jcuvae.train;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.vae.Vae;

/**
 * One step of training on a batch of fixed size: the algorithm, top to bottom. Everything that varies from step to step is in
 * the state's scalars, so a backend may record it once and replay it.
 */
public final class TrainStep {
    private final Ops ops;
    private final Vae vae;
    private final TrainState state;
    private final BatchSource source;
    private final Binarization binarization;
    private final long seed;
    private final Update update;
    private final Recorded recorded;

    /**
     * Binds a step of one batch.
     *
     * @param vae bound for training to the state's values and gradients
     * @param source where its batches are
     * @param seed of noise and draws
     */
    public TrainStep(
            Backend backend,
            Vae vae,
            TrainState state,
            BatchSource source,
            Binarization binarization,
            long seed,
            Update update) {
        this(backend, vae, state, source, binarization, seed, update, null);
    }

    private TrainStep(
            Backend backend,
            Vae vae,
            TrainState state,
            BatchSource source,
            Binarization binarization,
            long seed,
            Update update,
            Tensor total) {
        this.ops = backend.ops();
        this.vae = vae;
        this.state = state;
        this.source = source;
        this.binarization = binarization;
        this.seed = seed;
        this.update = update;
        this.recorded = backend.record(total == null ? this::step : () -> part(total));
    }

    /**
     * Binds one of the batches of a step of several.
     *
     * @param total where its gradients are added to
     */
    static TrainStep part(
            Backend backend,
            Vae vae,
            TrainState state,
            BatchSource source,
            Binarization binarization,
            long seed,
            Tensor total) {
        return new TrainStep(backend, vae, state, source, binarization, seed, null, total);
    }

    /** Rows of the batch. */
    public int rows() {
        return vae.x().rows();
    }

    /** Values of the noise sequence that a step uses. */
    public long noiseValues() {
        return vae.noise() == null ? 0 : vae.noise().count();
    }

    /** The model of the last step, for diagnosis. */
    public Vae vae() {
        return vae;
    }

    /** Runs one step. */
    public void run() {
        recorded.run();
    }

    /** Operations of a replay, see {@link Recorded#nodes}. */
    public int nodes() {
        return recorded.nodes();
    }

    private void step() {
        update.begin();
        pass();
        update.apply(state.gradients().block(), 1);
    }

    private void part(Tensor total) {
        pass();
        ops.add(total, state.gradients().block());
    }

    /** A batch, forward and backward. */
    private void pass() {
        Tensor scalars = state.scalars();
        source.gather(ops, vae.x(), scalars, binarization, Stream.BINARIZATION.key(seed));
        if (vae.noise() != null) {
            ops.normal(vae.noise(), scalars, Stream.NOISE.key(seed));
        }
        vae.forward(scalars);
        // The books are closed here, as nothing below changes them: a device may keep them beside the backward pass.
        ops.recordLoss(scalars, vae.loss(), vae.reconstruction(), vae.kl());
        ops.endStep(scalars, rows(), noiseValues());

        vae.backward();
    }
}
