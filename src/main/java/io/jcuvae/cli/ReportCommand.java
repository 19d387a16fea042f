package io.jcuvae.cli;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.report.Comparison;
import io.jcuvae.report.RunCurves;
import io.jcuvae.report.RunReport;
import io.jcuvae.report.RunReport.State;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.train.RunFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Option;

/** Writes the report of a run again, or a page with several runs side by side. */
final class ReportCommand implements Command {
    @Override
    public String summary() {
        return "writes a run's report.html again, or a page with runs side by side";
    }

    @Override
    public String operands() {
        return "RUN [RUN ...]";
    }

    @Override
    public List<Option> options() {
        return List.of(
                CommonOptions.value(
                        "out", "FILE", "the .html file to write (default report.html in the folder of a single RUN)"),
                CommonOptions.value(
                        "data", "SRC", "where the held-out samples are (default what each model was trained on)"),
                CommonOptions.skipBad(),
                CommonOptions.device(),
                CommonOptions.precision(),
                CommonOptions.threads(),
                CommonOptions.quiet(),
                CommonOptions.json());
    }

    @Override
    public String example() {
        return "report runs/a runs/b --out compare.html";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        List<String> words = arguments.operands();
        if (words.isEmpty()) {
            throw new UserError("report: name the folder of a run, or of several to compare, as in " + Main.PROGRAM
                    + " report runs/a runs/b --out compare.html");
        }
        List<Path> paths = RunFolders.paths(words);
        List<RunCurves> runs = RunFolders.read(words);
        if (paths.size() > 1) {
            arguments.required("out");
        }
        Path out = arguments.path("out").orElseGet(() -> new RunFolder(paths.get(0)).report());
        if (!out.toString().toLowerCase(Locale.ROOT).matches(".*\\.html?")) {
            throw new UserError("--out: " + out + " is no page; end it in .html");
        }
        // Before a device is opened: a folder without a model is told first.
        paths.forEach(Model::file);
        try (Device device = Device.open(arguments)) {
            if (paths.size() == 1) {
                single(paths.get(0), out, runs.get(0), device.backend(), arguments, output);
            } else {
                List<Comparison.Side> sides = new ArrayList<>();
                for (int i = 0; i < paths.size(); i++) {
                    sides.add(side(paths.get(i), runs.get(i), device.backend(), arguments, output));
                }
                Comparison.write(out, sides);
            }
            device.tellPerson(output);
        }
        output.line("wrote " + out);
        JsonObject json = new JsonObject();
        json.addProperty("file", out.toString());
        json.addProperty("runs", paths.size());
        output.json(json);
        return 0;
    }

    private static void single(
            Path path, Path out, RunCurves run, Backend backend, Arguments arguments, Output output) {
        Model model = Model.load(path, backend);
        PickedRows rows = rows(model, RunReport.rows(model.data().shape().width()), arguments, output);
        RunReport report = new RunReport(
                new RunFolder(path),
                out,
                ModelText.facts(model),
                rows == null ? null : () -> new Inspection(model, backend),
                rows,
                System::nanoTime);
        int last = run.metrics().size();
        boolean done = last >= run.config().epochs();
        report.end(
                done ? State.FINISHED : State.STOPPED,
                done ? "" : last + " of " + run.config().epochs() + " epochs were done when this page was written");
    }

    private static Comparison.Side side(Path path, RunCurves run, Backend backend, Arguments arguments, Output output) {
        Model model = Model.load(path, backend);
        PickedRows rows = rows(model, Comparison.ROWS, arguments, output);
        return Comparison.Side.of(
                new RunFolder(path), run, model.spec().layout().count(), new Inspection(model, backend), rows);
    }

    /** Held-out rows; null, and a warning, where there are none any more. */
    private static PickedRows rows(Model model, int limit, Arguments arguments, Output output) {
        try {
            DataSource source = ModelJob.source(arguments, output, model);
            PickedRows rows = PickedRows.read(model, source, null, limit);
            ModelJob.warn(source, output);
            return rows;
        } catch (UserError e) {
            output.warn(e.getMessage() + "; the page shows nothing of the data");
            return null;
        }
    }
}
