package io.jcuvae.cluster;

import com.google.gson.JsonObject;
import io.jcuvae.cli.JobCalls;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.Disk;
import io.jcuvae.jobs.BatchJob;
import io.jcuvae.jobs.JobPlan;
import io.jcuvae.jobs.JobRunner;
import io.jcuvae.jobs.PartMaker;
import io.jcuvae.jobs.Progress;
import io.jcuvae.tensor.UserError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * Jobs of rows as a Spark application, for {@code spark-submit --class io.jcuvae.cluster.SparkJobs jcuvae.jar generate ...}:
 * the commands of the command line with their options, always with a manifest. Each file of the job is a task. Its rows
 * depend on their numbers alone, so files and manifest have the bytes that one machine gives them.
 *
 * <p>The driver holds the job's lock and writes its manifest; it needs no device. Model, data and the folder of the results
 * are on a file system that all machines see at the same place.
 */
public final class SparkJobs {
    private static final String PROGRAM = "spark-submit";
    /** The driver only plans, and may be a machine without a GPU. */
    private static final Map<String, String> ON_THE_DRIVER = Map.of("device", "cpu", "precision", "fp32");

    private SparkJobs() {}

    /**
     * Runs a job; exits with 1 where it failed and 2 for wrong use, else returns.
     *
     * @param args the command and its options
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
        // It may stand before the command, too.
        if (!words.isEmpty() && words.get(0).equals("--debug")) {
            words.add(words.remove(0));
        }
        JobRunner cluster = (job, plan, resume, progress) -> onCluster(List.copyOf(words), plan, resume, progress);
        return JobCalls.run(PROGRAM, words, ON_THE_DRIVER, cluster);
    }

    private static BatchJob.Result onCluster(List<String> words, JobPlan plan, boolean resume, Progress progress) {
        try (JavaSparkContext spark = new JavaSparkContext(configuration(plan))) {
            Order asked = order(words, plan);
            // Which device there is, an executor has to say; whether it finds model and data shows at once.
            JsonObject options = plan.options().deepCopy();
            options.addProperty("device", SparkTasks.device(spark, asked));
            JobPlan settled = plan.with(options);
            Order order = asked.with(settled.toJson().toString());
            Set<String> warnings = new LinkedHashSet<>();
            if (plan.shards() == 1 && spark.defaultParallelism() > 1) {
                warnings.add("one file is one task, and one machine made it; --shards K has K tasks");
            }
            PartMaker cluster = (open, folder, arrivals) ->
                    SparkTasks.make(spark, order.in(folder.toString()), open, arrivals, warnings);
            return BatchJob.gather(settled, resume, Disk.REAL, cluster, progress)
                    .with(List.copyOf(warnings));
        }
    }

    private static SparkConf configuration(JobPlan plan) {
        SparkConf configuration = new SparkConf();
        if (!configuration.contains("spark.master")) {
            throw new UserError("no cluster is named: start it with spark-submit --master spark://HOST:7077, or with"
                    + " --master 'local[2]' to try it on this machine");
        }
        return configuration.setIfMissing("spark.app.name", "jcuvae " + plan.kind() + " " + plan.out());
    }

    private static Order order(List<String> words, JobPlan plan) {
        Map<String, String> instead = new HashMap<>(JobCalls.places(words));
        String data = null;
        if (plan.options().has("data")) {
            // Also where it is the model that says what they are.
            data = plan.options().get("data").getAsString();
            instead.put("data", DataSource.fromRoot(data));
        }
        String device = JobCalls.value(words, "device", "auto");
        boolean threads = !JobCalls.value(words, "threads", "0").equals("0");
        return new Order(
                words, Map.copyOf(instead), data, device, threads, plan.toJson().toString(), "");
    }
}
