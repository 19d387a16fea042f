package io.jcuvae.jobs;

import io.jcuvae.data.Disk;
import io.jcuvae.data.JobFiles;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Keeps the manifest of a job whose files others make. */
final class Gathering {
    private final JobPlan plan;
    private final List<JobPlan.Part> parts;
    private final JobLock lock;
    private final Disk disk;
    private final Progress progress;
    private JobManifest now;

    Gathering(JobPlan plan, JobLock lock, Disk disk, Progress progress) {
        this.plan = plan;
        this.parts = plan.parts();
        this.lock = lock;
        this.disk = disk;
        this.progress = progress;
    }

    /** Has all made that is not finished. */
    JobManifest run(JobManifest before, PartMaker maker) {
        lock.keepOnly(List.of());
        now = before;
        List<Integer> open = new ArrayList<>();
        for (int k = 0; k < parts.size(); k++) {
            if (!before.files().get(k).finished()) {
                now = now.with(k, JobManifest.Entry.of(parts.get(k)));
                open.add(k);
            }
        }
        // A name of this run alone: who still writes for an earlier one finds no folder to write to.
        Path folder = plan.workshop().resolve("run-" + UUID.randomUUID());
        JobFiles.folder(folder);
        progress.at(now.rowsDone(), plan.rows());
        maker.make(List.copyOf(open), folder, this::arrived);
        if (!now.finished()) {
            throw new IllegalStateException("the maker returned before all files were made");
        }
        return now;
    }

    private void arrived(int number, JobManifest.Entry made, Path aside) {
        if (now.files().get(number).finished()) {
            return;
        }
        JobPlan.Part part = parts.get(number);
        Path target = plan.home().resolve(part.file());
        if (!made.file().equals(part.file())
                || made.first() != part.first()
                || made.rows() != part.rows()
                || !made.finished()) {
            throw new IllegalArgumentException("part " + number + " is " + part + ", and was made as " + made);
        }
        requireWhole(made, aside, target);
        lock.requireHeld();
        PartWriter.settle(plan, aside, target, disk);
        now = now.with(number, made);
        now.write(plan.manifest(), disk);
        progress.at(now.rowsDone(), plan.rows());
    }

    /** Whether this process sees what the other wrote; whether the bytes are right, {@link JobCheck} tells. */
    private void requireWhole(JobManifest.Entry made, Path aside, Path target) {
        try {
            long bytes = plan.folder() ? JobFiles.folderSums(aside).bytes() : Files.size(aside);
            if (bytes == made.bytes()) {
                return;
            }
            throw new UserError(target + ": was made with " + made.bytes() + " bytes elsewhere, and here it has "
                    + bytes + "; " + plan.home() + " must be on a file system that all share");
        } catch (IOException e) {
            throw new UserError(
                    target + ": was made elsewhere, and cannot be seen here; " + plan.home()
                            + " must be on a file system that all share",
                    e);
        }
    }
}
