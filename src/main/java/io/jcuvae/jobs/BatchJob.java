package io.jcuvae.jobs;

import io.jcuvae.data.Disk;
import io.jcuvae.data.JobFiles;
import io.jcuvae.tensor.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Files of rows with a manifest beside them that never claims more than is on disk. Rows go to files aside, block by block;
 * a block is forced to disk before the manifest names it, a file is complete before it gets its name, and has its name
 * before the manifest calls it finished. So whatever stops a job, and whenever, another one goes on after the last block and
 * ends with the same bytes, in the files and in the manifest.
 */
public final class BatchJob {
    private BatchJob() {}

    /**
     * What came of it.
     *
     * @param rows in all files
     * @param found of them, those that were there already
     * @param files in the order of the rows
     * @param manifest beside them
     * @param warnings of whoever made files elsewhere
     */
    public record Result(long rows, long found, List<Path> files, Path manifest, List<String> warnings) {
        /** Keeps the lists. */
        public Result {
            files = List.copyOf(files);
            warnings = List.copyOf(warnings);
        }

        /** A result without warnings. */
        public Result(long rows, long found, List<Path> files, Path manifest) {
            this(rows, found, files, manifest, List.of());
        }

        /** The same with these warnings. */
        public Result with(List<String> told) {
            return new Result(rows, found, files, manifest, told);
        }
    }

    /** What is left to do once the folder is this job's and its manifest is there. */
    private interface Work {
        JobManifest run(JobManifest before, JobLock lock);
    }

    /**
     * Runs a job, or goes on with one.
     *
     * @param resume whether to go on with what an equal job left; without that, no manifest may be there
     * @param progress told how many rows are made, those that were there among them
     * @throws UserError when there is a manifest of another job, when another process is at work on this one, or when files
     *     cannot be written: what is complete then stays
     */
    public static Result run(RowJob job, JobPlan plan, boolean resume, Disk disk, Progress progress) {
        return run(plan, resume, disk, (before, lock) -> work(job, plan, before, lock, disk, progress));
    }

    /**
     * The same with files that others make, in any order and at any places that this process sees: lock, plan and manifest
     * are its own, so that the job ends with the bytes that it has in one process. What one process left of a file that was
     * not finished is made again.
     *
     * @param maker makes the files
     * @param progress told how many rows have arrived
     * @throws UserError as {@link #run}, and what the maker throws
     */
    public static Result gather(JobPlan plan, boolean resume, Disk disk, PartMaker maker, Progress progress) {
        return run(plan, resume, disk, (before, lock) -> new Gathering(plan, lock, disk, progress).run(before, maker));
    }

    private static Result run(JobPlan plan, boolean resume, Disk disk, Work work) {
        JobFiles.folder(plan.home());
        try (JobLock lock = JobLock.take(plan.workshop())) {
            JobManifest manifest;
            try {
                manifest = begin(plan, resume, disk);
            } catch (UserError e) {
                // Nothing was begun, so nothing stays but what others left.
                if (!Files.exists(plan.manifest()) || isFinished(plan.manifest())) {
                    lock.remove();
                }
                throw e;
            }
            long found = manifest.rowsDone();
            if (!manifest.finished()) {
                try {
                    manifest = work.run(manifest, lock);
                } catch (UserError e) {
                    throw new UserError(e.getMessage() + "; what was complete stays: --resume goes on from there", e);
                }
            }
            lock.remove();
            List<Path> files = manifest.files().stream()
                    .map(entry -> plan.out().resolveSibling(entry.file()))
                    .toList();
            return new Result(
                    manifest.rows(),
                    found,
                    files,
                    plan.out().resolveSibling(plan.manifest().getFileName()));
        }
    }

    private static boolean isFinished(Path manifest) {
        try {
            return JobManifest.read(manifest).finished();
        } catch (UserError e) {
            return false;
        }
    }

    private static JobManifest begin(JobPlan plan, boolean resume, Disk disk) {
        Path file = plan.manifest();
        if (!Files.exists(file)) {
            if (plan.folder()) {
                plan.parts().forEach(part -> requireNew(plan.home().resolve(part.file())));
            }
            JobManifest manifest = JobManifest.of(plan);
            manifest.write(file, disk);
            return manifest;
        }
        JobManifest manifest = JobManifest.read(file);
        if (!resume) {
            String state = manifest.finished()
                    ? "is of a finished job; name another --out, or delete it first"
                    : "is of a job that is not finished (" + manifest.rowsDone() + " of " + manifest.rows()
                            + " rows); go on with --resume, or delete it to begin anew";
            throw new UserError(file + ": " + state);
        }
        String difference = manifest.difference(plan);
        if (!difference.isEmpty()) {
            throw new UserError(file + ": is of another job: " + difference
                    + "; resume with the options it began with, or name another --out");
        }
        return requireThere(plan, manifest);
    }

    private static void requireNew(Path folder) {
        if (Files.exists(folder)) {
            throw new UserError(folder + ": is there already; name a folder that is new");
        }
    }

    /** What the manifest calls finished; a file that has gone since is to be made again. */
    private static JobManifest requireThere(JobPlan plan, JobManifest manifest) {
        JobManifest there = manifest;
        for (int k = 0; k < there.files().size(); k++) {
            JobManifest.Entry entry = there.files().get(k);
            if (entry.finished() && !Files.exists(plan.home().resolve(entry.file()))) {
                there = there.with(k, JobManifest.Entry.of(plan.parts().get(k)));
            }
        }
        return there;
    }

    private static JobManifest work(
            RowJob job, JobPlan plan, JobManifest before, JobLock lock, Disk disk, Progress progress) {
        lock.keepOnly(before.files().stream()
                .filter(entry -> !entry.finished() && !entry.blocks().isEmpty())
                .map(entry -> PartWriter.aside(plan, entry.file()))
                .toList());
        PartWriter writer = new PartWriter(plan, job, disk);
        JobManifest[] now = {before};
        List<JobPlan.Part> parts = new ArrayList<>(plan.parts());
        for (int k = 0; k < parts.size(); k++) {
            if (before.files().get(k).finished()) {
                continue;
            }
            int number = k;
            JobManifest.Entry begun = before.files().get(k);
            long elsewhere = now[0].with(k, begun.with(List.of())).rowsDone();
            writer.write(
                    parts.get(k),
                    begun,
                    entry -> {
                        lock.requireHeld();
                        now[0] = now[0].with(number, entry);
                        now[0].write(plan.manifest(), disk);
                    },
                    made -> progress.at(elsewhere + made, plan.rows()));
        }
        return now[0];
    }
}
