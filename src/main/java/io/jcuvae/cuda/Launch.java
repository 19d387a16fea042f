package io.jcuvae.cuda;

import io.jcuvae.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import jcuda.NativePointerObject;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/**
 * Launches kernels, on the stream of operations unless told otherwise, counts them, and can say in which operation one
 * failed.
 */
final class Launch {
    private final CudaContext context;
    private String operation = "nothing";
    private List<Tensor> tensors = List.of();
    private CUstream stream;
    private long count;

    Launch(CudaContext context) {
        this.context = context;
        stream = context.stream();
    }

    /** Does work whose launches go to another stream. */
    void on(CUstream other, Runnable work) {
        CUstream before = stream;
        stream = other;
        try {
            work.run();
        } finally {
            stream = before;
        }
    }

    /** Names the operation that the next launches belong to. */
    void begin(String name, List<Tensor> operands) {
        operation = name;
        tensors = operands;
    }

    /** The operation and its shapes, for messages. */
    String operation() {
        return operation
                + tensors.stream()
                        .filter(Objects::nonNull)
                        .map(tensor -> " " + tensor.shape())
                        .collect(Collectors.joining());
    }

    /** Kernels and matrix products asked for so far. */
    long count() {
        return count;
    }

    /** Enqueues a kernel; arguments are tensors, device pointers or null, and boxed numbers of exactly the declared types. */
    void run(PtxModule.Kernel kernel, Grid grid, Object... arguments) {
        Pointer parameters = pack(kernel.signature(), arguments);
        context.check(
                JCudaDriver.cuLaunchKernel(
                        kernel.function(),
                        grid.columns(),
                        grid.rows(),
                        1,
                        grid.width(),
                        grid.height(),
                        1,
                        0,
                        stream,
                        parameters,
                        null),
                () -> "launch " + kernel.signature().name() + " for " + operation());
        done(kernel.signature().name());
    }

    /** Counts what was enqueued; with {@code --debug} waits for it and checks it. */
    void done(String what) {
        count++;
        if (context.debug() && !context.capturing()) {
            context.check(
                    JCudaDriver.cuStreamSynchronize(context.stream()), () -> "finish " + what + " for " + operation());
        }
    }

    private static Pointer pack(KernelSignature signature, Object[] arguments) {
        List<KernelSignature.Parameter> parameters = signature.parameters();
        if (arguments.length != parameters.size()) {
            throw new IllegalArgumentException(
                    signature.name() + " takes " + parameters.size() + " arguments, not " + Arrays.toString(arguments));
        }
        NativePointerObject[] packed = new NativePointerObject[arguments.length];
        for (int i = 0; i < packed.length; i++) {
            packed[i] = pack(signature, i, arguments[i]);
        }
        return Pointer.to(packed);
    }

    private static Pointer pack(KernelSignature signature, int i, Object argument) {
        KernelSignature.Parameter parameter = signature.parameters().get(i);
        if (parameter == KernelSignature.Parameter.POINTER) {
            if (argument == null) {
                return Pointer.to(new CUdeviceptr());
            } else if (argument instanceof Tensor tensor) {
                return Pointer.to(CudaBuffer.address(tensor));
            } else if (argument instanceof CUdeviceptr pointer) {
                return Pointer.to(pointer);
            }
        } else if (parameter == KernelSignature.Parameter.INT && argument instanceof Integer value) {
            return Pointer.to(new int[] {value});
        } else if (parameter == KernelSignature.Parameter.LONG && argument instanceof Long value) {
            return Pointer.to(new long[] {value});
        } else if (parameter == KernelSignature.Parameter.FLOAT && argument instanceof Float value) {
            return Pointer.to(new float[] {value});
        } else if (parameter == KernelSignature.Parameter.DOUBLE && argument instanceof Double value) {
            return Pointer.to(new double[] {value});
        }
        throw new IllegalArgumentException(
                signature.name() + ": parameter " + i + " is of type " + parameter + ", not " + argument);
    }
}
