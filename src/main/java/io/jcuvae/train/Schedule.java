package io.jcuvae.train;

import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.TrainingOps;
import io.jcuvae.tensor.UserError;
import java.util.Locale;

/**
 * What changes over a run by plan: learning rate, beta and capacity, each a closed form of the step's number t = 0, 1, ... A run
 * of E epochs of n steps has T = E n of them. Formulas and sources are in docs/training.md.
 */
public final class Schedule {
    /** How the learning rate changes after the warm-up. */
    public enum Rate {
        /** Not at all. */
        CONSTANT,
        /** Times a factor after each period (PyTorch's StepLR). */
        STEP,
        /** Half a period of a cosine down to the final rate at the end of the run (Loshchilov, Hutter 2017). */
        COSINE,
        /** Times a factor over each period, evenly. */
        EXPONENTIAL,
        /** Times a factor after each of some lengths of the run (PyTorch's MultiStepLR). */
        MILESTONES,
        /** Eight stages, each three times as long and evenly lower than the one before (Burda et al. 2016). */
        STAGES,
        /** Times a factor when the metric stops falling (PyTorch's ReduceLROnPlateau). */
        PLATEAU;

        /** The name in options and files: lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** How beta grows to its value. */
    public enum Annealing {
        /** It begins there. */
        NONE,
        /** Evenly from nothing (Bowman et al. 2016). */
        LINEAR,
        /** Several times from nothing, and stays for the rest of each cycle (Fu et al. 2019). */
        CYCLICAL;

        /** The name in options and files: lower case. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The values of one step.
     *
     * @param rate Adam's step size
     * @param beta weight of the KL term
     * @param capacity what the KL term is drawn to, nats; 0 without one
     */
    public record Values(double rate, double beta, double capacity) {}

    /** Stages of the learning rate, and how much longer each is than the one before. */
    private static final int STAGES = 8;

    private static final long STAGE_GROWTH = 3;

    private final TrainConfig config;
    private final int stepsPerEpoch;
    private final long total;
    private final long warmup;
    private final double period;
    private final double annealing;
    private final double cycle;
    private final long capacityOver;

    /**
     * The plan of a run.
     *
     * @param stepsPerEpoch n
     * @throws UserError when its parts do not fit together or not into the run
     */
    public Schedule(TrainConfig config, int stepsPerEpoch) {
        this.config = config;
        this.stepsPerEpoch = stepsPerEpoch;
        total = (long) config.epochs() * stepsPerEpoch;
        warmup = config.warmup().steps(stepsPerEpoch);
        period = config.rateEvery().steps(stepsPerEpoch);
        boolean cyclical = config.annealing() == Annealing.CYCLICAL;
        boolean wholeRun = cyclical && config.annealingOver().none();
        annealing = wholeRun ? total : config.annealingOver().steps(stepsPerEpoch);
        cycle = cyclical ? annealing / config.annealingCycles() : annealing;
        capacityOver = config.capacityOver().steps(stepsPerEpoch);
        checkRate();
        checkKl();
        checkLengths();
    }

    private void checkRate() {
        Rate rate = config.rateSchedule();
        boolean periodic = rate == Rate.STEP || rate == Rate.EXPONENTIAL;
        if (periodic && config.rateEvery().none()) {
            throw new UserError("--lr-schedule " + rate.label() + ": needs --lr-every, as in --lr-every 10 (epochs) or"
                    + " --lr-every 500steps");
        }
        if (!periodic && !config.rateEvery().none()) {
            throw unused("lr-every " + config.rateEvery(), "--lr-schedule step or exponential");
        }
        if (rate == Rate.MILESTONES && config.milestones().isEmpty()) {
            throw new UserError("--lr-schedule milestones: needs --lr-at, as in --lr-at 200,350 (epochs)");
        }
        if (rate != Rate.MILESTONES && !config.milestones().isEmpty()) {
            throw unused("lr-at " + config.text(Setting.LR_AT), "--lr-schedule milestones");
        }
        if (rate == Rate.STAGES && config.finalRate() == 0) {
            throw new UserError(
                    "--lr-schedule stages: needs --lr-final, the rate of the last stage, as in --lr-final 1e-4");
        }
        if (rate == Rate.CONSTANT && config.finalRate() > 0) {
            throw unused("lr-final " + config.finalRate(), "a --lr-schedule that lowers the rate");
        }
        if (config.finalRate() > config.learningRate()) {
            throw new UserError("--lr-final: " + config.finalRate() + " is above --lr " + config.learningRate()
                    + ", where the rate begins; give a lower one");
        }
        if (config.minDelta() > 0 && config.patience() == 0 && rate != Rate.PLATEAU) {
            throw unused("min-delta " + config.minDelta(), "--patience or --lr-schedule plateau");
        }
    }

    private void checkKl() {
        if (config.annealing() == Annealing.LINEAR && config.annealingOver().none()) {
            throw new UserError("--anneal linear: needs --anneal-over, as in --anneal-over 10 (epochs) or --anneal-over"
                    + " 2000steps");
        }
        if (config.annealing() == Annealing.NONE && !config.annealingOver().none()) {
            throw unused("anneal-over " + config.annealingOver(), "--anneal linear or cyclical");
        }
        if (config.annealing() != Annealing.NONE && config.beta() == 0) {
            throw new UserError("--anneal: there is nothing to grow to with --beta 0; give another --beta");
        }
        if (config.capacity() == 0 && !config.capacityOver().none()) {
            throw unused("capacity-over " + config.capacityOver(), "--capacity");
        }
        if (config.capacity() > 0 && config.freeBits() > 0) {
            throw new UserError("--free-bits: both it and --capacity hold the KL term up; choose one of them");
        }
    }

    /** What outlasts the run would be found out about when it is too late. */
    private void checkLengths() {
        if (warmup >= total) {
            throw tooLong("warmup " + config.warmup(), warmup + 1, "the learning rate would never reach --lr");
        }
        long annealed = annealed();
        if (annealed > total) {
            throw tooLong("anneal-over " + config.annealingOver(), annealed, "beta would end below its value");
        }
        if (capacityOver > total) {
            throw tooLong("capacity-over " + config.capacityOver(), capacityOver, "it would not be reached");
        }
    }

    private static UserError unused(String option, String with) {
        return new UserError("--" + option + ": has no effect without " + with + "; give that, too, or leave it out");
    }

    private UserError tooLong(String option, long needed, String otherwise) {
        return new UserError(
                "--" + option + ": needs " + needed + " steps and the run has " + total + " (" + config.epochs()
                        + " epochs of " + stepsPerEpoch + "), so " + otherwise + "; shorten it or give more --epochs");
    }

    /** Steps of an epoch, n. */
    public int stepsPerEpoch() {
        return stepsPerEpoch;
    }

    /** Steps until beta has grown. */
    private long annealed() {
        return switch (config.annealing()) {
            case NONE -> 0;
            case LINEAR -> (long) annealing;
            case CYCLICAL -> (long) Math.ceil(annealing - (1 - config.annealingRise()) * cycle - 1e-6);
        };
    }

    /**
     * Whether beta and capacity have their final values at the end of an epoch, so that epochs from there on can be compared by
     * any figure.
     *
     * @param epoch from 1
     */
    public boolean settledAfter(int epoch) {
        return Math.max(annealed(), capacityOver) <= (long) epoch * stepsPerEpoch;
    }

    /** Whether one step's values differ from another's, but for what a plateau does between epochs. */
    public boolean varies() {
        Rate rate = config.rateSchedule();
        return warmup > 0
                || (rate != Rate.CONSTANT && rate != Rate.PLATEAU)
                || config.annealing() != Annealing.NONE
                || capacityOver > 0;
    }

    /**
     * The values of a step.
     *
     * @param step t, from 0
     * @param plateau what plateaus have left of the learning rate so far, 1 at first
     */
    public Values at(long step, double plateau) {
        return new Values(rate(step, plateau), config.beta() * annealedShare(step), capacity(step));
    }

    /**
     * Puts the values of the epoch that is next or under way among its scalars.
     *
     * @param scalars whose epoch it is
     */
    void place(double[] scalars, double plateau) {
        long start = ((long) scalars[Scalars.EPOCH.ordinal()] - 1) * stepsPerEpoch;
        Values values = at(start, plateau);
        scalars[Scalars.SCHEDULE_START.ordinal()] = start;
        scalars[Scalars.LEARNING_RATE.ordinal()] = values.rate();
        scalars[Scalars.BETA.ordinal()] = values.beta();
        scalars[Scalars.CAPACITY.ordinal()] = values.capacity();
        scalars[Scalars.GRADIENT_SCALE.ordinal()] = 1;
    }

    /** The values in the last step of an epoch. */
    public Values endOf(int epoch, double plateau) {
        return at((long) epoch * stepsPerEpoch - 1, plateau);
    }

    /** The loss of held-out rows in all epochs. */
    public HeldOutLoss heldOutLoss() {
        return new HeldOutLoss(config.beta(), config.capacity());
    }

    private double rate(long step, double plateau) {
        double lr = config.learningRate();
        double last = config.finalRate();
        // From where the warm-up ends.
        double t = Math.max(0, step - warmup);
        double planned =
                switch (config.rateSchedule()) {
                    case CONSTANT -> lr;
                    case STEP -> lr * Math.pow(config.rateFactor(), Math.floor(t / period));
                    case EXPONENTIAL -> lr * Math.pow(config.rateFactor(), t / period);
                    case COSINE -> last + (lr - last) * (1 + Math.cos(Math.PI * t / (total - warmup))) / 2;
                    case MILESTONES -> lr * Math.pow(config.rateFactor(), passed(t));
                    case STAGES -> lr * Math.pow(last / lr, stage((long) t) / (STAGES - 1.0));
                    case PLATEAU -> lr * plateau;
                };
        double grown = step < warmup ? (step + 1.0) / warmup : 1;
        return grown * Math.max(last, planned);
    }

    private long passed(double t) {
        return config.milestones().stream()
                .filter(milestone -> t >= milestone.steps(stepsPerEpoch))
                .count();
    }

    /** The stage of a step after the warm-up, from 0: of 3,280 epochs they end after 1, 4, 13, 40, 121, 364, 1,093 and 3,280. */
    private int stage(long t) {
        long whole = power(STAGES) - 1;
        int stage = 0;
        while (stage < STAGES - 1 && t * whole >= (total - warmup) * (power(stage + 1) - 1)) {
            stage++;
        }
        return stage;
    }

    private static long power(int exponent) {
        long power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= STAGE_GROWTH;
        }
        return power;
    }

    private double annealedShare(long step) {
        if (config.annealing() == Annealing.NONE || step >= annealing) {
            return 1;
        }
        if (config.annealing() == Annealing.LINEAR) {
            return (step + 1) / annealing;
        }
        double inCycle = step - Math.floor(step / cycle) * cycle;
        return Math.min(1, (inCycle + 1) / (config.annealingRise() * cycle));
    }

    private double capacity(long step) {
        return config.capacity() * (step < capacityOver ? (step + 1.0) / capacityOver : 1);
    }

    /**
     * The values of an epoch's steps, for {@link TrainingOps#schedule}.
     *
     * @param epoch from 1
     * @return row-major [n, 3]
     */
    double[] table(int epoch, double plateau) {
        double[] table = new double[TrainingOps.SCHEDULE_COLUMNS * stepsPerEpoch];
        long first = (long) (epoch - 1) * stepsPerEpoch;
        for (int i = 0; i < stepsPerEpoch; i++) {
            Values values = at(first + i, plateau);
            table[TrainingOps.SCHEDULE_COLUMNS * i] = values.rate();
            table[TrainingOps.SCHEDULE_COLUMNS * i + 1] = values.beta();
            table[TrainingOps.SCHEDULE_COLUMNS * i + 2] = values.capacity();
        }
        return table;
    }
}
