package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.jobs.JobCheck;
import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.UserError;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.Option;

/** Checks the files of a job. */
final class VerifyCommand implements Command {
    private static final int SHOWN = 20;

    @Override
    public String summary() {
        return "compares the files of a job with its manifest, byte for byte";
    }

    @Override
    public String operands() {
        return "MANIFEST";
    }

    @Override
    public List<Option> options() {
        return List.of(CommonOptions.quiet(), CommonOptions.json());
    }

    @Override
    public String example() {
        return "verify samples.npy.manifest.json";
    }

    @Override
    public int run(Arguments arguments, Output output) {
        if (arguments.operands().size() != 1) {
            throw new UserError("verify: takes one manifest, got "
                    + arguments.operands().size() + " names; as in verify samples.npy.manifest.json");
        }
        String name = arguments.operands().get(0);
        JobCheck.Report report;
        try (JobProgress progress = new JobProgress(output, "verifying")) {
            report = JobCheck.run(Path.of(name), progress);
        }
        report.faults().stream().limit(SHOWN).forEach(output::line);
        if (report.faults().size() > SHOWN) {
            output.line("and " + (report.faults().size() - SHOWN) + " more");
        }
        output.json(json(name, report));
        if (!report.faults().isEmpty()) {
            throw new Failure(name + ": " + report.faults().size()
                    + (report.faults().size() == 1 ? " fault" : " faults") + " in " + report.files()
                    + (report.files() == 1 ? " file" : " files") + "; make them again, or take them from a copy");
        }
        if (!report.finished()) {
            throw new Failure(name + ": the job is not finished, " + report.rowsDone() + " of " + report.rows()
                    + " rows are on disk; run it again with --resume");
        }
        output.line("right: " + report.files() + (report.files() == 1 ? " file, " : " files, ")
                + Figures.count(report.rows()) + " rows, " + Figures.count(report.bytes()) + " bytes");
        return 0;
    }

    private static JsonObject json(String name, JobCheck.Report report) {
        JsonObject json = new JsonObject();
        json.addProperty("manifest", name);
        json.addProperty("right", report.right());
        json.addProperty("finished", report.finished());
        json.addProperty("rows", report.rows());
        json.addProperty("rows_done", report.rowsDone());
        json.addProperty("files", report.files());
        json.addProperty("bytes", report.bytes());
        JsonArray faults = new JsonArray();
        report.faults().forEach(faults::add);
        json.add("faults", faults);
        return json;
    }
}
