package io.jcuvae.tensor;

/**
 * A device: it allocates memory, runs operations, moves data, and records a step. Not safe for use by several threads at
 * once.
 */
public interface Backend extends AutoCloseable {
    /** Short name for reports, as in {@code cpu}. */
    String name();

    /** One line for people: what computes, with how many threads, through which library. */
    String description();

    /** The operations. */
    Ops ops();

    /**
     * Zeroed memory, freed when the backend is closed.
     *
     * @param count number of elements
     * @throws UserError when there is not enough memory, naming what was asked for and what is free
     */
    Buffer allocate(ElementType type, long count);

    /**
     * Takes in a step. The step must not allocate, download, branch on data or change Java state, and everything that
     * varies from one run to the next must be in tensors.
     */
    Recorded record(Runnable step);

    /**
     * Makes sure that {@link Ops#normal} finds the given part of the noise sequence. Called outside the recorded step; a
     * backend that computes noise on the spot has nothing to do.
     *
     * @param key the sequence's key
     * @param first index of the first value
     * @param count number of values
     */
    default void reserveNoise(long key, long first, long count) {}

    /** Copies {@code from[offset ..)} into a float tensor. */
    void upload(Tensor to, float[] from, int offset);

    /** Copies {@code from} into a double tensor. */
    void upload(Tensor to, double[] from);

    /** Copies {@code from} into an integer tensor. */
    void upload(Tensor to, int[] from);

    /** Copies {@code from[offset ..)} into a byte tensor. */
    void upload(Tensor to, byte[] from, int offset);

    /** Copies a float tensor into {@code to[offset ..)}, after all that was asked before is done. */
    void download(float[] to, int offset, Tensor from);

    /** Copies a double tensor into {@code to}, after all that was asked before is done. */
    void download(double[] to, Tensor from);

    /**
     * Copies {@code from[offset ..)} into a byte tensor beside the operations asked for later: it begins when those asked
     * for before are done, and later ones see it after {@link Copy#join}; until then they must not touch the tensor. The
     * array may be changed as soon as this returns. A backend whose copies do not run beside operations copies at once.
     */
    default Copy copyAhead(Tensor to, byte[] from, int offset) {
        upload(to, from, offset);
        return () -> {};
    }

    /** Copies {@code from[offset ..)} into a float tensor, in the same way. */
    default Copy copyAhead(Tensor to, float[] from, int offset) {
        upload(to, from, offset);
        return () -> {};
    }

    /** Prepares to copy a tensor of any type to the host while the device goes on. */
    HostCopy hostCopy(Tensor from);

    /**
     * How many independent rows to compute at once where nothing else says so: enough for the device to be busy, few enough
     * for its memory. Depends on the device and the width alone.
     *
     * @param width elements of a row where it is widest on its way
     */
    default int rowsAtOnce(int width) {
        return Math.max(1, Math.min(1024, Integer.highestOneBit((1 << 24) / width)));
    }

    /**
     * How many floats of columns the convolutions of {@link SpatialOps} are to have room for at once: enough for large
     * products, a bound for their memory. A single sample may need more; 0 where they need no room but their own.
     */
    default long columnsAtOnce() {
        return 1 << 20;
    }

    /** About how many bytes could still be allocated. */
    long memoryLeft();

    /** Waits until everything asked for is done. */
    void synchronize();

    @Override
    void close();
}
