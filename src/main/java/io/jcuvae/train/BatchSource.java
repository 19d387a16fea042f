package io.jcuvae.train;

import io.jcuvae.data.Dataset;
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
     */
    record Resident(Tensor data, Tensor order) implements BatchSource {
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
     */
    record Fed(Tensor ring, Tensor order) implements BatchSource {
        @Override
        public void gather(Ops ops, Tensor x, Tensor scalars, Binarization binarization, long key) {
            ops.gatherFed(x, ring, order, scalars, binarization, key);
        }
    }
}
