package io.jcuvae.tensor;

import java.nio.ByteBuffer;

/**
 * A copy of one tensor in the host's memory, taken again and again while the device goes on, see {@link Backend#hostCopy}.
 */
public interface HostCopy extends AutoCloseable {
    /**
     * Asks for a copy of what the tensor holds after all operations asked for so far. Operations asked for from now on must
     * not write the tensor before {@link #await} has returned.
     */
    void start();

    /**
     * Waits for the copy that was started last.
     *
     * @return the tensor's elements as raw little-endian bytes, from position 0 to the limit; the same memory every time,
     *     good until the next {@link #start} or {@link #close}, or until the tensor is written again
     */
    ByteBuffer await();

    /** Frees the host's memory; closing the backend does so, too. */
    @Override
    void close();
}
