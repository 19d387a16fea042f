package io.jcuvae.jobs;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * A row for each row of data. Row i is always computed at place i mod B of a batch, whichever rows are asked for: a product of
 * matrices may round a row otherwise at another place.
 */
abstract class MappedRows implements RowJob {
    private final DataSource source;
    private final RowRange range;
    private final RowFeed feed;
    private final BoundModel bound;
    private final FeedUpload upload;
    private final RowLabels labels;
    private final Backend backend;
    private final JsonObject options;
    private RowsOut out;
    private String file = "";

    MappedRows(Model model, Backend backend, DataSource source, RowRange range) {
        Split split = Rows.split(source, range.split());
        this.source = source;
        this.range = range;
        this.backend = backend;
        bound = new BoundModel(model, backend);
        feed = new RowFeed(model, source, split, range.limit(), bound.rows(), true);
        upload = new FeedUpload(backend, bound.input());
        labels = Rows.labels(model, source, split, range.limit());
        options = options(source, split, range, backend);
    }

    /** What decides which rows are read, and what computes. */
    static JsonObject options(DataSource source, Split split, RowRange range, Backend backend) {
        JsonObject json = new JsonObject();
        json.addProperty("data", source.name());
        json.addProperty("split", split.toString());
        json.addProperty("limit", range.limit());
        json.addProperty("first", range.first());
        json.addProperty("device", backend.name());
        return json;
    }

    /** Remembers the file under way, for messages. */
    void named(Path path) {
        file = path.toString();
    }

    /** The way for what a batch leaves. */
    abstract RowsOut rowsOut(Backend backend, BoundModel model, boolean pixels);

    /** Computes what the model has as its input. */
    abstract void compute(BoundModel model);

    @Override
    public JsonObject options() {
        return options.deepCopy();
    }

    @Override
    public List<String> warnings() {
        return source.warnings();
    }

    @Override
    public long rows() {
        return range.within(feed.known(), source);
    }

    @Override
    public long count() {
        return range.within(feed.count(), source);
    }

    @Override
    public void make(long from, long to, RowWriter writer, LongConsumer done) {
        if (out == null) {
            out = rowsOut(backend, bound, writer.pixels());
        }
        long begin = range.first() + from;
        long end = to > Long.MAX_VALUE - range.first() ? range.end() : Math.min(range.end(), range.first() + to);
        out.to(writer, file, begin, done, () -> {
            int rows = bound.rows();
            feed.seek(begin / rows * rows);
            for (long at = begin / rows * rows; at < end; at += rows) {
                int read = feed.next();
                int skip = (int) Math.max(0, begin - at);
                int count = (int) Math.min(read, end - at);
                if (count <= skip) {
                    feed.requireAfter(begin, at);
                    break;
                }
                bound.label(labels, at, read);
                upload.take(feed);
                compute(bound);
                out.send(count, skip);
            }
        });
    }

    @Override
    public void close() {
        feed.close();
        if (out != null) {
            out.close();
        }
    }
}
