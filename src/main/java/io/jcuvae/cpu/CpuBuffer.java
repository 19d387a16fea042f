package io.jcuvae.cpu;

import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Tensor;

/** A block of heap memory; just the array of its element type is set. */
final class CpuBuffer implements Buffer {
    /**
     * Elements allocated beyond the asked ones. The BLAS binding checks a matrix slice as if its last row went on for a whole
     * leading dimension, so a column slice at the end of a block needs that much behind it.
     */
    static final int SLACK = 1 << 13;

    final float[] f32;
    final double[] f64;
    final int[] i32;
    final byte[] u8;
    private final ElementType type;
    private final long length;

    CpuBuffer(ElementType type, int length) {
        this.type = type;
        this.length = length;
        f32 = type == ElementType.F32 ? new float[Math.addExact(length, SLACK)] : null;
        f64 = type == ElementType.F64 ? new double[length] : null;
        i32 = type == ElementType.I32 ? new int[length] : null;
        u8 = type == ElementType.U8 ? new byte[length] : null;
    }

    @Override
    public ElementType type() {
        return type;
    }

    @Override
    public long length() {
        return length;
    }

    static float[] floats(Tensor tensor) {
        return ((CpuBuffer) tensor.buffer()).f32;
    }

    static double[] doubles(Tensor tensor) {
        return ((CpuBuffer) tensor.buffer()).f64;
    }

    static int[] ints(Tensor tensor) {
        return ((CpuBuffer) tensor.buffer()).i32;
    }

    static byte[] bytes(Tensor tensor) {
        return ((CpuBuffer) tensor.buffer()).u8;
    }

    static int start(Tensor tensor) {
        return (int) tensor.offset();
    }
}
