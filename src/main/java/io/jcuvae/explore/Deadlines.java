package io.jcuvae.explore;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Closes connections on which no request has come to its end for some time. An idle time-out, which every byte sets back, lets
 * clients stay that send or take a byte now and then; this does not.
 */
final class Deadlines implements Connection.Listener {
    private final long nanoseconds;
    private final Map<Connection, Long> since = new ConcurrentHashMap<>();

    Deadlines(int seconds) {
        nanoseconds = TimeUnit.SECONDS.toNanos(seconds);
    }

    @Override
    public void onOpened(Connection connection) {
        since.put(connection, System.nanoTime());
    }

    @Override
    public void onClosed(Connection connection) {
        since.remove(connection);
    }

    /** Called when a request has been answered. */
    void answered(Connection connection) {
        since.replace(connection, System.nanoTime());
    }

    /** Open connections. */
    int count() {
        return since.size();
    }

    /** Looks every quarter of a second, as long as the scheduler runs. */
    void watch(Scheduler scheduler) {
        if (!scheduler.isRunning()) {
            return;
        }
        long now = System.nanoTime();
        since.forEach((connection, start) -> {
            if (now - start > nanoseconds) {
                since.remove(connection);
                connection.getEndPoint().close(new TimeoutException("no request came to its end"));
            }
        });
        scheduler.schedule(() -> watch(scheduler), 250, TimeUnit.MILLISECONDS);
    }
}
