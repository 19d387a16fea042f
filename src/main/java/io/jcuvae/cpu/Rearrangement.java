package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** Axes exchanged and pictures upsampled, some samples or rows to a task. */
final class Rearrangement {
    /** Elements of a task. */
    private static final int CHUNK = 1 << 14;

    private final Workers workers;
    private final ThreadLocal<SpatialLoops> loops = ThreadLocal.withInitial(SpatialLoops::new);

    Rearrangement(Workers workers) {
        this.workers = workers;
    }

    private static void check(boolean fits, String op, Tensor a, Tensor b) {
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit: " + a.shape() + " " + b.shape());
        }
    }

    void swapAxes(Tensor y, Tensor x) {
        Shape shape = x.shape();
        check(
                shape.rank() == 3 && y.shape().equals(Shape.of(shape.extent(0), shape.extent(2), shape.extent(1))),
                "swapAxes",
                y,
                x);
        int size = x.columns();
        int several = Math.max(1, CHUNK / size);
        int tasks = (x.rows() + several - 1) / several;
        workers.run(tasks, task -> {
            for (int r = task * several; r < Math.min(x.rows(), (task + 1) * several); r++) {
                SpatialLoops.exchange(
                        floats(y),
                        start(y) + r * size,
                        floats(x),
                        start(x) + r * size,
                        shape.extent(1),
                        shape.extent(2));
            }
        });
    }

    void upsample(Tensor y, Tensor x, boolean backward) {
        Shape small = x.shape();
        int factor = y.shape().extent(1) / small.extent(1);
        int width = small.extent(2);
        int channels = small.extent(3);
        check(
                y.shape().equals(Shape.of(x.rows(), small.extent(1) * factor, width * factor, channels)),
                "upsample",
                y,
                x);
        int row = width * channels;
        int several = Math.max(1, CHUNK / (row * factor * factor));
        int rows = x.rows() * small.extent(1);
        workers.run((rows + several - 1) / several, task -> {
            for (int r = task * several; r < Math.min(rows, (task + 1) * several); r++) {
                int large = start(y) + r * row * factor * factor;
                if (backward) {
                    loops.get()
                            .upsampleBackward(floats(x), start(x) + r * row, floats(y), large, width, channels, factor);
                } else {
                    SpatialLoops.upsample(floats(y), large, floats(x), start(x) + r * row, width, channels, factor);
                }
            }
        });
    }
}
