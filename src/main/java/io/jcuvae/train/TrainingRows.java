package io.jcuvae.train;

import io.jcuvae.data.Dataset;
import io.jcuvae.data.Permutation;
import io.jcuvae.data.RowLabels;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Copy;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The training rows as a device sees them: all of them where they fit, else two blocks of the epoch's order, of which one is
 * used while the other is filled. Steps compute the same either way.
 */
final class TrainingRows {
    /** Bytes of a block: enough that a copy's fixed costs do not show, little beside any device's memory. */
    private static final long BLOCK = 4 << 20;
    /** Memory that stays free for what comes later, at most: noise, recorded steps, the pictures at the end. */
    private static final long SPARE = 1 << 30;

    private final Dataset data;
    private final Backend backend;
    private final long seed;
    private final boolean shuffles;
    private final Tensor order;
    private final BatchSource source;
    /** Rows of a block, a multiple of the batch; 0 where all rows are on the device. */
    private final int block;

    private final byte[] bytes;
    private final float[] floats;
    private final Copy[] underWay = new Copy[2];
    private int[] rows;
    private int epoch;
    private int nextBlock;

    /**
     * Puts the rows where there is room for them.
     *
     * @param labels of the rows, which are on the device in any case
     * @param batch rows of a step
     * @param shuffles whether each epoch has an order of its own, else all have that of the data
     * @param told one line where they do not fit
     */
    TrainingRows(
            Dataset data,
            RowLabels labels,
            int batch,
            long seed,
            boolean shuffles,
            Backend backend,
            Consumer<String> told) {
        this.shuffles = shuffles;
        this.data = data;
        this.backend = backend;
        this.seed = seed;
        order = Tensor.of(backend.allocate(ElementType.I32, data.count()), Shape.of(data.count()));
        Tensor classes = BatchSource.upload(labels, backend);
        int width = data.width();
        long rowBytes = (long) width * type().bytes();
        long left = backend.memoryLeft();
        if (rowBytes * data.count() <= left - Math.min(left / 8, SPARE)) {
            block = 0;
            bytes = null;
            floats = null;
            source = new BatchSource.Resident(BatchSource.upload(data, backend), order, classes);
            return;
        }
        long batches = Math.max(1, Math.min(BLOCK, left / 4) / (batch * rowBytes));
        block = Math.toIntExact(Math.min(batches, (data.count() + batch - 1) / batch) * batch);
        bytes = data.isBytes() ? new byte[Math.multiplyExact(block, width)] : null;
        floats = data.isBytes() ? null : new float[Math.multiplyExact(block, width)];
        Shape ring = Shape.of(2 * block, width);
        source = new BatchSource.Fed(Tensor.of(backend.allocate(type(), ring.count()), ring), order, classes);
        told.accept(String.format(
                Locale.ROOT,
                "the training data take %,.1f MiB and %,.1f MiB are left on the device: they are copied to it as the"
                        + " steps need them; the figures are the same",
                rowBytes * data.count() / 0x1p20,
                left / 0x1p20));
    }

    private ElementType type() {
        return data.isBytes() ? ElementType.U8 : ElementType.F32;
    }

    /** What steps gather from. */
    BatchSource source() {
        return source;
    }

    /**
     * Prepares the steps from a position of an epoch on.
     *
     * @param position the next row of the epoch's order
     */
    void begin(int wanted, int position) {
        if (epoch != wanted) {
            rows = shuffles
                    ? Permutation.of(data.count(), seed, wanted)
                    : IntStream.range(0, data.count()).toArray();
            backend.upload(order, rows);
            epoch = wanted;
        }
        if (block > 0) {
            // A copy that nobody waited for would still use the arrays that the next one is made from.
            joinAll();
            nextBlock = position / block;
        }
    }

    private void joinAll() {
        for (int i = 0; i < underWay.length; i++) {
            if (underWay[i] != null) {
                underWay[i].join();
                underWay[i] = null;
            }
        }
    }

    /**
     * Makes sure that a step finds its rows; called before each, in the epoch's order.
     *
     * @param position the step's first row of the epoch's order
     * @param count its rows
     */
    void require(int position, int count) {
        if (block == 0) {
            return;
        }
        int first = position / block;
        // The block after this one takes the place of the one before, which all steps asked for so far have left
        // behind.
        while (nextBlock <= first + 1 && (long) nextBlock * block < data.count()) {
            fill(nextBlock++);
        }
        for (int b = first; b <= (position + count - 1) / block; b++) {
            if (underWay[b % 2] != null) {
                underWay[b % 2].join();
                underWay[b % 2] = null;
            }
        }
    }

    private void fill(int number) {
        int width = data.width();
        int start = number * block;
        int count = Math.min(block, data.count() - start);
        for (int r = 0; r < count; r++) {
            int from = rows[start + r] * width;
            if (data.isBytes()) {
                System.arraycopy(data.bytes(), from, bytes, r * width, width);
            } else {
                System.arraycopy(data.floats(), from, floats, r * width, width);
            }
        }
        Tensor ring = ((BatchSource.Fed) source).ring();
        Tensor place = ring.view((long) (number % 2) * block * width, Shape.of(count, width));
        underWay[number % 2] =
                data.isBytes() ? backend.copyAhead(place, bytes, 0) : backend.copyAhead(place, floats, 0);
    }
}
