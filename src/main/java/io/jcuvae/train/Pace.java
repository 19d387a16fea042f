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
    /** Share of a budget that is spent on measuring, within these seconds. */
    private static final double SHARE = 0.04;

    private static final double LEAST = 1;
    private static final double MOST = 20;
    /** Of the time of measuring, before which a virtual machine and a device have not found their pace. */
    private static final double WARMUP = 0.4;

    /**
     * Measures the first steps of a run, of which nothing is kept.
     *
     * @param validation the data's own validation rows, or null
     * @param backend for this alone
     */
    public static Pace measure(TrainConfig config, Dataset train, Dataset test, Dataset validation, Backend backend) {
        double seconds = Math.max(LEAST, Math.min(MOST, SHARE * config.budget().seconds()));
        long start = System.nanoTime();
        Watching watching = new Watching(seconds);
        Trainer trainer = Trainer.start(config, train, test, validation, backend, null, watching);
        watching.begin();
        trainer.run(watching::stops);
        double evaluation = trainer.evaluationSeconds();
        return new Pace(watching.stepSeconds(), evaluation, trainer.stepsPerEpoch(), (System.nanoTime() - start) / 1e9);
    }

    /** Takes the time between steps. */
    private static final class Watching implements Trainer.Listener {
        private final double seconds;
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

        void begin() {
            start = System.nanoTime();
            last = start;
        }

        @Override
        public void epoch(EpochMetrics metrics) {
            evaluated = true;
        }

        /** Called after each step, and once more after each epoch. */
        boolean stops() {
            long now = System.nanoTime();
            double since = (now - start) / 1e9;
            if (!evaluated) {
                all += (now - last) / 1e9;
                allSteps++;
                if (since > WARMUP * seconds) {
                    counted += (now - last) / 1e9;
                    steps++;
                }
            }
            evaluated = false;
            last = now;
            return since > seconds;
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
