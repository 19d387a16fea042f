package io.jcuvae.jobs;

import java.nio.file.Path;
import java.util.List;

/** Makes files of a job wherever there is room for it: on other machines, in other processes. */
@FunctionalInterface
public interface PartMaker {
    /** What is told of a file that is complete and forced to disk. */
    @FunctionalInterface
    interface Arrivals {
        /**
         * Takes it, gives it its name and writes that down. The second of one part is passed over. Called by one thread.
         *
         * @param part its number among {@link JobPlan#parts}
         * @param made what {@link PartWriter#make} returned
         * @param aside where it lies
         * @throws io.jcuvae.tensor.UserError if it is not as it was said to be, or cannot be written down
         */
        void arrived(int part, JobManifest.Entry made, Path aside);
    }

    /**
     * Makes files, and returns when it has told of each. What it leaves in the folder beside is cleared.
     *
     * @param open numbers of the parts that are wanted, among {@link JobPlan#parts}
     * @param folder beside the job's files, there, empty, and of no other run's knowing
     * @throws io.jcuvae.tensor.UserError to end the job; what was told of stays
     */
    void make(List<Integer> open, Path folder, Arrivals arrivals);
}
