package io.jcuvae.report;

import com.google.gson.JsonObject;
import io.jcuvae.data.AtomicFile;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.train.RunFolder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The report of a run, {@code report.html} in its folder, written again as training goes on. So that it costs training next to
 * nothing, a page is written after an epoch only where writing has taken less than a hundredth of the time since the last, and
 * its pictures are made anew only where that has taken less than a fiftieth; the first two times come at once.
 */
public final class RunReport {
    /** Seconds after which an open page looks for a newer one. */
    private static final int REFRESH = 5;

    private static final int PAGE_SHARE = 100;
    private static final int PICTURES_SHARE = 50;

    /** How a run stands. */
    public enum State {
        /** Training goes on. */
        RUNNING,
        /** All was done, or it ended early by its configuration. */
        FINISHED,
        /** Stopped to be resumed. */
        STOPPED,
        /** Given up. */
        FAILED
    }

    /**
     * What a page is made of beside the files of the folder.
     *
     * @param program how the program is called in advice
     * @param network in a few words, as in {@code 784-400-200-20}
     * @param parameters their number
     */
    public record Facts(String program, String network, long parameters) {}

    private final RunFolder folder;
    private final Path file;
    private final Facts facts;
    private final Supplier<Inspection> binding;
    private final PickedRows rows;
    private Inspection inspection;
    private String pictures = "";
    private int picturesEpoch;
    private final Pace pages;
    private final Pace looks;

    /**
     * A report that is not written yet.
     *
     * @param file where it goes
     * @param binding binds the model when it is first looked at; null where there is none
     * @param rows held-out rows, at most {@link #rows}
     * @param clock nanoseconds
     */
    public RunReport(
            RunFolder folder,
            Path file,
            Facts facts,
            Supplier<Inspection> binding,
            PickedRows rows,
            LongSupplier clock) {
        this.folder = folder;
        this.file = file;
        this.facts = facts;
        this.binding = binding;
        this.rows = rows;
        pages = new Pace(PAGE_SHARE, clock);
        looks = new Pace(PICTURES_SHARE, clock);
    }

    /**
     * The most rows that it looks at.
     *
     * @param width values of a row
     */
    public static int rows(int width) {
        return Math.max(ModelSections.COLUMNS, Math.min(ModelSections.ROWS, ModelSections.VALUES / width));
    }

    /** Writes the page after an epoch if that is due. */
    public void epoch(int epoch) {
        if (looks.due()) {
            look(epoch, false);
        }
        if (pages.due()) {
            write(State.RUNNING, "");
        }
    }

    /**
     * Writes the last page, with the model as it is.
     *
     * @param message what is to be told of how it ended
     */
    public void end(State state, String message) {
        List<JsonObject> metrics = folder.readMetrics(Integer.MAX_VALUE);
        int epoch = metrics.isEmpty()
                ? 0
                : metrics.get(metrics.size() - 1).get("epoch").getAsInt();
        // Who stops a run does not want to wait, and a model that was given up on shows nothing: what there is stays.
        if (state == State.FINISHED || state == State.STOPPED && pictures.isEmpty()) {
            look(epoch, true);
        }
        write(state, message);
    }

    /** Writes a page without looking at the model. */
    public void begin() {
        write(State.RUNNING, "");
    }

    private void look(int epoch, boolean last) {
        if (binding == null) {
            return;
        }
        looks.measure(() -> {
            if (inspection == null) {
                inspection = binding.get();
            }
            pictures = ModelSections.of(inspection, rows, last);
            picturesEpoch = epoch;
        });
    }

    private void write(State state, String message) {
        pages.measure(() -> {
            RunPage page = new RunPage(folder, facts, state, message, pictures, picturesEpoch, cost());
            String html = page.html(state == State.RUNNING ? REFRESH : 0);
            AtomicFile.write(file, out -> out.write(html.getBytes(StandardCharsets.UTF_8)));
        });
    }

    private String cost() {
        return String.format(
                Locale.ROOT,
                "%.1f s for making pictures %s and writing this page %s",
                (looks.total() + pages.total()) / 1e9,
                times(looks.count()),
                times(pages.count()));
    }

    private static String times(int count) {
        return count == 1 ? "once" : count + " times";
    }

    /** Says when something may be done again that must not take more than a share of the time. */
    static final class Pace {
        /** So often without asking: the first time is slow, as all is loaded, and says little of the next. */
        private static final int FREE = 2;

        private final int share;
        private final LongSupplier clock;
        private long ended;
        private long cost;
        private long total;
        private int count;

        /**
         * A pace.
         *
         * @param share the part of the time is one over this
         */
        Pace(int share, LongSupplier clock) {
            this.share = share;
            this.clock = clock;
        }

        boolean due() {
            return count < FREE || clock.getAsLong() - ended >= share * cost;
        }

        void measure(Runnable work) {
            long began = clock.getAsLong();
            work.run();
            ended = clock.getAsLong();
            cost = ended - began;
            total += cost;
            count++;
        }

        long total() {
            return total;
        }

        int count() {
            return count;
        }
    }
}
