package io.jcuvae.cluster;

import io.jcuvae.cli.TrainCalls;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.RoundOrder;
import io.jcuvae.train.RoundResult;
import io.jcuvae.train.RoundWorker;
import io.jcuvae.train.Setting;
import io.jcuvae.train.Shard;
import io.jcuvae.train.TrainConfig;
import java.io.Serializable;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;

/**
 * What the tasks of one executor keep from round to round: rows, a device, a model bound to it. A round brings all else, so that
 * whatever is missing here is made again with the same result. That it is static is Spark's doing: tasks of one executor have
 * nothing else in common.
 */
final class HeldWorkers {
    private static final System.Logger LOG = System.getLogger(HeldWorkers.class.getName());
    /** By the workers' numbers: one run at a time uses an executor, and a new one takes the place of an old one. */
    private static final Map<Integer, Held> HELD = new ConcurrentHashMap<>();

    private HeldWorkers() {}

    /**
     * What every task of a run is told.
     *
     * @param run its name
     * @param options settings in JSON
     * @param sources of each worker's rows, from the root of the file system
     * @param debug whether devices check every launch
     */
    record Site(String run, String options, String[] sources, boolean debug) implements Serializable {
        private static final long serialVersionUID = 1;

        private TrainConfig config() {
            return TrainCalls.config(options);
        }

        private Dataset rows(int worker) {
            TrainConfig config = config();
            DataSource source = TrainCalls.source(config, sources[worker]);
            return new Shard(worker, sources.length).training(source, config);
        }
    }

    /** A worker, whose tasks go one after the other even where one of them was given up. */
    private static final class Held {
        private String run;
        private Dataset rows;
        private String device;
        private Backend backend;
        private RoundWorker worker;

        private Dataset rows(Site site, int number) {
            if (!site.run().equals(run)) {
                close();
                rows = site.rows(number);
                run = site.run();
            }
            return rows;
        }

        synchronized Shard.Facts survey(Site site, int number) {
            return Shard.Facts.of(rows(site, number), site.config());
        }

        synchronized RoundResult round(Site site, RoundOrder order, int number, TaskContext context) {
            TrainConfig config = site.config();
            try (TaskDevice asked = TaskDevice.of(config.device(), context)) {
                Dataset mine = rows(site, number);
                if (worker == null || !asked.name().equals(device)) {
                    closeDevice();
                    // Spark counts processors by tasks; threads change no bit.
                    int threads = config.threads() > 0 ? config.threads() : Math.max(1, context.cpus());
                    backend = TrainCalls.device(
                            config.with(Setting.DEVICE, asked.name()).with(Setting.THREADS, Integer.toString(threads)),
                            site.debug());
                    device = asked.name();
                    worker = new RoundWorker(
                            order.plan(), number, mine, backend, line -> LOG.log(System.Logger.Level.INFO, line));
                }
                return worker.run(order, context::isInterrupted);
            } catch (CancellationException e) {
                throw new TaskKilledException("given up");
            }
        }

        private void closeDevice() {
            worker = null;
            if (backend != null) {
                backend.close();
                backend = null;
            }
        }

        synchronized void close() {
            closeDevice();
            rows = null;
            run = null;
        }
    }

    private static Held of(int worker) {
        return HELD.computeIfAbsent(worker, number -> new Held());
    }

    /** Reads a worker's rows. */
    static Shard.Facts survey(Site site, int worker) {
        return of(worker).survey(site, worker);
    }

    /** Does a worker's part of a round. */
    static RoundResult round(Site site, RoundOrder order, int worker, TaskContext context) {
        return of(worker).round(site, order, worker, context);
    }

    /** Lets go of everything, where executors are threads of a process that goes on. */
    static void release() {
        HELD.values().forEach(Held::close);
        HELD.clear();
    }
}
