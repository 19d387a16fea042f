package io.jcuvae.cli;

import io.jcuvae.data.Dataset;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.report.Drawing;
import io.jcuvae.report.RunReport;
import io.jcuvae.report.RunReport.State;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.NearestWord;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.EpochMetrics;
import io.jcuvae.train.Model;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.commons.cli.Option;

/** Keeps a run's report.html up to date while it is trained; what goes wrong with it costs the report, not the run. */
final class LiveReport implements Trainer.Listener {
    /** When a report is written. */
    private enum When {
        LIVE,
        END,
        OFF
    }

    private final Trainer.Listener next;
    private final When when;
    private RunReport report;
    private Path file;

    private LiveReport(Trainer.Listener next, When when) {
        this.next = next;
        this.when = when;
    }

    /** The option. */
    static Option option() {
        return CommonOptions.value(
                "report",
                "WHEN",
                "when to write the folder's report.html: live (after epochs, never more than a few hundredths of the"
                        + " time), end or off (default live)");
    }

    /**
     * As the option says.
     *
     * @param next told whatever this is told
     */
    static LiveReport of(Arguments arguments, Trainer.Listener next) {
        return new LiveReport(next, when(arguments));
    }

    /** Refuses a wrong value. */
    static void check(Arguments arguments) {
        when(arguments);
    }

    /** The option's values. */
    static List<String> words() {
        return CommonOptions.names(When.values());
    }

    private static When when(Arguments arguments) {
        String text = arguments.text("report").orElse("live");
        List<String> known = words();
        if (!known.contains(text)) {
            throw new UserError(
                    "--report: must be live, end or off, got '" + text + "'" + NearestWord.hint(text, known));
        }
        return When.values()[known.indexOf(text)];
    }

    /** Begins, with the run as it stands. */
    void begin(Trainer trainer, Backend backend, RunFolder folder, Dataset test) {
        if (when == When.OFF) {
            return;
        }
        Model model = trainer.model();
        PickedRows rows = PickedRows.of(model, test, RunReport.rows(test.width()));
        file = folder.report();
        report = new RunReport(
                folder, file, ModelText.facts(model), () -> new Inspection(model, backend), rows, System::nanoTime);
        if (when == When.LIVE) {
            attempt(RunReport::begin);
        }
    }

    private void attempt(Consumer<RunReport> work) {
        if (report != null) {
            Optional<String> failure = Drawing.attempt(file, path -> work.accept(report));
            if (failure.isPresent()) {
                report = null;
                warning(failure.get());
            }
        }
    }

    /** Writes the last page; of a run that failed as far as the device still answers. */
    void end(State state, String message) {
        try {
            attempt(report -> report.end(state, message));
        } catch (Failure e) {
            if (state != State.FAILED) {
                throw e;
            }
        }
    }

    @Override
    public void progress(Trainer.Progress progress) {
        next.progress(progress);
    }

    @Override
    public void epoch(EpochMetrics metrics) {
        next.epoch(metrics);
        if (when == When.LIVE) {
            attempt(report -> report.epoch(metrics.epoch()));
        }
    }

    @Override
    public void warning(String message) {
        next.warning(message);
    }

    @Override
    public void note(String message) {
        next.note(message);
    }
}
