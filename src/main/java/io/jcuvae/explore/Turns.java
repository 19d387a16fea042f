package io.jcuvae.explore;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Work for the one thread that uses the model, in the order in which it came. Of the same view only the newest waits: who moves
 * a slider wants the picture of where it is, not of where it was.
 */
final class Turns {
    private static final long LOOK_UP_MILLISECONDS = 100;

    private final int most;
    private final ArrayDeque<Turn> waiting = new ArrayDeque<>();
    private boolean closed;

    /**
     * Some work.
     *
     * @param view what shows its result; null for work that nothing replaces
     * @param work done in its turn
     * @param dropped done instead where something newer came before that, or the server ends
     */
    private record Turn(String view, Runnable work, Runnable dropped) {}

    Turns(int most) {
        this.most = most;
    }

    /**
     * Takes in work.
     *
     * @return false where there is no room, or no more work is done
     */
    boolean offer(String view, Runnable work, Runnable dropped) {
        List<Turn> older = new ArrayList<>();
        synchronized (this) {
            if (view != null) {
                for (Iterator<Turn> turns = waiting.iterator(); turns.hasNext(); ) {
                    Turn turn = turns.next();
                    if (view.equals(turn.view())) {
                        older.add(turn);
                        turns.remove();
                    }
                }
            }
            if (closed || waiting.size() >= most) {
                return false;
            }
            waiting.add(new Turn(view, work, dropped));
            notifyAll();
        }
        older.forEach(turn -> turn.dropped().run());
        return true;
    }

    private synchronized Turn next() throws InterruptedException {
        if (waiting.isEmpty()) {
            TimeUnit.MILLISECONDS.timedWait(this, LOOK_UP_MILLISECONDS);
        }
        return waiting.poll();
    }

    /**
     * Does what comes.
     *
     * @param until asked between turns, and ten times a second
     */
    void work(BooleanSupplier until) {
        try {
            while (!until.getAsBoolean()) {
                Turn turn = next();
                if (turn != null) {
                    turn.work().run();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Drops what waits and takes no more. */
    void close() {
        List<Turn> left;
        synchronized (this) {
            closed = true;
            left = new ArrayList<>(waiting);
            waiting.clear();
        }
        left.forEach(turn -> turn.dropped().run());
    }
}
