package io.jcuvae.cluster;

import io.jcuvae.data.DataSource;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.RoundOrder;
import io.jcuvae.train.RoundResult;
import io.jcuvae.train.Setting;
import io.jcuvae.train.Shard;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Workers;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.SparkEnv;
import org.apache.spark.SparkException;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.rdd.RDD;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/**
 * Workers that are tasks of Spark. A round is a barrier stage: all of its tasks run at once, and where one is lost
 * the stage is run again from the order that was broadcast, wherever there is room then. A worker's task goes where
 * its last one was, since its rows and its model are there ({@link HeldWorkers}); that saves time and memory and
 * changes nothing else.
 */
final class SparkWorkers implements Workers {
    private static final ClassTag<Answer> ANSWERS = ClassTag$.MODULE$.apply(Answer.class);
    private static final ClassTag<Integer> NUMBERS = ClassTag$.MODULE$.apply(Integer.class);

    private final JavaSparkContext spark;
    private final int count;
    private final boolean debug;
    /** Where each worker was last, as Spark writes places; null before. */
    private final String[] places;

    private HeldWorkers.Site site;

    /**
     * Workers of an application.
     *
     * @param spark closed with this
     * @param debug whether devices check every launch
     */
    SparkWorkers(JavaSparkContext spark, int count, boolean debug) {
        this.spark = spark;
        this.count = count;
        this.debug = debug;
        places = new String[count];
    }

    /**
     * What a task has to say. A user's mistake comes back like a result, since trying again does not mend it.
     *
     * @param place of the task
     * @param facts of its rows, or null
     * @param result of its steps, or null
     * @param refusal null, or what is wrong
     * @param mistake whether that is the user's
     */
    private record Answer(String place, Shard.Facts facts, RoundResult result, String refusal, boolean mistake)
            implements Serializable {
        private static final long serialVersionUID = 1;
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public List<Shard.Facts> survey(String run, TrainConfig config) {
        String[] sources = new String[count];
        Arrays.setAll(sources, w -> DataSource.fromRoot(new Shard(w, count).source(config.data())));
        TrainConfig there = config.schema().isEmpty()
                ? config
                : config.with(
                        Setting.SCHEMA, config.schema().get().toAbsolutePath().toString());
        site = new HeldWorkers.Site(run, there.toJson().toString(), sources, debug);
        return stage(new Survey(site)).stream().map(Answer::facts).toList();
    }

    @Override
    public List<RoundResult> round(RoundOrder order) {
        Broadcast<RoundOrder> sent = spark.broadcast(order);
        try {
            return stage(new Round(site, sent)).stream().map(Answer::result).toList();
        } finally {
            sent.destroy();
        }
    }

    /** Has every worker do something at the same time. */
    private List<Answer> stage(AbstractFunction1<Iterator<Integer>, Iterator<Answer>> task) {
        List<Tuple2<Integer, Seq<String>>> placed = new ArrayList<>();
        for (int w = 0; w < count; w++) {
            placed.add(new Tuple2<>(w, sequence(places[w] == null ? List.of() : List.of(places[w]))));
        }
        RDD<Integer> numbers = spark.sc().makeRDD(sequence(placed), NUMBERS);
        RDD<Answer> answers = numbers.barrier().mapPartitions(task, false, ANSWERS);
        List<Answer> all = collected(new JavaRDD<>(answers, ANSWERS));
        for (int w = 0; w < count; w++) {
            Answer answer = all.get(w);
            if (answer.refusal() != null) {
                String why = (count == 1 ? "" : "worker " + w + ": ") + answer.refusal();
                throw answer.mistake() ? new UserError(why) : new Failure(why);
            }
            places[w] = answer.place();
        }
        return all;
    }

    private List<Answer> collected(JavaRDD<Answer> answers) {
        try {
            return answers.collect();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Exception e) {
            // Scala's exceptions are not declared.
            String message = String.valueOf(e.getMessage());
            String line = message.lines().findFirst().orElse("");
            throw message.contains("requires more slots")
                    ? new Failure(
                            "the cluster has no room for " + count + " workers at a time: a round runs all of them"
                                    + " at once; give it more executors or processors, or start a run with fewer --workers")
                    : new Failure(e instanceof SparkException ? line : e + ": " + line, e);
        }
    }

    private static <T> Seq<T> sequence(List<T> list) {
        return CollectionConverters.asScala(list).toSeq();
    }

    @Override
    public void close() {
        if (spark.isLocal()) {
            HeldWorkers.release();
        }
        spark.close();
    }

    /** Answers for one worker, with what goes wrong put into words. */
    private static Iterator<Answer> answered(Iterator<Integer> numbers, Function<Integer, Answer> task) {
        int worker = numbers.next();
        Answer answer;
        try {
            answer = task.apply(worker);
        } catch (UserError e) {
            answer = new Answer(place(), null, null, e.getMessage(), true);
        } catch (Failure e) {
            answer = new Answer(place(), null, null, e.getMessage(), false);
        }
        return CollectionConverters.asScala(List.of(answer).iterator());
    }

    /** This executor, as Spark writes the places that tasks prefer. */
    private static String place() {
        SparkEnv here = SparkEnv.get();
        return "executor_" + here.blockManager().blockManagerId().host() + "_" + here.executorId();
    }

    /** Runs on an executor: reads a worker's rows. */
    private static final class Survey extends AbstractFunction1<Iterator<Integer>, Iterator<Answer>>
            implements Serializable {
        private static final long serialVersionUID = 1;

        private final HeldWorkers.Site site;

        Survey(HeldWorkers.Site site) {
            this.site = site;
        }

        @Override
        public Iterator<Answer> apply(Iterator<Integer> numbers) {
            return answered(
                    numbers, worker -> new Answer(place(), HeldWorkers.survey(site, worker), null, null, false));
        }
    }

    /** Runs on an executor: a worker's part of a round. */
    private static final class Round extends AbstractFunction1<Iterator<Integer>, Iterator<Answer>>
            implements Serializable {
        private static final long serialVersionUID = 1;

        private final HeldWorkers.Site site;
        private final Broadcast<RoundOrder> order;

        Round(HeldWorkers.Site site, Broadcast<RoundOrder> order) {
            this.site = site;
            this.order = order;
        }

        @Override
        public Iterator<Answer> apply(Iterator<Integer> numbers) {
            TaskContext context = TaskContext.get();
            return answered(numbers, worker -> {
                RoundResult result = HeldWorkers.round(site, order.value(), worker, context);
                if (context.isInterrupted()) {
                    throw new TaskKilledException("given up");
                }
                return new Answer(place(), null, result, null, false);
            });
        }
    }
}
