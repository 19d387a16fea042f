package io.jcuvae.cpu;

import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A copy of a tensor as bytes, done when it is asked for; a tensor of bytes is shown as it lies. */
final class CpuCopy implements HostCopy {
    private final Tensor from;
    private final ByteBuffer bytes;

    CpuCopy(Tensor from) {
        this.from = from;
        if (from.buffer().type() == ElementType.U8) {
            bytes = ByteBuffer.wrap(CpuBuffer.bytes(from), CpuBuffer.start(from), (int) from.count())
                    .slice()
                    .order(ByteOrder.LITTLE_ENDIAN);
            return;
        }
        int size = Math.multiplyExact((int) from.count(), from.buffer().type().bytes());
        bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void start() {
        int start = CpuBuffer.start(from);
        int count = (int) from.count();
        bytes.clear();
        switch (from.buffer().type()) {
            case F32 -> bytes.asFloatBuffer().put(CpuBuffer.floats(from), start, count);
            case F64 -> bytes.asDoubleBuffer().put(CpuBuffer.doubles(from), start, count);
            case I32 -> bytes.asIntBuffer().put(CpuBuffer.ints(from), start, count);
            case U8 -> {}
        }
    }

    @Override
    public ByteBuffer await() {
        return bytes.clear();
    }

    @Override
    public void close() {
        // The memory is the garbage collector's.
    }
}
