package io.jcuvae.api;

import io.jcuvae.device.OpenDevice;
import io.jcuvae.jobs.BatchModel;
import io.jcuvae.train.HostModel;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A model bound to so many devices of its own, each used for one batch at a time by whichever thread comes next. None
 * is held between batches, so a thread may have any number of streams, and closing waits for batches that are under
 * way and for nothing else.
 */
final class Seats implements AutoCloseable {
    /** Seeds and scores that a device keeps memory for, before it is opened anew. */
    private static final int MOST_KEPT = 1024;

    /** One device with the model on it. */
    private record Seat(OpenDevice device, BatchModel model) {
        static Seat open(HostModel host, Device device) {
            OpenDevice opened = device.open();
            try {
                return new Seat(opened, new BatchModel(host.on(opened.backend()), opened.backend(), device.batch()));
            } catch (RuntimeException | Error e) {
                opened.close();
                throw e;
            }
        }
    }

    private final HostModel host;
    private final Device device;
    private final String description;
    private final BatchModel one;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition returned = lock.newCondition();
    private final ArrayDeque<Seat> free = new ArrayDeque<>();
    private int open;
    private boolean closed;

    /** Opens the devices. */
    Seats(HostModel host, Device device) {
        this.host = host;
        this.device = device;
        try {
            for (int i = 0; i < device.copies(); i++) {
                free.add(Seat.open(host, device));
                open++;
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
        one = free.getFirst().model();
        description = free.getFirst().device().backend().description();
    }

    HostModel host() {
        return host;
    }

    /** What computes, in a line. */
    String description() {
        return description;
    }

    /** One of the models, for what is known of it and never changes. */
    BatchModel known() {
        return one;
    }

    /**
     * Does a batch of work.
     *
     * @param work calls nothing of the host's
     * @throws IllegalStateException when this has been closed
     */
    <T> T use(Function<BatchModel, T> work) {
        Seat seat = take();
        try {
            T made = work.apply(seat.model());
            if (seat.model().kept() > MOST_KEPT) {
                seat = renewed(seat);
            }
            return made;
        } finally {
            back(seat);
        }
    }

    private Seat take() {
        lock.lock();
        try {
            while (free.isEmpty() && !closed) {
                returned.awaitUninterruptibly();
            }
            if (closed) {
                throw new IllegalStateException("the model was closed");
            }
            return free.removeFirst();
        } finally {
            lock.unlock();
        }
    }

    private void back(Seat seat) {
        lock.lock();
        try {
            free.addLast(seat);
            returned.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** What was kept for one seed after the other is freed with the device. */
    private Seat renewed(Seat seat) {
        Seat fresh = Seat.open(host, device);
        seat.device().close();
        return fresh;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            returned.signalAll();
            while (free.size() < open) {
                returned.awaitUninterruptibly();
            }
            for (Seat seat : free) {
                seat.device().close();
            }
            free.clear();
            open = 0;
        } finally {
            lock.unlock();
        }
    }
}
