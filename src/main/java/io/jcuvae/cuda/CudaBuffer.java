package io.jcuvae.cuda;

import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Tensor;
import jcuda.driver.CUdeviceptr;

/** Memory on a device; freed by the {@link CudaContext} that allocated it. */
final class CudaBuffer implements Buffer {
    private final CUdeviceptr pointer;
    private final ElementType type;
    private final long length;

    CudaBuffer(CUdeviceptr pointer, ElementType type, long length) {
        this.pointer = pointer;
        this.type = type;
        this.length = length;
    }

    @Override
    public ElementType type() {
        return type;
    }

    @Override
    public long length() {
        return length;
    }

    CUdeviceptr pointer() {
        return pointer;
    }

    /** Where a tensor begins on the device. */
    static CUdeviceptr address(Tensor tensor) {
        CudaBuffer buffer = (CudaBuffer) tensor.buffer();
        return buffer.pointer.withByteOffset(tensor.offset() * buffer.type.bytes());
    }
}
