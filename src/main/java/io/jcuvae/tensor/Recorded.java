package io.jcuvae.tensor;

/** A step that a backend has taken in and can run again and again. */
@FunctionalInterface
public interface Recorded {
    /** Runs the step once. */
    void run();

    /** Operations of one replay; 0 where there is none, because the step itself is run every time or has not been yet. */
    default int nodes() {
        return 0;
    }
}
