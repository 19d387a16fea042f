package io.jcuvae.cuda;

import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Tensor;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import jcuda.driver.CUdeviceptr;

/**
 * Factors of matrix products in bfloat16, each beside its tensor: made when first asked for, kept until the tensor is
 * written. Their memory stays where it is, since recorded steps refer to it.
 */
final class HalfCopies {
    private final CudaContext context;
    private final StepKernels kernels;
    private final Map<Start, CudaBuffer> copies = new HashMap<>();
    private final Set<Span> current = new HashSet<>();

    /** Where tensors begin: one that is sometimes longer and sometimes shorter, as columns are, has one copy. */
    private record Start(Buffer buffer, long offset) {}

    HalfCopies(CudaContext context, StepKernels kernels) {
        this.context = context;
        this.kernels = kernels;
    }

    /** A tensor as bfloat16. */
    CUdeviceptr of(Tensor tensor) {
        boolean known = current.contains(Span.of(tensor));
        CUdeviceptr copy = filledBy(tensor);
        if (!known) {
            kernels.bfloat16(copy, tensor);
        }
        return copy;
    }

    /** Where the caller's next launch puts the tensor as bfloat16 along with writing the tensor itself. */
    CUdeviceptr filledBy(Tensor tensor) {
        Span span = Span.of(tensor);
        Start start = new Start(tensor.buffer(), tensor.offset());
        CudaBuffer copy = copies.get(start);
        if (copy == null || copy.length() < 2 * tensor.count()) {
            copy = context.allocate(ElementType.U8, 2 * tensor.count());
            copies.put(start, copy);
            current.removeIf(other -> other.buffer() == span.buffer() && other.start() == span.start());
        }
        current.add(span);
        return copy.pointer();
    }

    /** These tensors are being written: what was made of them no longer holds. */
    void forget(List<Span> written) {
        if (!current.isEmpty()) {
            current.removeIf(span -> written.stream().anyMatch(span::overlaps));
        }
    }

    /** Anything may have been written. */
    void forget() {
        current.clear();
    }
}
