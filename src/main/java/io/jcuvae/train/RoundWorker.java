package io.jcuvae.train;

import io.jcuvae.data.Classes;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.Table;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.vae.VaeSpec;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One worker of a run: its rows and a model bound to its device. Between rounds it keeps nothing that a round would
 * not bring again.
 */
public final class RoundWorker {
    private final int worker;
    private final Backend backend;
    private final TrainState state;
    private final LocalSteps steps;

    /**
     * Binds a worker.
     *
     * @param rows that are the worker's, as its source has them
     * @param backend its device
     * @param told one line where the rows do not fit on the device
     */
    public RoundWorker(RoundPlan plan, int worker, Dataset rows, Backend backend, Consumer<String> told) {
        this.worker = worker;
        this.backend = backend;
        TrainConfig run = plan.config();
        Trainer.requireUnit(run, rows);
        // Sequences of its own: an order of its rows, noise, draws of layers.
        TrainConfig own = run.with(Setting.SEED, Long.toString(Stream.seedOf(run.seed(), worker)));
        Table table = plan.readTable();
        Classes classes = new Classes(plan.classes());
        VaeSpec spec = own.spec(Shape.of(rows.shape().sizes()), classes.count(), table.layout());
        Dataset encoded = table.encoded(rows);
        // Held out are rows of the first worker's, which the driver knows, too.
        Dataset training =
                worker == 0 ? run.validation().divide(encoded, run.seed()).training() : encoded;
        state = TrainState.allocate(spec.layout(), backend, own.averaging() > 0);
        Schedule schedule = new Schedule(own, plan.stepsPerEpoch());
        steps = new LocalSteps(own, spec, backend, state, schedule, training, classes, told);
    }

    /**
     * Does this worker's part of a round. Of two threads that ask, one waits: the other may be left over from a round given up.
     *
     * @param givenUp looked at before every step
     * @throws CancellationException when it is
     */
    public synchronized RoundResult run(RoundOrder order, BooleanSupplier givenUp) {
        double[] scalars = order.scalars()[worker].clone();
        int began = (int) scalars[Scalars.ORDER_POSITION.ordinal()];
        if (began >= steps.samples()) {
            return new RoundResult(worker, null, scalars, 0, 0, null);
        }
        order.state().into(state, backend);
        steps.write(scalars, order.rateFactor());
        steps.begin(scalars);
        long start = System.nanoTime();
        int done = began;
        for (int i = 0; i < order.steps() && done < steps.samples(); i++) {
            if (givenUp.getAsBoolean()) {
                throw new CancellationException("the round is given up");
            }
            done = steps.advance();
        }
        backend.download(scalars, state.scalars());
        double seconds = (System.nanoTime() - start) / 1e9;
        String failure = scalars[Scalars.HALTED_AT.ordinal()] == 0 ? null : steps.diagnosis(scalars);
        return new RoundResult(worker, RoundState.of(state, backend), scalars, done - began, seconds, failure);
    }
}
