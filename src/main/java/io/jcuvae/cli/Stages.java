package io.jcuvae.cli;

import io.jcuvae.jobs.Progress;

/** The progress of work that has several stages, each shown in place of the one before. */
final class Stages implements AutoCloseable {
    private final Output output;
    private JobProgress shown;

    Stages(Output output) {
        this.output = output;
    }

    /**
     * Begins a stage.
     *
     * @param doing what, as in {@code encoding}
     */
    Progress next(String doing) {
        close();
        shown = new JobProgress(output, doing);
        return shown;
    }

    @Override
    public void close() {
        if (shown != null) {
            shown.close();
            shown = null;
        }
    }
}
