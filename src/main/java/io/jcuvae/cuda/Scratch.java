package io.jcuvae.cuda;

import io.jcuvae.tensor.ElementType;
import jcuda.driver.CUdeviceptr;

/**
 * Memory for what one operation passes from one of its launches to the next. It grows by a new block; older ones stay, as
 * recorded steps refer to them.
 */
final class Scratch {
    private final CudaContext context;
    private CudaBuffer block;

    Scratch(CudaContext context) {
        this.context = context;
    }

    /** Room for that many floats; null for none. */
    CUdeviceptr floats(long count) {
        if (count == 0) {
            return null;
        }
        if (block == null || block.length() < count) {
            block = context.allocate(ElementType.F32, Math.max(count, block == null ? 4096 : 2 * block.length()));
        }
        return block.pointer();
    }
}
