package io.jcuvae.contract;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.HostCopy;
import io.jcuvae.tensor.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** Moves doubles to and from tensors of any type and any backend. */
final class Access {
    private Access() {}

    static void upload(Backend backend, Tensor to, double[] values) {
        int n = values.length;
        switch (to.buffer().type()) {
            case F32 -> {
                float[] floats = new float[n];
                for (int i = 0; i < n; i++) {
                    floats[i] = (float) values[i];
                }
                backend.upload(to, floats, 0);
            }
            case F64 -> backend.upload(to, values);
            case I32 -> {
                int[] ints = new int[n];
                for (int i = 0; i < n; i++) {
                    ints[i] = (int) values[i];
                }
                backend.upload(to, ints);
            }
            case U8 -> {
                byte[] bytes = new byte[n];
                for (int i = 0; i < n; i++) {
                    bytes[i] = (byte) (int) values[i];
                }
                backend.upload(to, bytes, 0);
            }
        }
    }

    /** What a tensor of any type holds; unrounded where the backend can. */
    static double[] values(Backend backend, Tensor from) {
        if (backend instanceof ReferenceBackend reference) {
            return reference.values(from);
        }
        int n = (int) from.count();
        double[] values = new double[n];
        switch (from.buffer().type()) {
            case F64 -> backend.download(values, from);
            case F32 -> {
                float[] floats = new float[n];
                backend.download(floats, 0, from);
                Arrays.setAll(values, i -> floats[i]);
            }
            case I32, U8 -> {
                try (HostCopy copy = backend.hostCopy(from)) {
                    copy.start();
                    ByteBuffer bytes = copy.await();
                    boolean wide = from.buffer().type() == ElementType.I32;
                    Arrays.setAll(values, i -> wide ? bytes.getInt(4 * i) : bytes.get(i) & 0xFF);
                }
            }
        }
        return values;
    }
}
