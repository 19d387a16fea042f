package io.jcuvae.jobs;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongConsumer;

/**
 * Scores of rows as a job: what {@link Scoring} writes, without its report, which looks at all rows at once. A row is its
 * score, then a number and a share for each column to blame, the number -1 where there is none.
 */
public final class ScoreJob implements RowJob {
    private final DataSource source;
    private final RowRange range;
    private final Scoring.Request request;
    private final JsonObject options;
    private final RowFeed feed;
    private final RowScorer scorer;
    private final RowLabels labels;
    private final Blame blame;

    /**
     * Scores as a job.
     *
     * @param request of which recipe, calibration and blame count
     * @throws UserError when the data do not fit the model, or the calibration not the recipe
     */
    public ScoreJob(Model model, Backend backend, DataSource source, RowRange range, Scoring.Request request) {
        Split split = Rows.split(source, range.split());
        this.source = source;
        this.range = range;
        this.request = request;
        if (request.calibration() != null) {
            request.calibration().misfit(request.recipe()).ifPresent(why -> {
                throw new UserError("--by: " + why);
            });
        }
        options = MappedRows.options(source, split, range, backend);
        options.addProperty("by", request.recipe().kind().label());
        options.addProperty("draws", request.recipe().draws());
        options.addProperty("blame", request.blame());
        options.addProperty(
                "threshold",
                request.calibration() == null
                        ? null
                        : request.calibration().threshold().threshold());
        labels = Rows.labels(model, source, split, range.limit());
        blame = Scoring.blame(model, backend, source, split, request);
        scorer = new RowScorer(model, backend, request.recipe(), blame != null);
        feed = new RowFeed(model, source, split, range.limit(), scorer.rows(), false);
    }

    @Override
    public String kind() {
        return "score";
    }

    @Override
    public JsonObject options() {
        return options.deepCopy();
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
    public int[] rowShape() {
        return new int[0];
    }

    @Override
    public long rowBytes() {
        return (long) Float.BYTES * (1 + 2 * request.blame());
    }

    @Override
    public RowWriter writer(Path file, long first, long from, long count, RowTarget.Opener opener) {
        if (String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT).endsWith(".json")) {
            throw new UserError(
                    file + ": a job writes scores to .csv, .parquet or .npy; name the file so, or leave out --shards,"
                            + " --resume and --manifest");
        }
        ScoreFile scores = new ScoreFile(file, request.calibration() != null, false, request.blame(), count, opener);
        return new Lines(scores, range.first() + from);
    }

    /** Rows of numbers to rows of the file. */
    private final class Lines implements RowWriter {
        private final ScoreFile file;
        private long row;

        Lines(ScoreFile file, long row) {
            this.file = file;
            this.row = row;
        }

        @Override
        public void write(float[] rows, int count) {
            int width = 1 + 2 * request.blame();
            for (int r = 0; r < count; r++) {
                file.write(line(rows, r * width));
                row++;
            }
        }

        private ScoreFile.Row line(float[] rows, int at) {
            float score = rows[at];
            int blamed = 0;
            while (blamed < request.blame() && rows[at + 1 + 2 * blamed] >= 0) {
                blamed++;
            }
            int[] columns = new int[blamed];
            float[] shares = new float[blamed];
            for (int i = 0; i < blamed; i++) {
                columns[i] = (int) rows[at + 1 + 2 * i];
                shares[i] = rows[at + 2 + 2 * i];
            }
            Boolean above = request.calibration() == null
                    ? null
                    : score > request.calibration().threshold().threshold();
            return new ScoreFile.Row(
                    row, score, above, null, blame == null ? new String[0] : blame.names(columns), shares);
        }

        @Override
        public void commit() {
            file.commit();
        }

        @Override
        public void close() {
            file.close();
        }
    }

    @Override
    public void make(long from, long to, RowWriter writer, LongConsumer done) {
        long begin = range.first() + from;
        long end = to == Long.MAX_VALUE ? range.end() : Math.min(range.end(), range.first() + to);
        long start = begin / scorer.rows() * scorer.rows();
        int width = 1 + 2 * request.blame();
        long[] at = {start};
        feed.seek(start);
        RowScorer.Taker taker = (scores, values, count) -> {
            int skip = (int) Math.min(count, Math.max(0, begin - at[0]));
            float[] rows = new float[(count - skip) * width];
            for (int i = skip; i < count; i++) {
                int place = (i - skip) * width;
                rows[place] = scores[i];
                if (blame != null) {
                    blamed(rows, place + 1, values, i);
                }
            }
            if (count > skip) {
                writer.write(rows, count - skip);
            }
            at[0] += count;
            done.accept(at[0] - begin);
        };
        scorer.run(feed.until(end), start, labels, source.name(), taker, Progress.SILENT);
    }

    private void blamed(float[] rows, int place, float[] values, int row) {
        int[] columns = blame.columns(values, row);
        float[] shares = blame.shares(columns, values, row);
        for (int i = 0; i < request.blame(); i++) {
            rows[place + 2 * i] = i < columns.length ? columns[i] : -1;
            rows[place + 2 * i + 1] = i < columns.length ? shares[i] : 0;
        }
    }

    @Override
    public void close() {
        feed.close();
        scorer.close();
    }
}
