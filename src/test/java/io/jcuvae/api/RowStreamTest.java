package io.jcuvae.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jcuvae.tensor.UserError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams: made when asked for, and not before. */
@Timeout(30)
class RowStreamTest {
    /** Batches of two rows that are counted as they are made. */
    private static final class Counted implements RowStream.Source {
        private final int batches;
        private final int failing;
        private int made;
        private int closed;

        Counted(int batches, int failing) {
            this.batches = batches;
            this.failing = failing;
        }

        @Override
        public Rows next() {
            if (made == failing) {
                throw new UserError("row 3 is damaged");
            }
            if (made == batches) {
                return null;
            }
            made++;
            return new Rows(2L * made - 2, 2, new int[] {1}, new float[] {2 * made - 2, 2 * made - 1});
        }

        @Override
        public void close() {
            closed++;
        }
    }

    private static RowStream stream(Counted source, boolean known) {
        return new RowStream(new int[] {1}, known ? 2L * source.batches : -1, source);
    }

    /** Notes what it is sent; requests nothing by itself. */
    private static class Noting implements Flow.Subscriber<Rows> {
        private final List<Long> firsts = new ArrayList<>();
        private Flow.Subscription subscription;
        private Throwable error;
        private int completed;

        void cancel() {
            subscription.cancel();
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        @Override
        public void onNext(Rows rows) {
            firsts.add(rows.first());
        }

        @Override
        public void onError(Throwable e) {
            error = e;
        }

        @Override
        public void onComplete() {
            completed++;
        }
    }

    @Test
    void batchesAreMadeOneAtATimeAndTheSourceIsClosedOnce() {
        for (boolean known : new boolean[] {true, false}) {
            Counted source = new Counted(3, -1);
            RowStream stream = stream(source, known);
            assertEquals(0, source.made);
            assertTrue(stream.hasNext());
            assertTrue(stream.hasNext());
            assertEquals(1, source.made);
            assertEquals(0, stream.next().first());
            assertEquals(1, source.made);
            stream.next();
            assertEquals(4, stream.next().first());
            assertFalse(stream.hasNext());
            assertThrows(NoSuchElementException.class, stream::next);
            stream.close();
            assertEquals(1, source.closed);
        }
    }

    @Test
    void arraysHoldTheRest() {
        for (boolean known : new boolean[] {true, false}) {
            RowStream stream = stream(new Counted(9, -1), known);
            stream.next();
            float[] rest = stream.toArray();
            assertEquals(16, rest.length);
            assertEquals(2, rest[0]);
            assertEquals(17, rest[15]);
            assertArrayEquals(new float[0], stream.toArray());
        }
    }

    @Test
    void anErrorEndsTheStream() {
        Counted source = new Counted(5, 2);
        RowStream stream = stream(source, true);
        int rows = 0;
        UserError told = null;
        try {
            for (Rows batch : stream) {
                rows += batch.count();
            }
        } catch (UserError e) {
            told = e;
        }
        assertEquals("row 3 is damaged", told.getMessage());
        assertEquals(4, rows);
        assertFalse(stream.hasNext());
        assertEquals(1, source.closed);
    }

    @Test
    void aSubscriberGetsWhatItRequestsAndNoMore() {
        Counted source = new Counted(4, -1);
        Queue<Runnable> tasks = new ArrayDeque<>();
        Noting noting = new Noting();
        stream(source, true).publisher(tasks::add).subscribe(noting);
        run(tasks);
        assertEquals(0, source.made);
        noting.subscription.request(1);
        noting.subscription.request(1);
        assertEquals(0, source.made, "the executor's work, not the caller's");
        run(tasks);
        assertEquals(List.of(0L, 2L), noting.firsts);
        assertEquals(2, source.made);
        noting.subscription.request(2);
        run(tasks);
        assertEquals(List.of(0L, 2L, 4L, 6L), noting.firsts);
        assertEquals(1, noting.completed, "the end of a stream of known length asks for no request");
        noting.subscription.request(5);
        noting.subscription.cancel();
        run(tasks);
        assertEquals(1, noting.completed);
        assertNull(noting.error);
        assertEquals(1, source.closed);
    }

    private static void run(Queue<Runnable> tasks) {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    @Test
    void cancellingClosesAndNothingFollows() {
        Counted source = new Counted(1000, -1);
        Queue<Runnable> tasks = new ArrayDeque<>();
        Noting noting = new Noting() {
            @Override
            public void onNext(Rows rows) {
                super.onNext(rows);
                if (rows.first() == 4) {
                    cancel();
                }
            }
        };
        stream(source, false).publisher(tasks::add).subscribe(noting);
        run(tasks);
        noting.subscription.request(Long.MAX_VALUE);
        noting.subscription.request(Long.MAX_VALUE);
        run(tasks);
        assertEquals(3, source.made);
        assertEquals(1, source.closed);
        assertEquals(0, noting.completed);
        assertNull(noting.error);
    }

    @Test
    void errorsGoToTheSubscriber() {
        Counted source = new Counted(5, 1);
        Noting noting = new Noting();
        RowStream stream = stream(source, true);
        Flow.Publisher<Rows> publisher = stream.publisher(Runnable::run);
        publisher.subscribe(noting);
        noting.subscription.request(9);
        assertEquals(List.of(0L), noting.firsts);
        assertInstanceOf(UserError.class, noting.error);
        assertEquals(1, source.closed);
        Noting second = new Noting();
        publisher.subscribe(second);
        assertInstanceOf(IllegalStateException.class, second.error);

        Noting impatient = new Noting();
        Counted other = new Counted(5, -1);
        stream(other, true).publisher(Runnable::run).subscribe(impatient);
        impatient.subscription.request(0);
        assertInstanceOf(IllegalArgumentException.class, impatient.error);
        assertEquals(1, other.closed);

        Noting refused = new Noting();
        Counted unused = new Counted(5, -1);
        stream(unused, true)
                .publisher(task -> {
                    throw new RejectedExecutionException("full");
                })
                .subscribe(refused);
        assertInstanceOf(RejectedExecutionException.class, refused.error);
        assertEquals(1, unused.closed);
    }

    @Test
    void signalsComeOneAfterTheOtherFromAnyThreads() throws InterruptedException {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger inside = new AtomicInteger();
        List<Long> firsts = new ArrayList<>();
        Flow.Subscriber<Rows> subscriber = new Flow.Subscriber<>() {
            private Flow.Subscription subscription;

            @Override
            public void onSubscribe(Flow.Subscription given) {
                inside.incrementAndGet();
                subscription = given;
                for (int i = 0; i < 3; i++) {
                    pool.execute(() -> given.request(1));
                }
                inside.decrementAndGet();
            }

            @Override
            public void onNext(Rows rows) {
                if (inside.incrementAndGet() != 1) {
                    firsts.add(-1L);
                }
                firsts.add(rows.first());
                inside.decrementAndGet();
                pool.execute(() -> subscription.request(1));
            }

            @Override
            public void onError(Throwable e) {
                firsts.add(-2L);
                end.countDown();
            }

            @Override
            public void onComplete() {
                end.countDown();
            }
        };
        stream(new Counted(500, -1), true).publisher(pool).subscribe(subscriber);
        assertTrue(end.await(20, TimeUnit.SECONDS));
        pool.shutdown();
        assertEquals(500, firsts.size());
        for (int i = 0; i < 500; i++) {
            assertEquals(2L * i, firsts.get(i));
        }
    }
}
