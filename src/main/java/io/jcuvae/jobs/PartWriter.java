package io.jcuvae.jobs;

import io.jcuvae.data.BlockFile;
import io.jcuvae.data.Disk;
import io.jcuvae.data.JobFiles;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.tensor.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Writes one file of a job, from its start or from where another left it. It needs nothing of the plan's other files, so
 * that any number of them may be written at once, by whichever processes.
 */
public final class PartWriter {
    private final JobPlan plan;
    private final RowJob job;
    private final Disk disk;

    /** Writes files of a plan with the rows of the job that it was made for. */
    public PartWriter(JobPlan plan, RowJob job, Disk disk) {
        this.plan = plan;
        this.job = job;
        this.disk = disk;
    }

    /** Where a file lies until it is complete. */
    static Path aside(JobPlan plan, String file) {
        return plan.workshop().resolve(file);
    }

    /**
     * Writes it.
     *
     * @param before what is known of it
     * @param journal told of every block that is on disk, and of the file when it is under its name
     * @param done told how many of its rows are on their way to the disk
     * @return the file, finished
     */
    JobManifest.Entry write(
            JobPlan.Part part, JobManifest.Entry before, Consumer<JobManifest.Entry> journal, LongConsumer done) {
        Path target = plan.home().resolve(part.file());
        Path aside = aside(plan, part.file());
        JobManifest.Entry written = put(part, before, aside, journal, done);
        settle(plan, aside, target, disk);
        journal.accept(written);
        return written;
    }

    /**
     * Writes one file from its start to where it is told, and leaves it there, on disk: others give it its name.
     *
     * @param aside a file that is not there yet, with the ending of the part's; its folder must be there
     * @param done told how many of its rows are on their way to the disk
     * @return what the manifest is to say once it has its name
     */
    public JobManifest.Entry make(JobPlan.Part part, Path aside, LongConsumer done) {
        return put(part, JobManifest.Entry.of(part), aside, entry -> {}, done);
    }

    private JobManifest.Entry put(
            JobPlan.Part part,
            JobManifest.Entry before,
            Path aside,
            Consumer<JobManifest.Entry> journal,
            LongConsumer done) {
        Path target = plan.home().resolve(part.file());
        boolean grows = !plan.folder() && RowWriters.grows(target);
        return grows ? grow(part, before, aside, target, journal, done) : whole(part, before, aside, target, done);
    }

    /** Gives what is complete its name. A folder of that name, of a job which stopped before it told anybody, makes room. */
    static void settle(JobPlan plan, Path aside, Path target, Disk disk) {
        if (plan.folder() && Files.isDirectory(target)) {
            JobFiles.move(target, aside(plan, "before." + target.getFileName()), disk);
        }
        JobFiles.move(aside, target, disk);
    }

    private JobManifest.Entry grow(
            JobPlan.Part part,
            JobManifest.Entry before,
            Path aside,
            Path target,
            Consumer<JobManifest.Entry> journal,
            LongConsumer done) {
        // It was given its name, and stopped before anybody was told.
        if (!Files.exists(aside) && !before.blocks().isEmpty() && Files.isRegularFile(target)) {
            JobFiles.move(target, aside, disk);
        }
        try (BlockFile file = new BlockFile(target, aside, disk)) {
            List<BlockFile.Block> blocks = new ArrayList<>(before.blocks().subList(0, file.goOn(before.blocks())));
            long from = Math.min(part.rows(), blocks.size() * plan.blockRows());
            RowTarget.Opener opener = path -> file;
            try (RowWriter plain = job.writer(target, part.first(), part.first() + from, part.rows(), opener)) {
                file.ready();
                BlockedWriter rows = new BlockedWriter(plain, from, part.rows(), plan.blockRows(), () -> {
                    blocks.add(file.cut());
                    journal.accept(before.with(blocks));
                });
                make(part, from, rows, done);
                requireFull(rows, target);
            }
            JobManifest.Entry all = before.with(blocks);
            return all.finished(all.bytes(), file.sha256());
        }
    }

    private void make(JobPlan.Part part, long from, BlockedWriter rows, LongConsumer done) {
        done.accept(from);
        if (from < part.rows()) {
            job.make(part.first() + from, part.end(), rows, made -> done.accept(from + made));
        }
    }

    private static void requireFull(BlockedWriter rows, Path target) {
        if (!rows.full()) {
            throw new UserError(target + ": the data ended before the rows that they had when the job began; leave them"
                    + " as they are until it is finished");
        }
    }

    private JobManifest.Entry whole(
            JobPlan.Part part, JobManifest.Entry before, Path aside, Path target, LongConsumer done) {
        try (RowWriter plain = job.writer(aside, part.first(), part.first(), part.rows(), RowTarget.Opener.WHOLE)) {
            BlockedWriter rows = new BlockedWriter(plain, 0, part.rows(), part.rows(), () -> {});
            make(part, 0, rows, done);
            requireFull(rows, target);
            plain.commit();
        }
        if (plan.folder()) {
            JobFiles.Sums sums = JobFiles.folderSums(aside);
            return before.with(List.of()).finished(sums.bytes(), sums.sha256());
        }
        JobFiles.Sums sums = JobFiles.sums(aside, List.of(size(aside)));
        List<BlockFile.Block> one =
                List.of(new BlockFile.Block(sums.bytes(), sums.crcs().get(0)));
        return before.with(one).finished(sums.bytes(), sums.sha256());
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UserError(file + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }
}
