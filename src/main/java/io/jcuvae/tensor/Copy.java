package io.jcuvae.tensor;

/** A copy to the device that may run beside its operations, see {@link Backend#copyAhead}. */
@FunctionalInterface
public interface Copy {
    /** Makes operations that are asked for from now on wait for the copy; the caller does not wait. */
    void join();
}
