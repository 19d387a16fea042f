package io.jcuvae.cluster;

import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * The device of one task, its own until it is closed. Where Spark hands out GPUs it is the task's; where it does not, no task
 * can know whose a GPU is, so it computes on the CPU unless a GPU was asked for by name, which the tasks of an executor then
 * use in turns.
 */
final class TaskDevice implements AutoCloseable {
    private static final Map<String, ReentrantLock> TURNS = new ConcurrentHashMap<>();

    private final String name;
    private final ReentrantLock turn;

    private TaskDevice(String name, ReentrantLock turn) {
        this.name = name;
        this.turn = turn;
    }

    /**
     * Finds it, and waits for it where tasks take turns.
     *
     * @param asked as {@code --device} has it
     * @throws UserError where Spark names its GPUs otherwise than by number
     */
    static TaskDevice of(String asked, TaskContext context) {
        ResourceInformation gpus = context.resourcesJMap().get("gpu");
        return of(asked, gpus == null ? new String[0] : gpus.addresses());
    }

    /** The same with the addresses that Spark gave the task. */
    static TaskDevice of(String asked, String... gpus) {
        String name = name(asked, gpus);
        if (name.equals("cpu") || gpus.length > 0) {
            return new TaskDevice(name, null);
        }
        ReentrantLock turn = TURNS.computeIfAbsent(name, key -> new ReentrantLock(true));
        try {
            turn.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Failure("the task was stopped while it waited for " + name, e);
        }
        return new TaskDevice(name, turn);
    }

    /**
     * What {@code --device} is to say.
     *
     * @param gpus addresses that Spark gave the task, of which one is used
     */
    static String name(String asked, String[] gpus) {
        if (asked.equals("auto") || asked.startsWith("cuda")) {
            if (gpus.length == 0) {
                return asked.equals("auto") ? "cpu" : asked;
            }
            if (!gpus[0].matches("[0-9]{1,9}")) {
                throw new UserError(
                        "spark.executor.resource.gpu.discoveryScript: must print the numbers of GPUs, as 0 and"
                                + " 1, and gave '" + gpus[0] + "'");
            }
            return "cuda:" + gpus[0];
        }
        return asked;
    }

    /** As {@code --device} has it. */
    String name() {
        return name;
    }

    /** Lets the next task have it. */
    @Override
    public void close() {
        if (turn != null) {
            turn.unlock();
        }
    }
}
