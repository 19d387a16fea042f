package io.jcuvae.cuda;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/**
 * Another stream, for work that the operations after it do not wait for. What it reads and writes is kept in mind: before an
 * operation touches any of it, the streams are joined. In a capture this makes branches of the graph.
 */
final class Branch implements AutoCloseable {
    private final CudaContext context;
    private final CUstream stream = new CUstream();
    private final CUevent forked = new CUevent();
    private final CUevent finished = new CUevent();
    private final List<Span> reading = new ArrayList<>();
    private final List<Span> writing = new ArrayList<>();

    Branch(CudaContext context) {
        this.context = context;
        context.check(
                JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), () -> "create a stream");
        for (CUevent event : new CUevent[] {forked, finished}) {
            context.check(
                    JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING), () -> "create an event");
        }
    }

    CUstream stream() {
        return stream;
    }

    /** Sees to it that an operation on the main stream may write and read what it says. */
    void before(List<Span> writes, List<Span> reads) {
        if (overlap(writes, reading) || overlap(writes, writing) || overlap(reads, writing)) {
            join();
        }
    }

    private static boolean overlap(List<Span> some, List<Span> others) {
        for (Span one : some) {
            for (Span other : others) {
                if (one.overlaps(other)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * Enqueues work on the branch, after all that was asked of the main stream before.
     *
     * @param work uses {@link #stream()}
     */
    void fork(Runnable work, List<Span> writes, List<Span> reads) {
        follow(context.stream(), forked, stream);
        // Said before it is done: work that fails half way may have begun.
        writing.addAll(writes);
        reading.addAll(reads);
        work.run();
    }

    /** What is asked of the main stream from now on comes after all work of the branch. */
    void join() {
        if (!writing.isEmpty()) {
            follow(stream, finished, context.stream());
            abandon();
        }
    }

    /** Forgets the work, when a capture has failed and none of it will run. */
    void abandon() {
        writing.clear();
        reading.clear();
    }

    private void follow(CUstream first, CUevent event, CUstream second) {
        context.check(JCudaDriver.cuEventRecord(event, first), () -> "record an event");
        context.check(JCudaDriver.cuStreamWaitEvent(second, event, 0), () -> "let a stream wait");
    }

    @Override
    public void close() {
        JCudaDriver.cuStreamSynchronize(stream);
        JCudaDriver.cuEventDestroy(forked);
        JCudaDriver.cuEventDestroy(finished);
        JCudaDriver.cuStreamDestroy(stream);
    }
}
