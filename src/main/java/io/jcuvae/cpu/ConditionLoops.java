package io.jcuvae.cpu;

import static io.jcuvae.cpu.CpuBuffer.doubles;
import static io.jcuvae.cpu.CpuBuffer.floats;
import static io.jcuvae.cpu.CpuBuffer.ints;
import static io.jcuvae.cpu.CpuBuffer.start;

import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;
import java.util.Arrays;

/** The verbs of {@link io.jcuvae.tensor.ConditionOps}, in tasks of some rows. */
final class ConditionLoops {
    private static final int TASK_VALUES = 1 << 14;

    private final Workers workers;

    ConditionLoops(Workers workers) {
        this.workers = workers;
    }

    /** A row of the output. */
    @FunctionalInterface
    private interface Row {
        void write(int row);
    }

    private void rows(int rows, int width, Row row) {
        int most = Math.max(1, TASK_VALUES / width);
        workers.run((rows + most - 1) / most, task -> {
            for (int r = task * most; r < Math.min(rows, (task + 1) * most); r++) {
                row.write(r);
            }
        });
    }

    private static void check(boolean fits, String op, Tensor a, Tensor b) {
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit: " + a.shape() + " " + b.shape());
        }
    }

    void gatherOneHot(Tensor y, Tensor labels, Tensor order, Tensor scalars) {
        int position = (int) doubles(scalars)[start(scalars) + Scalars.ORDER_POSITION.ordinal()];
        check(position >= 0 && position + y.rows() <= order.count(), "gatherOneHot at row " + position, y, order);
        int classes = y.columns();
        for (int r = 0; r < y.rows(); r++) {
            int row = ints(order)[start(order) + position + r];
            int label = ints(labels)[start(labels) + row];
            int to = start(y) + r * classes;
            Arrays.fill(floats(y), to, to + classes, 0);
            floats(y)[to + label] = 1;
        }
    }

    void joinColumns(Tensor y, Tensor a, Tensor b) {
        int times = a.rows() / b.rows();
        boolean fits = y.rows() == a.rows() && a.rows() == times * b.rows();
        check(fits && y.columns() == a.columns() + b.columns(), "joinColumns", y, a);
        int front = a.columns();
        int behind = b.columns();
        rows(y.rows(), front + behind, r -> {
            int to = start(y) + r * (front + behind);
            System.arraycopy(floats(a), start(a) + r * front, floats(y), to, front);
            System.arraycopy(floats(b), start(b) + r / times * behind, floats(y), to + front, behind);
        });
    }

    void firstColumns(Tensor x, Tensor y) {
        check(x.rows() == y.rows() && x.columns() <= y.columns(), "firstColumns", x, y);
        int front = x.columns();
        int all = y.columns();
        rows(
                x.rows(),
                front,
                r -> System.arraycopy(floats(y), start(y) + r * all, floats(x), start(x) + r * front, front));
    }
}
