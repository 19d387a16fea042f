package io.jcuvae.tensor;

/** A step that a backend has taken in and can run again and again. */
@FunctionalInterface
public interface Recorded {
    /** Runs the step once. */
    void run();
}
