package io.jcuvae.bench;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** Measures single operations. */
final class OpBench {
    private static final int REPETITIONS = 9;
    private static final int PEAK_SIZE = 1536;

    private final Backend backend;

    OpBench(Backend backend) {
        this.backend = backend;
    }

    /** Seconds of one matrix product, the median of several. */
    double seconds(int rows, int columns, int inner, boolean transposeA, boolean transposeB) {
        Tensor c = random(rows, columns);
        Tensor a = transposeA ? random(inner, rows) : random(rows, inner);
        Tensor b = transposeB ? random(columns, inner) : random(inner, columns);
        int times = (int) Math.max(3, Math.min(200, 2e8 / ((double) rows * columns * inner)));
        double[] seconds = new double[REPETITIONS];
        for (int i = -1; i < REPETITIONS; i++) {
            long start = System.nanoTime();
            for (int k = 0; k < times; k++) {
                backend.ops().matmul(c, a, transposeA, b, transposeB, false);
            }
            backend.synchronize();
            if (i >= 0) {
                seconds[i] = (System.nanoTime() - start) / 1e9 / times;
            }
        }
        return Median.of(seconds);
    }

    /** Rate of a large square product in GFLOP/s: what the library can do at best on these threads. */
    double peak() {
        return 2.0 * PEAK_SIZE * PEAK_SIZE * PEAK_SIZE / seconds(PEAK_SIZE, PEAK_SIZE, PEAK_SIZE, false, false) / 1e9;
    }

    private Tensor random(int rows, int columns) {
        float[] values = new float[rows * columns];
        Philox.fillUniform(values, 0, values.length, 1, 0, 0);
        Shape shape = Shape.of(rows, columns);
        Tensor tensor = Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
        backend.upload(tensor, values, 0);
        return tensor;
    }
}
