package io.jcuvae.cluster;

import io.jcuvae.cli.TrainCalls;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.TrainConfig;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Training as a Spark application, for
 * {@code spark-submit --class io.jcuvae.cluster.SparkTraining jcuvae.jar train --workers 4 ...}: the command
 * {@code train} with its options, on several machines for data that one cannot hold. The driver keeps the mean of the
 * workers' states, evaluates it and writes the run folder; it needs no device.
 */
public final class SparkTraining {
    private SparkTraining() {}

    /**
     * Trains; exits with 1 where that failed, 2 for wrong use and 130 where it was stopped, else returns.
     *
     * @param args the options of {@code train}, with its name before them or without
     */
    public static void main(String[] args) {
        int code = run(List.of(args));
        if (code != 0) {
            System.exit(code);
        }
    }

    /** The same, with the exit code returned. */
    static int run(List<String> args) {
        List<String> words = new ArrayList<>(args);
        if (words.isEmpty() || !words.get(0).equals("train")) {
            words.add(0, "train");
        }
        return TrainCalls.run(words, SparkTraining::workers);
    }

    private static SparkWorkers workers(TrainConfig config, boolean debug) {
        SparkConf configuration = new SparkConf();
        if (!configuration.contains("spark.master")) {
            throw new UserError("no cluster is named: start it with spark-submit --master spark://HOST:7077, or with"
                    + " --master 'local[2]' to try it on this machine");
        }
        configuration
                .setIfMissing("spark.app.name", "jcuvae train " + config.data())
                // A round waits for as many free places as there are workers; executors come within seconds, not
                // minutes.
                .setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "1s")
                .setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures", "120")
                // Parameters look like noise to a compressor.
                .setIfMissing("spark.broadcast.compress", "false");
        return new SparkWorkers(new JavaSparkContext(configuration), config.workers(), debug);
    }
}
