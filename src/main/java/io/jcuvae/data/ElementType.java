package io.jcuvae.data;

import java.nio.ByteBuffer;

/** The number types of array files; the byte order is the buffer's. */
enum ElementType {
    BOOL(1),
    UINT8(1),
    INT8(1),
    INT16(2),
    UINT16(2),
    INT32(4),
    UINT32(4),
    INT64(8),
    UINT64(8),
    FLOAT16(2),
    FLOAT32(4),
    FLOAT64(8);

    private final int size;

    ElementType(int size) {
        this.size = size;
    }

    /** Bytes per element. */
    int size() {
        return size;
    }

    /** Whether elements are kept as bytes, 0..255. */
    boolean isByte() {
        return this == UINT8 || this == BOOL;
    }

    /** Whether every element is a whole number. */
    boolean isWhole() {
        return this != FLOAT16 && this != FLOAT32 && this != FLOAT64;
    }

    /**
     * Decodes {@code count} elements from the start of {@code from} into {@code out[offset ..)}; what a float cannot
     * hold becomes an infinity.
     */
    void decode(ByteBuffer from, float[] out, int offset, int count) {
        switch (this) {
            case FLOAT32 -> from.asFloatBuffer().get(0, out, offset, count);
            case FLOAT64 -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = (float) from.getDouble(i * 8);
                }
            }
            default -> {
                for (int i = 0; i < count; i++) {
                    out[offset + i] = (float) value(from, i);
                }
            }
        }
    }

    /** Element {@code index}, as near as a double can be. */
    double value(ByteBuffer from, int index) {
        int at = index * size;
        return switch (this) {
            case BOOL -> from.get(at) == 0 ? 0 : 1;
            case UINT8 -> from.get(at) & 0xFF;
            case INT8 -> from.get(at);
            case INT16 -> from.getShort(at);
            case UINT16 -> from.getShort(at) & 0xFFFF;
            case INT32 -> from.getInt(at);
            case UINT32 -> from.getInt(at) & 0xFFFFFFFFL;
            case INT64 -> from.getLong(at);
            case UINT64 -> unsigned(from.getLong(at));
            case FLOAT16 -> half(from.getShort(at));
            case FLOAT32 -> from.getFloat(at);
            case FLOAT64 -> from.getDouble(at);
        };
    }

    private static double unsigned(long bits) {
        // The low bit is kept sticky, so that halving first does not change the rounding.
        return bits >= 0 ? bits : ((bits >>> 1) | (bits & 1)) * 2.0;
    }

    /** IEEE 754 binary16. */
    private static double half(short bits) {
        int exponent = (bits >> 10) & 0x1F;
        int fraction = bits & 0x3FF;
        double magnitude;
        if (exponent == 0) {
            magnitude = fraction * 0x1p-24;
        } else if (exponent < 31) {
            magnitude = (fraction + 1024) * Math.scalb(1.0, exponent - 25);
        } else {
            magnitude = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        }
        return bits < 0 ? -magnitude : magnitude;
    }
}
