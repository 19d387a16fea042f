package io.jcuvae.tensor;

/** What one element of a buffer is. */
public enum ElementType {
    /** 32-bit floats: parameters, activations, gradients. */
    F32(4),
    /** 64-bit floats: the few scalars and sums that must not round. */
    F64(8),
    /** 32-bit integers: row numbers. */
    I32(4),
    /** Unsigned bytes: pixels. */
    U8(1);

    private final int bytes;

    ElementType(int bytes) {
        this.bytes = bytes;
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }
}
