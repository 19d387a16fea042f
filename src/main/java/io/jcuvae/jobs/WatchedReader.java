package io.jcuvae.jobs;

import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.ValueKind;
import java.util.function.Consumer;

/** Passes rows on, telling how far it is and what kind of values there have been so far. */
final class WatchedReader implements SampleReader {
    private final SampleReader reader;
    private final Progress progress;
    private final Consumer<ValueKind> atNewKind;
    private ValueKind kind = ValueKind.BINARY;
    private long done;

    /**
     * Wraps a reader, which is closed with this one.
     *
     * @param atNewKind called when the kind widens, before the rows are passed on
     */
    WatchedReader(SampleReader reader, Progress progress, Consumer<ValueKind> atNewKind) {
        this.reader = reader;
        this.progress = progress;
        this.atNewKind = atNewKind;
    }

    /** The narrowest kind that holds every value read so far. */
    ValueKind kind() {
        return kind;
    }

    @Override
    public int read(float[] out, int maxRows) {
        int rows = reader.read(out, maxRows);
        ValueKind before = kind;
        for (int i = 0; i < rows * shape().width() && kind != ValueKind.REAL; i++) {
            if (!(out[i] >= 0 && out[i] <= 1)) {
                kind = ValueKind.REAL;
            } else if (out[i] != 0 && out[i] != 1) {
                kind = ValueKind.UNIT;
            }
        }
        if (kind != before) {
            atNewKind.accept(kind);
        }
        done += rows;
        progress.at(done, count());
        return rows;
    }

    @Override
    public SampleShape shape() {
        return reader.shape();
    }

    @Override
    public boolean bytes() {
        return reader.bytes();
    }

    @Override
    public long count() {
        return reader.count();
    }

    @Override
    public void close() {
        reader.close();
    }
}
