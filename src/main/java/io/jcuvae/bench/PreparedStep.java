package io.jcuvae.bench;

import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Permutation;
import io.jcuvae.data.RowLabels;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.train.BatchSource;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.TrainState;
import io.jcuvae.train.TrainStep;
import io.jcuvae.train.Update;
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;

/** A training step with all it needs on the device, to be run several times in a row and wound back. */
final class PreparedStep {
    /**
     * What a run of steps takes, seconds per step.
     *
     * @param host until the host has asked for all of them
     * @param all until they are done
     */
    record Time(double host, double all) {}

    private final TrainConfig config;
    private final Backend backend;
    private final TrainState state;
    private final TrainStep step;
    private final int run;

    /**
     * Binds the step and uploads parameters and rows.
     *
     * @param most steps to run in a row, fewer where there are not the rows for them
     */
    PreparedStep(TrainConfig config, Dataset data, Backend backend, int most) {
        this.config = config;
        this.backend = backend;
        int rows = Math.min(config.batch(), data.count());
        run = Math.max(1, Math.min(most, data.count() / rows));
        Classes classes = config.conditioned() ? Classes.of(data) : Classes.NONE;
        VaeSpec spec = config.spec(Shape.of(data.shape().sizes()), classes.count());
        state = TrainState.allocate(spec.layout(), backend);
        backend.upload(state.values().block(), config.initialisation().values(spec.layout(), config.seed()), 0);
        Tensor order = Tensor.of(backend.allocate(ElementType.I32, data.count()), Shape.of(data.count()));
        backend.upload(order, Permutation.of(data.count(), config.seed(), 1));
        Vae vae = Vae.forTraining(
                spec,
                backend,
                state.learning(config.seed()),
                rows,
                config.reduction(),
                config.objective().over(data.count()));
        BatchSource source = new BatchSource.Resident(
                BatchSource.upload(data, backend), order, BatchSource.upload(RowLabels.of(classes, data), backend));
        step = new TrainStep(
                backend, vae, state, source, config.binarization(), config.seed(), Update.plain(backend, state));
        backend.reserveNoise(Stream.NOISE.key(config.seed()), 0, step.noiseValues() * run);
    }

    /** Operations of a recorded step; 0 where none is recorded (yet). */
    int nodes() {
        return step.nodes();
    }

    /** Runs the step once, from the start. */
    void once() {
        rewind();
        step.run();
        backend.synchronize();
    }

    /** Runs the steps in a row, from the start. */
    Time time() {
        rewind();
        long start = System.nanoTime();
        for (int i = 0; i < run; i++) {
            step.run();
        }
        long asked = System.nanoTime();
        backend.synchronize();
        return new Time((asked - start) / 1e9 / run, (System.nanoTime() - start) / 1e9 / run);
    }

    /** Back to the first step, so that rows and noise are there again. */
    private void rewind() {
        double[] scalars = new double[Scalars.COUNT];
        scalars[Scalars.EPOCH.ordinal()] = 1;
        scalars[Scalars.LEARNING_RATE.ordinal()] = config.learningRate();
        scalars[Scalars.BETA.ordinal()] = config.beta();
        backend.upload(state.scalars(), scalars);
        backend.synchronize();
    }
}
