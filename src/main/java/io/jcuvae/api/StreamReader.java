package io.jcuvae.api;

import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;

/** A stream as rows to read, whatever its batches are. */
final class StreamReader implements SampleReader {
    private final RowStream stream;
    private final SampleShape shape;
    private final int limit;
    private Rows batch;
    private int taken;
    private long read;

    /**
     * A reader.
     *
     * @param limit the first rows to read, 0 for all
     */
    StreamReader(RowStream stream, int limit) {
        int[] sizes = stream.shape();
        this.stream = stream;
        this.limit = limit;
        shape = new SampleShape(sizes.length == 0 ? new int[] {1} : sizes);
    }

    @Override
    public SampleShape shape() {
        return shape;
    }

    @Override
    public long count() {
        return stream.count() < 0 || limit == 0 ? stream.count() : Math.min(limit, stream.count());
    }

    @Override
    public int read(float[] out, int maxRows) {
        int wanted = limit == 0 ? maxRows : (int) Math.min(maxRows, limit - read);
        int width = shape.width();
        int got = 0;
        while (got < wanted && (batch != null || stream.hasNext())) {
            if (batch == null) {
                batch = stream.next();
                taken = 0;
            }
            int some = Math.min(wanted - got, batch.count() - taken);
            System.arraycopy(batch.values(), taken * width, out, got * width, some * width);
            got += some;
            taken += some;
            if (taken == batch.count()) {
                batch = null;
            }
        }
        read += got;
        return got;
    }

    @Override
    public void close() {
        stream.close();
    }
}
