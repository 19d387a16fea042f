package io.jcuvae.jobs;

/** Told how far a job is. */
@FunctionalInterface
public interface Progress {
    /** Tells nobody. */
    Progress SILENT = (done, total) -> {};

    /**
     * Called after each batch.
     *
     * @param done samples done
     * @param total samples in all, or -1 where only reading to the end tells
     */
    void at(long done, long total);
}
