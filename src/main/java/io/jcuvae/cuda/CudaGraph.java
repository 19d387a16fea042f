package io.jcuvae.cuda;

import io.jcuvae.tensor.Failure;
import io.jcuvae.tensor.Recorded;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUresult;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * A step as a CUDA graph. The first run is the step itself, in which libraries prepare what they need; the second is
 * captured, without running, and the graph launched in its place; every later run is one launch. With {@code --debug} every
 * run is the step itself, so that each launch can be checked.
 */
final class CudaGraph implements Recorded, AutoCloseable {
    private final CudaContext context;
    private final CudaOps ops;
    private final Runnable step;
    private CUgraphExec exec;
    private boolean warm;
    private int nodes;

    CudaGraph(CudaContext context, CudaOps ops, Runnable step) {
        context.requireNotCapturing("a step recorded");
        this.context = context;
        this.ops = ops;
        this.step = step;
    }

    @Override
    public void run() {
        context.makeCurrent();
        context.requireNotCapturing("a recorded step run");
        ops.join();
        if (exec == null) {
            if (!warm || context.debug()) {
                step.run();
                warm = true;
                return;
            }
            exec = instantiate(capture());
        }
        context.check(JCudaDriver.cuGraphLaunch(exec, context.stream()), () -> "run a recorded step");
    }

    private CUgraph capture() {
        // Of this thread alone: others of the process may go on using the driver.
        context.check(
                JCudaDriver.cuStreamBeginCapture(
                        context.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                () -> "begin to record a step");
        context.setCapturing(true);
        CUgraph graph = new CUgraph();
        RuntimeException fault = null;
        try {
            step.run();
            ops.join();
        } catch (RuntimeException e) {
            ops.abandon();
            fault = e;
        } finally {
            context.setCapturing(false);
        }
        int status = JCudaDriver.cuStreamEndCapture(context.stream(), graph);
        if (fault != null) {
            if (status == CUresult.CUDA_SUCCESS) {
                JCudaDriver.cuGraphDestroy(graph);
            }
            throw fault;
        }
        if (status != CUresult.CUDA_SUCCESS) {
            throw new Failure("cuda:" + context.ordinal() + ": a step could not be recorded: "
                    + CUresult.stringFor(status) + ": " + reason(status)
                    + "; --debug runs steps without recording them");
        }
        return graph;
    }

    private static String reason(int status) {
        return switch (status) {
            case CUresult.CUDA_ERROR_STREAM_CAPTURE_UNJOINED -> "a branch of it was not joined";
            case CUresult.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED -> "it asks for what cannot be recorded";
            case CUresult.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED -> "an operation of it failed";
            case CUresult.CUDA_ERROR_STREAM_CAPTURE_ISOLATION -> "it waits for work outside of it";
            default -> "the driver refuses it";
        };
    }

    private CUgraphExec instantiate(CUgraph graph) {
        try {
            long[] count = new long[1];
            context.check(JCudaDriver.cuGraphGetNodes(graph, null, count), () -> "count a recorded step's operations");
            CUgraphExec made = new CUgraphExec();
            context.check(
                    JCudaDriver.cuGraphInstantiate(made, graph, 0),
                    () -> "prepare a recorded step of " + count[0] + " operations");
            nodes = (int) count[0];
            return made;
        } finally {
            JCudaDriver.cuGraphDestroy(graph);
        }
    }

    @Override
    public int nodes() {
        return nodes;
    }

    @Override
    public void close() {
        if (exec != null) {
            JCudaDriver.cuGraphExecDestroy(exec);
            exec = null;
        }
    }
}
