package io.jcuvae.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/**
 * The threads of the CPU backend: the caller and its helpers share out numbered tasks. Helpers spin for a moment between
 * jobs, since a training step is some forty jobs a few tens of microseconds apart, then sleep.
 */
final class Workers implements AutoCloseable {
    private static final int SPINS_BEFORE_SLEEP = 4000;

    private static final class Job {
        final IntConsumer task;
        final int tasks;
        final AtomicInteger next = new AtomicInteger();
        final AtomicInteger unfinished;
        volatile Throwable failure;

        Job(int tasks, IntConsumer task) {
            this.tasks = tasks;
            this.task = task;
            unfinished = new AtomicInteger(tasks);
        }

        void work() {
            int i;
            while ((i = next.getAndIncrement()) < tasks) {
                try {
                    task.accept(i);
                } catch (RuntimeException | Error e) {
                    failure = e;
                } finally {
                    unfinished.decrementAndGet();
                }
            }
        }
    }

    private static final class Helper extends Thread {
        private final Workers workers;
        volatile boolean asleep;

        Helper(Workers workers, int number) {
            super("jcuvae-" + number);
            this.workers = workers;
            setDaemon(true);
        }

        @Override
        public void run() {
            Job done = null;
            while (!workers.closed) {
                Job job = workers.job;
                if (job != done) {
                    job.work();
                    done = job;
                    continue;
                }
                int spins = 0;
                while (workers.job == done && spins++ < SPINS_BEFORE_SLEEP) {
                    Thread.onSpinWait();
                }
                if (workers.job == done) {
                    asleep = true;
                    // Looked at again after the flag is up, so that a job published in between is not slept through.
                    if (workers.job == done && !workers.closed) {
                        LockSupport.park(workers);
                    }
                    asleep = false;
                }
            }
        }
    }

    private final Helper[] helpers;
    private volatile Job job;
    private volatile boolean closed;

    /**
     * Starts the helpers.
     *
     * @param threads threads in all, the caller included
     */
    Workers(int threads) {
        helpers = new Helper[threads - 1];
        for (int i = 0; i < helpers.length; i++) {
            helpers[i] = new Helper(this, i + 1);
            helpers[i].start();
        }
    }

    int threads() {
        return helpers.length + 1;
    }

    /** Runs task 0 .. tasks - 1, each once, in any order, and returns when all are done. */
    void run(int tasks, IntConsumer task) {
        if (tasks <= 1 || helpers.length == 0) {
            for (int i = 0; i < tasks; i++) {
                task.accept(i);
            }
            return;
        }
        Job mine = new Job(tasks, task);
        job = mine;
        int wanted = Math.min(helpers.length, tasks - 1);
        for (int i = 0; i < wanted; i++) {
            if (helpers[i].asleep) {
                LockSupport.unpark(helpers[i]);
            }
        }
        mine.work();
        while (mine.unfinished.get() > 0) {
            Thread.onSpinWait();
        }
        if (mine.failure != null) {
            throw new IllegalStateException("a CPU task failed", mine.failure);
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Helper helper : helpers) {
            LockSupport.unpark(helper);
        }
    }
}
