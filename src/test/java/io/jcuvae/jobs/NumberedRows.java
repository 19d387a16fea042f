package io.jcuvae.jobs;

import com.google.gson.JsonObject;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/** Rows that are functions of their number, in batches of seven. */
final class NumberedRows implements RowJob {
    private static final int BATCH = 7;
    private final long rows;
    private final int seed;
    private final boolean folder;
    /** Rows made, in all calls. */
    long made;
    /** Done before every batch. */
    Runnable meanwhile = () -> {};

    NumberedRows(long rows, int seed, boolean folder) {
        this.rows = rows;
        this.seed = seed;
        this.folder = folder;
    }

    @Override
    public String kind() {
        return "count";
    }

    @Override
    public JsonObject options() {
        JsonObject json = new JsonObject();
        json.addProperty("seed", seed);
        return json;
    }

    @Override
    public long rows() {
        return rows;
    }

    @Override
    public int[] rowShape() {
        return new int[] {2, 3};
    }

    @Override
    public long rowBytes() {
        return 24;
    }

    @Override
    public RowWriter writer(Path file, long first, long from, long count, RowTarget.Opener opener) {
        RowWriters.Form form = new RowWriters.Form(folder, false, 0, List.of());
        return RowWriters.samples(file, new SampleShape(2, 3), first, count, form, Table.NONE, opener);
    }

    @Override
    public void make(long from, long to, RowWriter writer, LongConsumer done) {
        for (long row = from; row < Math.min(to, rows); row += BATCH) {
            meanwhile.run();
            int some = (int) Math.min(BATCH, Math.min(to, rows) - row);
            float[] values = new float[6 * some];
            for (int i = 0; i < values.length; i++) {
                values[i] = ((6 * row + i) * 37 + seed) % 256 / 255f;
            }
            writer.write(values, some);
            made += some;
            done.accept(row + some - from);
        }
    }

    @Override
    public void close() {
        meanwhile = () -> {};
    }
}
