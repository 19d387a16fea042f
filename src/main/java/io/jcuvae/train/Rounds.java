package io.jcuvae.train;

import io.jcuvae.data.Safetensors;
import io.jcuvae.nn.ParameterLayout;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.UserError;
import io.jcuvae.vae.Posterior;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Training of several workers by rounds: all begin with the same state, each makes K steps on its own rows, and the
 * mean of what they made is where the next round begins (local SGD, Stich 2019; federated averaging, McMahan et al.
 * 2017). Workers are weighted by the rows they trained on in the round. An epoch is over when every worker has
 * trained on each of its rows once; who is through earlier waits. No round goes beyond an epoch.
 *
 * <p>Adam's moments are averaged as the parameters are. Both are linear in what they average, gradients and their
 * squares over rows of one distribution, so that the mean is again such an average, over the rows of all workers;
 * kept apart, they would belong to parameters that no longer exist, and adaptive rates that differ between workers
 * may keep local Adam from converging (Chen et al. 2020). With one worker the mean is that worker's state, and the
 * run is the run of one machine, bit for bit.
 */
final class Rounds implements Course {
    /** The workers' scalars in a checkpoint, [W, COUNT]. */
    private static final String SCALARS = "workers.scalars";

    /** What is summed over the workers; of the rest the first worker's is told, but for what is the most of any. */
    private static final List<Scalars> SUMMED = List.of(
            Scalars.ORDER_POSITION,
            Scalars.ROWS_TRAINED,
            Scalars.LOSS_SUM,
            Scalars.RECONSTRUCTION_SUM,
            Scalars.KL_SUM,
            Scalars.TERM_SUM,
            Scalars.SAMPLES,
            Scalars.GRADIENT_NORM_SUM);

    private final TrainConfig config;
    private final RoundPlan plan;
    private final int[] counts;
    private final Workers workers;
    private final TrainState state;
    private final Backend backend;
    private final Schedule schedule;
    private final int samples;
    private double rateFactor = 1;
    private int epoch;
    /** [W, COUNT]; null before the first round of a new run. */
    private double[][] scalars;

    private RoundMetrics last;
    /** What made a worker's loss not finite; null before. */
    private String halted;

    /**
     * Rounds of a run.
     *
     * @param counts rows of each worker that are trained on
     * @param state where their mean is put, on the driver's device
     * @param schedule of the steps of the worker with the most rows
     * @throws UserError when there are more rows than can be counted
     */
    Rounds(
            TrainConfig config,
            RoundPlan plan,
            int[] counts,
            Workers workers,
            TrainState state,
            Backend backend,
            Schedule schedule) {
        this.config = config;
        this.plan = plan;
        this.counts = counts;
        this.workers = workers;
        this.state = state;
        this.backend = backend;
        this.schedule = schedule;
        long all = Arrays.stream(counts).asLongStream().sum();
        if (all > Integer.MAX_VALUE) {
            throw new UserError(config.data() + ": " + all + " training rows, and no more than " + Integer.MAX_VALUE
                    + " can be trained on; choose fewer with --limit");
        }
        samples = (int) all;
    }

    /** What the last round was. */
    RoundMetrics last() {
        return last;
    }

    @Override
    public int samples() {
        return samples;
    }

    @Override
    public long steps() {
        return Arrays.stream(counts)
                .mapToLong(count -> EpochSteps.count(config, count))
                .sum();
    }

    @Override
    public void write(double[] all, double factor) {
        schedule.place(all, factor);
        backend.upload(state.scalars(), all);
        rateFactor = factor;
    }

    @Override
    public void begin(double[] all) {
        epoch = (int) all[Scalars.EPOCH.ordinal()];
        if (scalars == null || counts.length == 1) {
            scalars = new double[counts.length][];
            Arrays.setAll(scalars, w -> all.clone());
        }
        for (double[] own : scalars) {
            if (own[Scalars.EPOCH.ordinal()] != epoch) {
                own[Scalars.EPOCH.ordinal()] = epoch;
                Trainer.clearEpoch(own);
            }
        }
    }

    // Long because a round is told from beginning to end.
    @Override
    public int advance() {
        long start = System.nanoTime();
        long before = (long) scalars[0][Scalars.STEP.ordinal()];
        long left = (long) epoch * schedule.stepsPerEpoch() - before;
        RoundState began = RoundState.of(state, backend);
        int steps = (int) Math.min(config.roundSteps(), left);
        RoundOrder order = new RoundOrder(plan, epoch, steps, rateFactor, began, scalars);
        List<RoundResult> results = workers.round(order);
        halted = failure(results);
        if (halted != null) {
            // The state stays that of the round before.
            double[] all = merged();
            all[Scalars.HALTED_AT.ordinal()] = before + 1;
            backend.upload(state.scalars(), all);
            return (int) all[Scalars.ORDER_POSITION.ordinal()];
        }
        long[] rows = results.stream().mapToLong(RoundResult::rows).toArray();
        long trained = Arrays.stream(rows).sum();
        if (config.posterior() == Posterior.VQ && before == 0) {
            // The first step puts codes onto what the encoder says, another place with each worker: the mean of such
            // places is none.
            Arrays.fill(rows, 1, rows.length, 0);
        }
        ParameterLayout buffers = state.buffers().layout();
        RoundState.mean(began, results.stream().map(RoundResult::state).toList(), rows, buffers)
                .into(state, backend);
        double lossBefore = sum(Scalars.LOSS_SUM);
        double[][] after = new double[counts.length][];
        Arrays.setAll(after, w -> results.get(w).scalars());
        scalars = after;
        double step = Arrays.stream(scalars)
                .mapToDouble(own -> own[Scalars.STEP.ordinal()])
                .max()
                .orElseThrow();
        // Who was through earlier goes on with the others.
        for (double[] own : scalars) {
            own[Scalars.STEP.ordinal()] = step;
        }
        double[] all = merged();
        backend.upload(state.scalars(), all);
        last = new RoundMetrics(
                epoch,
                (long) step,
                trained,
                (sum(Scalars.LOSS_SUM) - lossBefore) / trained,
                Double.NaN,
                (System.nanoTime() - start) / 1e9,
                results.stream().mapToDouble(RoundResult::seconds).max().orElseThrow());
        return (int) all[Scalars.ORDER_POSITION.ordinal()];
    }

    /** What a worker's loss that is not finite comes from, null where all are. */
    private String failure(List<RoundResult> results) {
        for (int w = 0; w < counts.length; w++) {
            RoundResult result = results.get(w);
            if (results.size() != counts.length || result.worker() != w) {
                throw new IllegalStateException("results of other workers than the " + counts.length + " asked");
            }
            if (result.failure() != null) {
                return (counts.length == 1 ? "" : "worker " + w + ", ") + result.failure();
            }
        }
        return null;
    }

    private double sum(Scalars slot) {
        double sum = 0;
        for (double[] own : scalars) {
            sum += own[slot.ordinal()];
        }
        return sum;
    }

    private double[] merged() {
        double[] all = scalars[0].clone();
        if (scalars.length > 1) {
            SUMMED.forEach(slot -> all[slot.ordinal()] = sum(slot));
            int most = Scalars.GRADIENT_NORM_MAX.ordinal();
            for (double[] own : scalars) {
                all[most] = Math.max(all[most], own[most]);
            }
        }
        return all;
    }

    @Override
    public String diagnosis(double[] all) {
        return halted;
    }

    @Override
    public List<Safetensors.Entry> kept() {
        if (scalars == null || scalars.length == 1) {
            return List.of();
        }
        double[] flat = Arrays.stream(scalars).flatMapToDouble(Arrays::stream).toArray();
        return List.of(Safetensors.Entry.of(SCALARS, new int[] {scalars.length, Scalars.COUNT}, flat, 0));
    }

    @Override
    public void restore(Path file, Safetensors tensors) {
        if (counts.length == 1 || !tensors.names().contains(SCALARS)) {
            return;
        }
        double[] flat = tensors.doubles(SCALARS);
        if (flat.length != counts.length * Scalars.COUNT) {
            throw new UserError(file + ": holds the positions of " + flat.length / Scalars.COUNT + " workers of "
                    + Scalars.COUNT + " numbers, and there are " + counts.length + " workers; resume with the version"
                    + " of jcuvae and the number of workers that it began with");
        }
        List<double[]> own = new ArrayList<>();
        for (int w = 0; w < counts.length; w++) {
            own.add(Arrays.copyOfRange(flat, w * Scalars.COUNT, (w + 1) * Scalars.COUNT));
        }
        scalars = own.toArray(double[][]::new);
    }
}
