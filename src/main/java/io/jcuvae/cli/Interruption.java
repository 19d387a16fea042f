package io.jcuvae.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Makes Ctrl-C and SIGTERM a request instead of the end: while one is open, the process waits for the work to notice, save
 * and {@link #close}, and only then exits, with 130 or 143 as usual.
 */
final class Interruption implements AutoCloseable {
    /** Longer than any step; whoever sent the signal may lose patience and kill. */
    private static final long PATIENCE_SECONDS = 30;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::await, "jcuvae-stop");
    private volatile boolean asked;

    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void await() {
        asked = true;
        try {
            if (!finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                System.err.println("error: the step under way did not end within " + PATIENCE_SECONDS
                        + " seconds; the last checkpoint stands");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether the process is to stop. */
    boolean asked() {
        return asked;
    }

    /** Lets the process exit. */
    @Override
    public void close() {
        finished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It is exiting already.
        }
    }
}
