package io.jcuvae.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.JobFiles;
import io.jcuvae.data.RowWriters;
import io.jcuvae.jobs.BatchJob;
import io.jcuvae.jobs.JobPlan;
import io.jcuvae.jobs.JobRunner;
import io.jcuvae.jobs.Progress;
import io.jcuvae.jobs.RowJob;
import io.jcuvae.jobs.RowRange;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;

/** The options of commands that write rows of any number: which rows, to how many files, and what is kept of a stopped job. */
final class JobOptions {
    private static final String SHARDS = "shards";
    private static final String RESUME = "resume";
    private static final String MANIFEST = "manifest";
    private static final String BLOCK = "block";
    private static final String BYTES = "bytes";
    private static final String FIRST = "first";
    private static final String COUNT = "count";

    private JobOptions() {}

    /** What is left behind of a job. */
    record Written(long rows, List<Path> files, Path manifest) {
        /** For programs, as an object's members. */
        void addTo(JsonObject json) {
            if (manifest != null) {
                JsonArray names = new JsonArray();
                files.forEach(file -> names.add(file.toString()));
                json.add("files", names);
                json.addProperty("manifest", manifest.toString());
            }
        }

        /** What to call it in a line. */
        String name(Path out) {
            return files.size() < 2 ? out.toString() : files.size() + " files " + files.get(0) + " ...";
        }
    }

    /** Whether a command writes rows as jobs do. */
    static boolean has(Command command) {
        return command.options().stream().anyMatch(option -> option.getLongOpt().equals(SHARDS));
    }

    /** A command's options with these. */
    static List<Option> with(List<Option> options, boolean range) {
        List<Option> all = new ArrayList<>(options);
        int at = all.size();
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).getLongOpt().equals("device")) {
                at = i;
            }
        }
        List<Option> more = new ArrayList<>();
        if (range) {
            more.add(CommonOptions.value(FIRST, "I", "begin at row I, counted from 0 (default 0)"));
            more.add(CommonOptions.value(COUNT, "N", "how many rows from there (default all)"));
        }
        more.add(CommonOptions.value(
                SHARDS, "K", "divide the rows into K files, NAME-00000-of-0000K, each complete or not there"));
        more.add(CommonOptions.flag(
                RESUME,
                "go on with a stopped job of the same options after its last block; begin where there is none"));
        more.add(CommonOptions.flag(
                MANIFEST,
                "keep a manifest beside the files, OUT.manifest.json, which the command verify checks; --shards and"
                        + " --resume do"));
        more.add(CommonOptions.value(
                BLOCK, "N", "rows between two entries of the manifest (default about 32 MiB of them)"));
        all.addAll(at, more);
        return all;
    }

    /** Whether a .npy keeps bytes. */
    static Option bytes() {
        return CommonOptions.flag(BYTES, "of a .npy: uint8, 255 times the value, in place of float32");
    }

    /** How samples are kept. */
    static RowWriters.Form form(Arguments arguments) {
        boolean folder = isFolder(arguments);
        boolean bytes = arguments.has(BYTES);
        if (bytes && !arguments.required("out").endsWith(".npy")) {
            throw new UserError(
                    "--bytes: is about a .npy, and " + arguments.required("out") + " is none; leave it out");
        }
        return new RowWriters.Form(folder, bytes, 0, List.of());
    }

    private static boolean isFolder(Arguments arguments) {
        return arguments.required("out").endsWith("/");
    }

    /** The rows of the data that are asked for. */
    static RowRange range(Arguments arguments) {
        return new RowRange(
                CommonOptions.split(arguments),
                CommonOptions.limit(arguments),
                arguments.wholeNumber(FIRST, 0, Long.MAX_VALUE, 0),
                arguments.wholeNumber(COUNT, 1, Long.MAX_VALUE, 0));
    }

    /** Whether a manifest is to be kept. */
    static boolean isJob(Arguments arguments) {
        return arguments.runner() != JobRunner.HERE
                || Stream.of(SHARDS, RESUME, MANIFEST).anyMatch(arguments::has);
    }

    /** Refuses what is of no use without a manifest, and numbers that make no sense. */
    static void check(Arguments arguments) {
        arguments.integer(SHARDS, 1, 100_000, 1);
        if (arguments.wholeNumber(BLOCK, 1, Long.MAX_VALUE, 0) > 0 && !isJob(arguments)) {
            throw new UserError("--block: is about a job with a manifest; add --manifest, --shards or --resume");
        }
    }

    /** Writes the rows of a job, as one file or with a manifest. */
    static Written write(Arguments arguments, Output output, RowJob job, Progress progress) {
        Path out = arguments.requiredPath("out");
        if (!isJob(arguments)) {
            return new Written(job.write(out, progress), List.of(out), null);
        }
        JobPlan plan = JobPlan.of(
                job,
                JobFiles.sha256(Model.file(arguments.requiredPath("model"))),
                out,
                isFolder(arguments),
                arguments.integer(SHARDS, 1, 100_000, 1),
                arguments.wholeNumber(BLOCK, 1, Long.MAX_VALUE, 0));
        BatchJob.Result result = arguments.runner().run(job, plan, arguments.has(RESUME), progress);
        result.warnings().forEach(output::warn);
        if (result.found() > 0) {
            output.note("resumed: " + Figures.count(result.found()) + " of " + Figures.count(result.rows())
                    + " rows were there");
        }
        return new Written(result.rows(), result.files(), result.manifest());
    }
}
