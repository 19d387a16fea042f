package io.jcuvae.jobs;

import io.jcuvae.data.BlockFile;
import io.jcuvae.data.JobFiles;
import io.jcuvae.tensor.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Compares the files of a job with what its manifest says of them. */
public final class JobCheck {
    private JobCheck() {}

    /**
     * What was found.
     *
     * @param finished whether the manifest says that the job is
     * @param rows of the job
     * @param rowsDone rows that the manifest says are on disk
     * @param files that the manifest calls finished, and that were looked at
     * @param bytes in them
     * @param faults a line each; empty where all is as it was written
     */
    public record Report(boolean finished, long rows, long rowsDone, int files, long bytes, List<String> faults) {
        /** Whether the job is finished and all its files are as they were written. */
        public boolean right() {
            return finished && faults.isEmpty();
        }
    }

    /**
     * Reads every file that is finished to its end.
     *
     * @throws UserError if the manifest cannot be read
     */
    public static Report run(Path file, Progress progress) {
        JobManifest manifest = JobManifest.read(file);
        List<String> faults = new ArrayList<>();
        int files = 0;
        long bytes = 0;
        long rows = 0;
        for (JobManifest.Entry entry : manifest.files()) {
            if (!entry.finished()) {
                continue;
            }
            files++;
            Path path = file.toAbsolutePath().resolveSibling(entry.file());
            if (!Files.exists(path)) {
                faults.add(entry.file() + ": is missing");
            } else {
                try {
                    bytes += manifest.folders()
                            ? folder(path, entry, faults)
                            : file(path, entry, manifest.blockRows(), faults);
                } catch (UserError e) {
                    faults.add(e.getMessage());
                }
            }
            rows += entry.rows();
            progress.at(rows, manifest.rows());
        }
        return new Report(manifest.finished(), manifest.rows(), manifest.rowsDone(), files, bytes, List.copyOf(faults));
    }

    private static long file(Path path, JobManifest.Entry entry, long blockRows, List<String> faults) {
        List<BlockFile.Block> blocks = entry.blocks();
        JobFiles.Sums sums =
                JobFiles.sums(path, blocks.stream().map(BlockFile.Block::bytes).toList());
        int before = faults.size();
        if (sums.bytes() != entry.bytes()) {
            faults.add(entry.file() + ": has " + sums.bytes() + " bytes, the manifest says " + entry.bytes());
        }
        long at = 0;
        for (int b = 0; b < sums.crcs().size(); b++) {
            if (sums.crcs().get(b) != blocks.get(b).crc()) {
                // Files that do not grow are one block.
                long first = entry.first() + (blocks.size() == 1 ? 0 : b * blockRows);
                long end = blocks.size() == 1
                        ? entry.first() + entry.rows()
                        : Math.min(entry.first() + entry.rows(), first + blockRows);
                faults.add(entry.file() + ": block " + b + " is not as it was written (bytes " + at + " to "
                        + (at + blocks.get(b).bytes() - 1) + ", rows " + first + " to " + (end - 1) + ")");
            }
            at += blocks.get(b).bytes();
        }
        if (faults.size() == before && !sums.sha256().equals(entry.sha256())) {
            faults.add(entry.file() + ": its SHA-256 is " + sums.sha256() + ", the manifest says " + entry.sha256());
        }
        return sums.bytes();
    }

    private static long folder(Path path, JobManifest.Entry entry, List<String> faults) {
        JobFiles.Sums sums = JobFiles.folderSums(path);
        if (!sums.sha256().equals(entry.sha256())) {
            faults.add(entry.file() + ": its list of checksums is not as it was written");
        }
        JobFiles.changed(path)
                .forEach(name -> faults.add(entry.file() + "/" + name + ": is missing, or not as it was written"));
        return sums.bytes();
    }
}
