package io.jcuvae.contract;

import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;

/** The verbs of {@link io.jcuvae.tensor.ConditionOps}, element by element. */
final class ReferenceCondition {
    private ReferenceCondition() {}

    private static double at(Tensor tensor, int i) {
        return ReferenceBackend.elements(tensor)[(int) tensor.offset() + i];
    }

    private static void set(Tensor tensor, int i, double value) {
        ReferenceBackend.elements(tensor)[(int) tensor.offset() + i] = value;
    }

    private static void check(String op, boolean fits) {
        if (!fits) {
            throw new IllegalArgumentException(op + ": shapes do not fit");
        }
    }

    static void gatherOneHot(Tensor y, Tensor labels, Tensor order, Tensor scalars) {
        int position = (int) at(scalars, Scalars.ORDER_POSITION.ordinal());
        check("gatherOneHot", position >= 0 && position + y.rows() <= order.count());
        for (int r = 0; r < y.rows(); r++) {
            int label = (int) at(labels, (int) at(order, position + r));
            check("gatherOneHot", label >= 0 && label < y.columns());
            for (int k = 0; k < y.columns(); k++) {
                set(y, r * y.columns() + k, k == label ? 1 : 0);
            }
        }
    }

    static void joinColumns(Tensor y, Tensor a, Tensor b) {
        int times = a.rows() / b.rows();
        check("joinColumns", y.rows() == a.rows() && times * b.rows() == a.rows());
        check("joinColumns", y.columns() == a.columns() + b.columns());
        for (int r = 0; r < y.rows(); r++) {
            for (int c = 0; c < y.columns(); c++) {
                int behind = c - a.columns();
                double value = behind < 0 ? at(a, r * a.columns() + c) : at(b, r / times * b.columns() + behind);
                set(y, r * y.columns() + c, value);
            }
        }
    }

    static void firstColumns(Tensor x, Tensor y) {
        check("firstColumns", x.rows() == y.rows() && x.columns() <= y.columns());
        for (int r = 0; r < x.rows(); r++) {
            for (int c = 0; c < x.columns(); c++) {
                set(x, r * x.columns() + c, at(y, r * y.columns() + c));
            }
        }
    }
}
