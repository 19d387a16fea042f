package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Ops;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;

/** Where a step finds the rows of its batch on the device. Both kinds give it the same rows. */
public sealed interface BatchSource {
    /**
     * Fetches the next rows of the epoch's order.
     *
     * @param x receives [B, D]
     * @param key of the draws that binarize
     */
    void gather(Ops ops, Tensor x, Tensor scalars, Binarization binarization, long key);

    /**
     * Fetches the labels of the same rows.
     *
     * @param oneHot receives [B, K]
     */
    default void gatherLabels(Ops ops, Tensor oneHot, Tensor scalars) {
        ops.gatherOneHot(oneHot, labels(), order(), scalars);
    }

    /** [N]: the class of each row of the set, all of them on the device; null where the model is not told. */
    Tensor labels();

    /** [N]: the rows in the epoch's order. */
    Tensor order();

    /** The classes of all rows on a device, or null where there are none. */
    static Tensor upload(RowLabels labels, Backend backend) {
        int[] numbers = labels.numbers();
        if (numbers.length == 0) {
            return null;
        }
        Tensor onDevice = Tensor.of(backend.allocate(ElementType.I32, numbers.length), Shape.of(numbers.length));
        backend.upload(onDevice, numbers);
        return onDevice;
    }

    /** All rows of a set on a device, [N, D], as bytes or floats. */
    static Tensor upload(Dataset data, Backend backend) {
        Shape shape = Shape.of(data.count(), data.width());
        ElementType type = data.isBytes() ? ElementType.U8 : ElementType.F32;
        Tensor rows = Tensor.of(backend.allocate(type, shape.count()), shape);
        if (data.isBytes()) {
            backend.upload(rows, data.bytes(), 0);
        } else {
            backend.upload(rows, data.floats(), 0);
        }
        return rows;
    }

    /**
     * All rows are there.
     *
     * @param data [N, D], bytes or floats
     * @param order [N]: the rows in the epoch's order
     * @param labels [N], or null
     */
    record Resident(Tensor data, Tensor order, Tensor labels) implements BatchSource {
        @Override
        public void gather(Ops ops, Tensor x, Tensor scalars, Binarization binarization, long key) {
            ops.gather(x, data, order, scalars, binarization, key);
        }
    }

    /**
     * The next rows of the epoch are there; the host keeps ahead of the steps.
     *
     * @param ring [W, D], bytes or floats: row p of the order lies at p mod W
     * @param order [N]: the rows in the epoch's order
     * @param labels [N], or null
     */
    record Fed(Tensor ring, Tensor order, Tensor labels) implements BatchSource {
        @Override
        public void gather(Ops ops, Tensor x, Tensor scalars, Binarization binarization, long key) {
            ops.gatherFed(x, ring, order, scalars, binarization, key);
        }
    }
}
