package io.jcuvae.api;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A stream pushed to one subscriber, as fast as that requests. */
final class RowPublisher implements Flow.Publisher<Rows> {
    private final RowStream rows;
    private final Executor executor;
    private final AtomicBoolean taken = new AtomicBoolean();

    RowPublisher(RowStream rows, Executor executor) {
        this.rows = rows;
        this.executor = Objects.requireNonNull(executor);
    }

    @Override
    public void subscribe(Flow.Subscriber<? super Rows> subscriber) {
        Objects.requireNonNull(subscriber);
        if (taken.compareAndSet(false, true)) {
            // With the first of its tasks, so that no signal overlaps this one.
            new Sending(subscriber).work();
            return;
        }
        subscriber.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long n) {
                // There is nothing to send.
            }

            @Override
            public void cancel() {
                // There is nothing to stop.
            }
        });
        subscriber.onError(new IllegalStateException("the stream has a subscriber; it is read once"));
    }

    /** What is under way to the subscriber. The stream is touched by the one task that runs, and by nobody else. */
    private final class Sending implements Flow.Subscription, Runnable {
        private final Flow.Subscriber<? super Rows> subscriber;
        private final AtomicLong requested = new AtomicLong();
        /** Signals that came while a task was running; more than zero means that there is one. */
        private final AtomicInteger signals = new AtomicInteger();

        private volatile boolean cancelled;
        private volatile RuntimeException refused;
        private boolean begun;
        private boolean over;

        Sending(Flow.Subscriber<? super Rows> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                refused = new IllegalArgumentException("request(" + n + "): at least 1 is to be requested");
            } else {
                requested.accumulateAndGet(n, (a, b) -> a + b < 0 ? Long.MAX_VALUE : a + b);
            }
            work();
        }

        @Override
        public void cancel() {
            cancelled = true;
            work();
        }

        private void work() {
            if (signals.getAndIncrement() > 0) {
                return;
            }
            try {
                executor.execute(this);
            } catch (RejectedExecutionException e) {
                refused = e;
                run();
            }
        }

        @Override
        public void run() {
            int seen = signals.get();
            do {
                send();
                seen = signals.addAndGet(-seen);
            } while (seen > 0);
        }

        private void send() {
            if (!begun) {
                begun = true;
                subscriber.onSubscribe(this);
            }
            while (!over) {
                if (cancelled) {
                    end(() -> {});
                } else if (refused != null) {
                    end(() -> subscriber.onError(refused));
                } else if (rows.exhausted()) {
                    end(subscriber::onComplete);
                } else if (requested.get() == 0) {
                    return;
                } else {
                    sendOne();
                }
            }
        }

        private void sendOne() {
            Rows next;
            try {
                next = rows.hasNext() ? rows.next() : null;
            } catch (RuntimeException | Error e) {
                end(() -> subscriber.onError(e));
                return;
            }
            if (next == null) {
                end(subscriber::onComplete);
                return;
            }
            requested.updateAndGet(n -> n == Long.MAX_VALUE ? n : n - 1);
            try {
                subscriber.onNext(next);
            } catch (RuntimeException | Error e) {
                // A subscriber must not throw; what it does is its own, and the stream does not stay open for it.
                end(() -> {});
                throw e;
            }
        }

        private void end(Runnable last) {
            over = true;
            rows.close();
            last.run();
        }
    }
}
