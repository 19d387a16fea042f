package io.jcuvae.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads get what one gets. */
@Timeout(60)
class ManyThreadsTest {
    private static final int THREADS = 8;
    private static final int ROUNDS = 6;

    @TempDir
    static Path folder;

    private static Path file;

    @BeforeAll
    static void train() {
        file = Small.save(Small.training(), folder.resolve("model.safetensors"));
    }

    /** One piece of work of each kind, another one in each round. */
    private static float[] work(TrainedModel model, int kind, int round) {
        Samples samples = Small.samples(40 + round, round);
        return switch (kind % 5) {
            case 0 ->
                model.generate(Sampling.of(100).first(100L * round).seed(round % 2))
                        .toArray();
            case 1 -> model.encode(samples).toArray();
            case 2 -> model.reconstruct(samples).toArray();
            case 3 -> model.decode(Samples.of(model.encode(samples))).toArray();
            default -> model.score(samples, "loss", 2 + round % 3).toArray();
        };
    }

    private static <T> List<T> inThreads(int threads, java.util.function.IntFunction<Callable<T>> work)
            throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        CountDownLatch start = new CountDownLatch(1);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                Callable<T> mine = work.apply(t);
                futures.add(pool.submit(() -> {
                    start.await();
                    return mine.call();
                }));
            }
            start.countDown();
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get(50, TimeUnit.SECONDS));
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void eightThreadsGetTheBitsOfOne(int copies) throws Exception {
        Device device = Device.cpu(1).batch(32);
        float[][][] alone = new float[THREADS][ROUNDS][];
        try (TrainedModel model = TrainedModel.load(file, device)) {
            for (int t = 0; t < THREADS; t++) {
                for (int r = 0; r < ROUNDS; r++) {
                    alone[t][r] = work(model, t, r);
                }
            }
        }
        try (TrainedModel model = TrainedModel.load(file, device.copies(copies))) {
            List<float[][]> together = inThreads(THREADS, t -> () -> {
                float[][] mine = new float[ROUNDS][];
                for (int r = 0; r < ROUNDS; r++) {
                    mine[r] = work(model, t, r);
                }
                return mine;
            });
            for (int t = 0; t < THREADS; t++) {
                for (int r = 0; r < ROUNDS; r++) {
                    assertArrayEquals(alone[t][r], together.get(t)[r], "thread " + t + ", round " + r);
                }
            }
        }
    }

    @Test
    void oneThreadMayHaveManyStreams() {
        try (TrainedModel model = TrainedModel.load(file, Device.cpu(1).batch(16))) {
            List<RowStream> streams = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                streams.add(model.generate(Sampling.of(64).seed(i)));
            }
            float[][] first = new float[20][];
            for (int batch = 0; batch < 4; batch++) {
                for (int i = 0; i < 20; i++) {
                    Rows rows = streams.get(i).next();
                    assertEquals(16L * batch, rows.first());
                    first[i] = batch == 0 ? rows.values() : first[i];
                }
            }
            float[] again = model.generate(Sampling.of(64).seed(19)).toArray();
            assertArrayEquals(Arrays.copyOf(again, first[19].length), first[19]);
        }
    }

    @Test
    void closingAmidWorkLeavesOnlyWholeAnswers() throws Exception {
        float[] expected;
        Device device = Device.cpu(1).batch(16).copies(2);
        try (TrainedModel model = TrainedModel.load(file, device)) {
            expected = model.generate(Sampling.of(16)).toArray();
        }
        for (int round = 0; round < 5; round++) {
            TrainedModel model = TrainedModel.load(file, device);
            AtomicInteger answers = new AtomicInteger();
            List<Boolean> ended = inThreads(THREADS, t -> () -> {
                if (t == 0) {
                    while (answers.get() < 20) {
                        Thread.onSpinWait();
                    }
                    model.close();
                    return true;
                }
                try {
                    while (true) {
                        assertArrayEquals(
                                expected, model.generate(Sampling.of(16)).toArray());
                        answers.incrementAndGet();
                    }
                } catch (IllegalStateException e) {
                    return e.getMessage().equals("the model was closed");
                }
            });
            assertTrue(ended.stream().allMatch(right -> right), ended.toString());
        }
    }

    @Test
    void trainingsSideBySideAreThoseAlone() throws Exception {
        Path alone = Small.save(Small.training().epochs(1), folder.resolve("alone.safetensors"));
        List<Path> together = inThreads(
                4, t -> () -> Small.save(Small.training().epochs(1), folder.resolve("beside" + t + ".safetensors")));
        for (Path other : together) {
            assertEquals(-1, java.nio.file.Files.mismatch(alone, other));
        }
    }

    @Test
    void aWaitingThreadIsNotLostByAnInterrupt() throws Exception {
        try (TrainedModel model = TrainedModel.load(file, Device.cpu(1))) {
            float[] expected = model.generate(Sampling.of(50)).toArray();
            List<Boolean> kept = inThreads(4, t -> () -> {
                Thread.currentThread().interrupt();
                float[] got = model.generate(Sampling.of(50)).toArray();
                return Thread.interrupted() && Arrays.equals(expected, got);
            });
            assertTrue(kept.stream().allMatch(right -> right), kept.toString());
        }
    }
}
