package io.jcuvae.jobs;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * Puts the batches of a feed into a tensor of floats. Bytes are copied as they are and become floats on the device, by all of its
 * threads: a quarter of what floats are to copy.
 */
final class FeedUpload {
    private final Backend backend;
    private final Tensor x;
    /** Rows of bytes, and what {@code gather} takes besides: null until there are such rows. */
    private Tensor bytes;

    private Tensor order;
    private Tensor scalars;

    /**
     * Prepares it.
     *
     * @param x [B, D], where B is the feed's batch
     */
    FeedUpload(Backend backend, Tensor x) {
        this.backend = backend;
        this.x = x;
    }

    /** Takes the batch under way; where it has fewer than B rows, there are others behind them. */
    void take(RowFeed feed) {
        if (!feed.bytes()) {
            backend.upload(x, feed.values(), 0);
            return;
        }
        if (bytes == null) {
            bytes = Tensor.of(backend.allocate(ElementType.U8, x.count()), Shape.of(x.rows(), x.columns()));
            order = Tensor.of(backend.allocate(ElementType.I32, x.rows()), Shape.of(x.rows()));
            backend.upload(order, IntStream.range(0, x.rows()).toArray());
            scalars = Scalars.allocate(backend);
        }
        backend.upload(bytes, feed.pixels(), 0);
        backend.ops().gather(x, bytes, order, scalars, Binarization.NONE, 0);
    }
}
