package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Buffer;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The oracle: every element of every type is a double, every operation a plain loop. Slow, strict about shapes and types, and
 * written from the formulas in {@link Ops} alone.
 */
public final class ReferenceBackend implements Backend {
    private final ReferenceOps ops = new ReferenceOps();

    /** Memory of doubles, whatever the elements are called. */
    record Memory(ElementType type, double[] elements) implements Buffer {
        @Override
        public long length() {
            return elements.length;
        }
    }

    /** The elements of a tensor of any type. */
    public double[] values(Tensor tensor) {
        int start = (int) tensor.offset();
        return Arrays.copyOfRange(elements(tensor), start, start + (int) tensor.count());
    }

    /** Sets the elements of a tensor of any type, unrounded. */
    public void set(Tensor tensor, double... values) {
        if (values.length != tensor.count()) {
            throw new IllegalArgumentException(values.length + " values for " + tensor.shape());
        }
        System.arraycopy(values, 0, elements(tensor), (int) tensor.offset(), values.length);
    }

    static double[] elements(Tensor tensor) {
        return ((Memory) tensor.buffer()).elements;
    }

    private static double[] elements(Tensor tensor, ElementType type) {
        if (tensor.buffer().type() != type) {
            throw new IllegalArgumentException(
                    type + " asked of a tensor of " + tensor.buffer().type());
        }
        return elements(tensor);
    }

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public String description() {
        return "plain loops in double precision";
    }

    @Override
    public Ops ops() {
        return ops;
    }

    @Override
    public Buffer allocate(ElementType type, long count) {
        return new Memory(type, new double[Math.toIntExact(count)]);
    }

    @Override
    public Recorded record(Runnable step) {
        return step::run;
    }

    @Override
    public void upload(Tensor to, float[] from, int offset) {
        double[] elements = elements(to, ElementType.F32);
        for (int i = 0; i < to.count(); i++) {
            elements[(int) to.offset() + i] = from[offset + i];
        }
    }

    @Override
    public void upload(Tensor to, double[] from) {
        System.arraycopy(from, 0, elements(to, ElementType.F64), (int) to.offset(), (int) to.count());
    }

    @Override
    public void upload(Tensor to, int[] from) {
        double[] elements = elements(to, ElementType.I32);
        for (int i = 0; i < to.count(); i++) {
            elements[(int) to.offset() + i] = from[i];
        }
    }

    @Override
    public void upload(Tensor to, byte[] from, int offset) {
        double[] elements = elements(to, ElementType.U8);
        for (int i = 0; i < to.count(); i++) {
            elements[(int) to.offset() + i] = from[offset + i] & 0xFF;
        }
    }

    @Override
    public void download(float[] to, int offset, Tensor from) {
        double[] elements = elements(from, ElementType.F32);
        for (int i = 0; i < from.count(); i++) {
            to[offset + i] = (float) elements[(int) from.offset() + i];
        }
    }

    @Override
    public void download(double[] to, Tensor from) {
        System.arraycopy(elements(from, ElementType.F64), (int) from.offset(), to, 0, (int) from.count());
    }

    /** Elements rounded to their type. */
    @Override
    public HostCopy hostCopy(Tensor from) {
        ElementType type = from.buffer().type();
        ByteBuffer bytes =
                ByteBuffer.allocate((int) from.count() * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        return new HostCopy() {
            @Override
            public void start() {
                bytes.clear();
                for (double value : values(from)) {
                    switch (type) {
                        case F32 -> bytes.putFloat((float) value);
                        case F64 -> bytes.putDouble(value);
                        case I32 -> bytes.putInt((int) value);
                        case U8 -> bytes.put((byte) (int) value);
                    }
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
        };
    }

    /** Few, so that small models are cut into tiles, too. */
    @Override
    public long columnsAtOnce() {
        return 300;
    }

    @Override
    public long memoryLeft() {
        return Runtime.getRuntime().freeMemory();
    }

    @Override
    public void synchronize() {
        // Every operation is done when it returns.
    }

    @Override
    public void close() {
        // The memory is the garbage collector's.
    }
}
