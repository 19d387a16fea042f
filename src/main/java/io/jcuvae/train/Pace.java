package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;

/**
 * How fast a run goes, and how many of its epochs a budget has room for.
 *
 * @param stepSeconds of one step
 * @param evaluationSeconds of what follows each epoch
 * @param stepsPerEpoch steps of an epoch
 * @param spent seconds that finding this out took
 */
public record Pace(double stepSeconds, double evaluationSeconds, int stepsPerEpoch, double spent) {
    /**
     * Share of a budget that is spent on measuring steps, within these seconds and never more than a quarter. Three seconds were
     * too few: a virtual machine still compiled the loops in them, and half of a minute was left unused.
     */
    private static final double SHARE = 0.08;

    private static final double LEAST = 6;
    private static final double MOST = 30;
    private static final double LARGEST_SHARE = 0.25;
    /** Of the time of measuring, before which a virtual machine and a device have not found their pace. */
    private static final double WARMUP = 0.6;
    /** Steps that are timed at least, unless they take that many times as long. */
    private static final int STEPS = 20;

    private static final double PATIENCE = 5;
    /** Of the time of measuring, for the evaluation after an epoch. */
    private static final double EVALUATING = 0.3;

    /**
     * Measures the first steps of a run, of which nothing is kept.
     *
     * @param validation the data's own validation rows, or null
     * @param backend for this alone
     */
    public static Pace measure(TrainConfig config, Dataset train, Dataset test, Dataset validation, Backend backend) {
        double budget = config.budget().seconds();
        double seconds = Math.min(LARGEST_SHARE * budget, Math.max(LEAST, Math.min(MOST, SHARE * budget)));
        long start = System.nanoTime();
        Watching watching = new Watching(seconds);
        Trainer trainer = Trainer.start(config, train, test, validation, backend, null, watching);
        trainer.run(watching::stops);
        double evaluation = trainer.evaluationSeconds(EVALUATING * seconds);
        return new Pace(watching.stepSeconds(), evaluation, trainer.stepsPerEpoch(), (System.nanoTime() - start) / 1e9);
    }

    /** Takes the time between steps. The first one, in which libraries prepare themselves, is not looked at. */
    private static final class Watching implements Trainer.Listener {
        private final double seconds;
        private boolean begun;
        private long start;
        private long last;
        private double all;
        private int allSteps;
        private double counted;
        private int steps;
        private boolean evaluated;

        Watching(double seconds) {
            this.seconds = seconds;
        }

        @Override
        public void epoch(EpochMetrics metrics) {
            evaluated = true;
        }

        /** Called after each step, and once more after each epoch. */
        boolean stops() {
            long now = System.nanoTime();
            if (!begun) {
                begun = true;
                start = now;
                last = now;
                return false;
            }
            double since = (now - start) / 1e9;
            if (!evaluated) {
                all += (now - last) / 1e9;
                allSteps++;
                if (since > WARMUP * seconds && allSteps > STEPS / 2) {
                    counted += (now - last) / 1e9;
                    steps++;
                }
            }
            evaluated = false;
            last = now;
            return since > seconds && (steps >= STEPS || since > PATIENCE * seconds);
        }

        double stepSeconds() {
            return steps > 0 ? counted / steps : all / Math.max(1, allSteps);
        }
    }

    /** Seconds of an epoch with what follows it. */
    public double epochSeconds() {
        return stepSeconds * stepsPerEpoch + evaluationSeconds;
    }

    /** The epochs that a budget has room for beside the measuring, none or more. */
    public int epochsIn(Budget budget) {
        return (int) Math.min(Integer.MAX_VALUE, Math.max(0, (budget.seconds() - spent) / epochSeconds()));
    }
}
