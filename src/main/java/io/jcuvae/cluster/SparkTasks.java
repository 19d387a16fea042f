package io.jcuvae.cluster;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.jcuvae.cli.JobCalls;
import io.jcuvae.data.Disk;
import io.jcuvae.jobs.BatchJob;
import io.jcuvae.jobs.JobManifest;
import io.jcuvae.jobs.JobPlan;
import io.jcuvae.jobs.PartMaker;
import io.jcuvae.jobs.PartWriter;
import io.jcuvae.jobs.RowJob;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.IntStream;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.JavaSparkContext;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/** The tasks of a job, and how what they made comes back. */
final class SparkTasks {
    private SparkTasks() {}

    /**
     * What came of a task. A user's mistake comes back like a result, since trying again does not mend it; other failures are
     * Spark's, which tries again elsewhere.
     *
     * @param part its number in the plan, -1 for none
     * @param word the file as the manifest is to have it, or an answer
     * @param aside where the file lies
     * @param refusal null, or what is wrong
     * @param warnings of reading the data
     */
    private record Outcome(int part, String word, String aside, String refusal, List<String> warnings)
            implements Serializable {
        private static final long serialVersionUID = 1;

        static Outcome refused(String why) {
            return new Outcome(-1, "", "", why, List.of());
        }
    }

    /** What a task does with the job that it has bound. */
    @FunctionalInterface
    private interface Use {
        Outcome of(RowJob job, JobPlan plan);
    }

    /**
     * What the executors compute with, by asking one.
     *
     * @throws UserError where it finds something else than the driver: no model, other data
     */
    static String device(JavaSparkContext spark, Order order) {
        Outcome outcome =
                spark.parallelize(List.of(order), 1).map(SparkTasks::ask).first();
        if (outcome.refusal() != null) {
            throw new UserError(outcome.refusal());
        }
        return outcome.word();
    }

    private static Outcome ask(Order order) {
        return bound(order, TaskContext.get(), (job, plan) -> {
            String device = plan.options().get("device").getAsString();
            requireLike(order, plan, device);
            return new Outcome(-1, device, "", null, List.of());
        });
    }

    /** Makes files, and tells of each as it comes. */
    static void make(
            JavaSparkContext spark,
            Order order,
            List<Integer> open,
            PartMaker.Arrivals arrivals,
            Set<String> warnings) {
        // The scheduler's own thread brings what was made, and must not wait for disks.
        BlockingQueue<Object> come = new LinkedBlockingQueue<>();
        Thread waiting = new Thread(
                () -> {
                    try {
                        start(spark, order, open, come);
                        come.add(open);
                    } catch (RuntimeException | Error e) {
                        come.add(e);
                    }
                },
                "jcuvae-spark");
        waiting.setDaemon(true);
        waiting.start();
        try {
            for (Object next = come.take(); next != open; next = come.take()) {
                if (next instanceof Throwable thrown) {
                    throw new Failure(firstLine(thrown), thrown);
                }
                Outcome outcome = (Outcome) next;
                if (outcome.refusal() != null) {
                    throw new UserError(outcome.refusal());
                }
                JsonObject entry = JsonParser.parseString(outcome.word()).getAsJsonObject();
                arrivals.arrived(outcome.part(), JobManifest.Entry.fromJson(entry), Path.of(outcome.aside()));
                warnings.addAll(outcome.warnings());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("stopped while waiting for the cluster", e);
        } finally {
            // Whatever ended it, nobody waits for the others; a context that is down has stopped them itself.
            if (!spark.sc().isStopped()) {
                spark.cancelAllJobs();
            }
        }
    }

    private static void start(JavaSparkContext spark, Order order, List<Integer> open, BlockingQueue<Object> come) {
        List<Object> partitions =
                IntStream.range(0, open.size()).<Object>mapToObj(i -> i).toList();
        spark.sc()
                .runJob(
                        spark.parallelize(open, open.size()).rdd(),
                        new Make(order),
                        CollectionConverters.asScala(partitions).toSeq(),
                        new Take(come),
                        ClassTag$.MODULE$.apply(Outcome.class));
    }

    /** Runs on an executor. */
    private static final class Make extends AbstractFunction2<TaskContext, Iterator<Integer>, Outcome>
            implements Serializable {
        private static final long serialVersionUID = 1;

        private final Order order;

        Make(Order order) {
            this.order = order;
        }

        @Override
        public Outcome apply(TaskContext context, Iterator<Integer> parts) {
            return part(order, context, parts.next());
        }
    }

    /** Runs on the driver. */
    private static final class Take extends AbstractFunction2<Object, Outcome, BoxedUnit> {
        private final BlockingQueue<Object> come;

        Take(BlockingQueue<Object> come) {
            this.come = come;
        }

        @Override
        public BoxedUnit apply(Object index, Outcome outcome) {
            come.add(outcome);
            return BoxedUnit.UNIT;
        }
    }

    private static Outcome part(Order order, TaskContext context, int number) {
        return bound(order, context, (job, own) -> {
            JobPlan plan = requireLike(
                    order,
                    own,
                    order.planned().getAsJsonObject("options").get("device").getAsString());
            JobPlan.Part part = plan.parts().get(number);
            Path aside = attempt(order, context).resolve(part.file());
            JobManifest.Entry made =
                    new PartWriter(plan, job, Disk.REAL).make(part, aside, rows -> requireWanted(context));
            return new Outcome(number, made.toJson().toString(), aside.toString(), null, job.warnings());
        });
    }

    /** A folder of this attempt's own, so that another of the same task never writes to its file. */
    private static Path attempt(Order order, TaskContext context) {
        Path folder = Path.of(order.folder()).resolve("attempt-" + context.taskAttemptId());
        try {
            return Files.createDirectory(folder);
        } catch (IOException e) {
            throw new UserError(
                    order.folder() + ": is not there; the folder of --out must be on a file system that driver and"
                            + " executors share",
                    e);
        }
    }

    /** Ends an attempt that was given up. */
    private static void requireWanted(TaskContext context) {
        if (context.isInterrupted()) {
            throw new TaskKilledException("given up");
        }
    }

    /**
     * The job's plan, if the task's own is like it but for where the data lie.
     *
     * @param device that the plan is to have
     * @throws UserError naming what is otherwise: another model at that path, another device
     */
    static JobPlan requireLike(Order order, JobPlan own, String device) {
        JsonObject options = own.options().deepCopy();
        if (order.data() != null) {
            options.addProperty("data", order.data());
        }
        JsonObject planned = order.planned();
        planned.getAsJsonObject("options").addProperty("device", device);
        JobPlan plan = own.with(options);
        String difference = plan.difference(planned);
        if (!difference.isEmpty()) {
            throw new UserError("the executors' job is not the driver's: " + difference);
        }
        return plan;
    }

    /** Binds the job of the words to the task's device, and uses it. */
    private static Outcome bound(Order order, TaskContext context, Use use) {
        Outcome[] outcome = new Outcome[1];
        try (TaskDevice device = TaskDevice.of(order.device(), context)) {
            Map<String, String> instead = new HashMap<>(order.instead());
            instead.put("device", device.name());
            if (!order.threads()) {
                // Spark counts processors by tasks; threads change no bit.
                instead.put("threads", Integer.toString(Math.max(1, context.cpus())));
            }
            JobCalls.repeat(order.words(), instead, (job, plan, resume, progress) -> {
                outcome[0] = use.of(job, plan);
                return new BatchJob.Result(0, 0, List.of(), plan.manifest());
            });
            return outcome[0];
        } catch (UserError e) {
            return Outcome.refused(host() + ": " + e.getMessage());
        }
    }

    private static String host() {
        try {
            return "on " + InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "on an executor";
        }
    }

    private static String firstLine(Throwable e) {
        return String.valueOf(e.getMessage() == null ? e : e.getMessage())
                .lines()
                .findFirst()
                .orElse(e.toString());
    }
}
