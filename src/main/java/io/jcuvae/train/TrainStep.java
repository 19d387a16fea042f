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
    private final Adam adam;
    private final Recorded recorded;

    /**
     * Binds a step.
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
            Adam adam) {
        this.ops = backend.ops();
        this.vae = vae;
        this.state = state;
        this.source = source;
        this.binarization = binarization;
        this.seed = seed;
        this.adam = adam;
        this.recorded = backend.record(this::step);
    }

    /** Rows of the batch. */
    public int rows() {
        return vae.x().rows();
    }

    /** Values of the noise sequence that a step uses. */
    public long noiseValues() {
        return vae.noise().count();
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
        Tensor scalars = state.scalars();
        ops.beginStep(scalars, adam.beta1(), adam.beta2());

        source.gather(ops, vae.x(), scalars, binarization, Stream.BINARIZATION.key(seed));
        ops.normal(vae.noise(), scalars, Stream.NOISE.key(seed));
        vae.forward(scalars);
        // The books are closed here, as nothing below changes them: a device may keep them beside the backward pass.
        ops.recordLoss(scalars, vae.loss(), vae.reconstruction(), vae.kl());
        ops.endStep(scalars, rows(), noiseValues());

        vae.backward();
        ops.adam(
                state.values().block(),
                state.firstMoments().block(),
                state.secondMoments().block(),
                state.gradients().block(),
                scalars,
                adam.beta1(),
                adam.beta2(),
                adam.epsilon());
    }
}
