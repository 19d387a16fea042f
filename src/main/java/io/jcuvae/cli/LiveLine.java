package io.jcuvae.cli;

import java.io.PrintStream;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarRenderer;

/** A line on the terminal that changes in place, a few times per second. */
final class LiveLine implements AutoCloseable {
    private static final int MILLISECONDS = 200;
    private static final String ERASE = "\r\033[K";

    private final PrintStream to;
    private final ProgressBar bar;
    private boolean closed;

    /**
     * Shows the line.
     *
     * @param to a terminal
     * @param total of the count that goes up, -1 where it is not known
     * @param renderer makes the line's text
     */
    LiveLine(PrintStream to, long total, ProgressBarRenderer renderer) {
        this.to = to;
        // A character is left free: a full line would wrap on some terminals.
        int width = Terminal.width() - 1;
        bar = new ProgressBarBuilder()
                .setInitialMax(total)
                .setUpdateIntervalMillis(MILLISECONDS)
                .setRenderer((state, length) -> fit(renderer.render(state, length), length))
                .setConsumer(new DelegatingProgressBarConsumer(this::show, width))
                .build();
    }

    private static String fit(String text, int length) {
        return text.length() <= length ? text : text.substring(0, length);
    }

    private synchronized void show(String text) {
        if (!closed) {
            to.print(ERASE + text);
            to.flush();
        }
    }

    /** Moves the count and changes what the renderer finds as the extra message. */
    void at(long done, String message) {
        bar.setExtraMessage(message);
        bar.stepTo(done);
    }

    /** Takes the line away. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            to.print(ERASE);
            to.flush();
        }
        bar.close();
    }
}
