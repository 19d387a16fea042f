package io.jcuvae.jobs;

import io.jcuvae.data.Disk;

/** Does a job that has been planned: here, or by the hands of others. */
@FunctionalInterface
public interface JobRunner {
    /** In this process. */
    JobRunner HERE = (job, plan, resume, progress) -> BatchJob.run(job, plan, resume, Disk.REAL, progress);

    /**
     * Does it.
     *
     * @param job bound to this process's model and device
     * @param plan the files that are asked for
     * @param resume whether to go on with what an equal job left
     */
    BatchJob.Result run(RowJob job, JobPlan plan, boolean resume, Progress progress);
}
