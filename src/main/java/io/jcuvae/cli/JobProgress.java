package io.jcuvae.cli;

import io.jcuvae.data.PictureOptions;
import io.jcuvae.jobs.Progress;
import java.io.PrintStream;
import java.util.Locale;

/** Shows on a terminal how far a job is, once it has taken two seconds. */
final class JobProgress implements Progress, PictureOptions.Progress {
    private static final double SECONDS_BEFORE_SHOWN = 2;
    private static final int BAR = 30;

    private final String doing;
    private final int unit;
    private final String rate;
    private final PrintStream live;
    private long start;
    private long doneBefore = -1;
    private LiveLine line;

    JobProgress(Output output, String doing) {
        this(output, doing, 1, "samples/s");
    }

    /**
     * Shows how fast something else goes.
     *
     * @param unit how many of what is counted make one of what is shown
     * @param rate what is shown of a second
     */
    JobProgress(Output output, String doing, int unit, String rate) {
        this.doing = doing;
        this.unit = unit;
        this.rate = rate;
        this.live = output.live();
    }

    @Override
    public void at(long done, long total) {
        if (doneBefore < 0) {
            // What comes before the first call is another job: loading the model, decoding pictures.
            start = System.nanoTime();
            doneBefore = done;
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        if (live == null || seconds < SECONDS_BEFORE_SHOWN) {
            return;
        }
        if (line == null) {
            line = new LiveLine(live, total, (state, length) -> state.getExtraMessage());
        }
        line.at(done, text(done, total, (done - doneBefore) / seconds));
    }

    private String text(long count, long total, double aSecond) {
        String speed = Figures.count(Math.round(aSecond / unit)) + " " + rate;
        if (total < 0) {
            return String.format(Locale.ROOT, "%s  %s  %s", doing, Figures.count(count), speed);
        }
        double share = (double) count / total;
        String left = Figures.time((total - count) / aSecond);
        return String.format(
                Locale.ROOT, "%s %s %3.0f%%  %s  %s left", doing, Figures.bar(share, BAR), 100 * share, speed, left);
    }

    /** Takes the line away. */
    @Override
    public void close() {
        if (line != null) {
            line.close();
            line = null;
        }
    }
}
