package io.jcuvae.report;

import io.jcuvae.cpu.CpuBackend;
import io.jcuvae.data.Dataset;
import io.jcuvae.jobs.Inspection;
import io.jcuvae.jobs.PickedRows;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.RunFolder;
import io.jcuvae.train.Setting;
import io.jcuvae.train.SmallRuns;
import io.jcuvae.train.TrainConfig;
import io.jcuvae.train.Trainer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Runs whose names try to be markup, and their pages. */
final class ReportFixture {
    static final String HOSTILE = "<script>window.touched = 1</script><img src=x onerror='window.touched=1'>\"&";

    final Backend backend = new CpuBackend(1);
    private final Path folder;
    private final Dataset held = SmallRuns.blobs(50, 2);

    ReportFixture(Path folder) {
        this.folder = folder;
    }

    /** A run of two epochs on data with such a name. */
    Trainer train(String name, TrainConfig config) {
        return SmallRuns.train(
                config.with(Setting.DATA, "blobs-" + HOSTILE), SmallRuns.blobs(64, 1), held, backend, path(name));
    }

    Path path(String name) {
        return folder.resolve(name);
    }

    /** The report of a run. */
    RunReport report(String name, Trainer trainer, LongSupplier clock) {
        RunFolder run = new RunFolder(path(name));
        PickedRows rows = PickedRows.of(trainer.model(), held, RunReport.rows(held.width()));
        long parameters = trainer.model().spec().layout().count();
        RunReport.Facts facts = new RunReport.Facts("scripts/vae", "a network " + HOSTILE, parameters);
        return new RunReport(run, run.report(), facts, () -> new Inspection(trainer.model(), backend), rows, clock);
    }

    /** The page of a finished run. */
    Path finished() {
        String name = "done " + HOSTILE.replace("/", "");
        Trainer trainer = train(name, SmallRuns.config(2));
        report(name, trainer, System::nanoTime).end(RunReport.State.FINISHED, "");
        return new RunFolder(path(name)).report();
    }

    /** The page of a run that failed, with a long message. */
    Path failed() {
        Trainer trainer = train("failed", SmallRuns.config(1).with(Setting.LATENT, "40"));
        RunReport report = report("failed", trainer, System::nanoTime);
        report.epoch(1);
        report.end(RunReport.State.FAILED, "x".repeat(300) + HOSTILE);
        return new RunFolder(path("failed")).report();
    }

    /** Three runs side by side, one of them without KL. */
    Path compared() {
        List<String> names =
                List.of("one " + HOSTILE.replace("/", ""), "two-with-a-name-that-goes-on-and-on-and-on-and-on", "ae");
        List<TrainConfig> configs = List.of(
                SmallRuns.config(2),
                SmallRuns.config(1).with(Setting.LATENT, "5").with(Setting.BETA, "2"),
                SmallRuns.config(1).with(Setting.POSTERIOR, "none"));
        List<Comparison.Side> sides = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            Trainer trainer = train(names.get(i), configs.get(i));
            RunCurves read = RunCurves.read(path(names.get(i)));
            sides.add(Comparison.Side.of(
                    new RunFolder(path(names.get(i))),
                    new RunCurves(names.get(i), read.config(), read.metrics()),
                    trainer.model().spec().layout().count(),
                    new Inspection(trainer.model(), backend),
                    PickedRows.of(trainer.model(), held, Comparison.ROWS)));
        }
        Path page = folder.resolve("compare.html");
        Comparison.write(page, sides);
        return page;
    }
}
