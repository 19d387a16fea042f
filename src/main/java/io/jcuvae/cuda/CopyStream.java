package io.jcuvae.cuda;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/** A stream for copies that run beside the operations, and the events by which the two wait for each other. */
final class CopyStream implements AutoCloseable {
    private final CudaContext context;
    private final CUstream stream = new CUstream();
    private final List<CUevent> events = new ArrayList<>();
    private final Deque<CUevent> idle = new ArrayDeque<>();

    CopyStream(CudaContext context) {
        this.context = context;
        context.check(
                JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING), () -> "create a stream");
    }

    CUstream stream() {
        return stream;
    }

    /** Copies asked for from now on begin after the operations asked for so far. */
    void waitForOperations() {
        CUevent event = event();
        record(context, event, context.stream());
        wait(context, stream, event);
        // The wait has taken in what the event stands for; it may be recorded anew.
        idle.push(event);
    }

    /** An event for the copies asked for so far. */
    CUevent mark() {
        CUevent event = event();
        record(context, event, stream);
        return event;
    }

    /** Operations asked for from now on begin after what the event stands for, which is taken back. */
    void join(CUevent event) {
        wait(context, context.stream(), event);
        idle.push(event);
    }

    private CUevent event() {
        if (idle.isEmpty()) {
            CUevent event = create(context);
            events.add(event);
            return event;
        }
        return idle.pop();
    }

    static CUevent create(CudaContext context) {
        CUevent event = new CUevent();
        context.check(JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING), () -> "create an event");
        return event;
    }

    static void record(CudaContext context, CUevent event, CUstream stream) {
        context.check(JCudaDriver.cuEventRecord(event, stream), () -> "record an event");
    }

    private static void wait(CudaContext context, CUstream stream, CUevent event) {
        context.check(JCudaDriver.cuStreamWaitEvent(stream, event, 0), () -> "let a stream wait");
    }

    /** Waits until all copies are done. */
    void synchronize() {
        context.check(JCudaDriver.cuStreamSynchronize(stream), () -> "finish its copies");
    }

    @Override
    public void close() {
        JCudaDriver.cuStreamSynchronize(stream);
        events.forEach(JCudaDriver::cuEventDestroy);
        JCudaDriver.cuStreamDestroy(stream);
    }
}
