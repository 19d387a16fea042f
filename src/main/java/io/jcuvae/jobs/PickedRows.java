package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.Arrays;
import java.util.List;

/**
 * Rows in memory for pictures, with their labels where there are such.
 *
 * @param count N
 * @param rows [N, D], as the model sees them
 * @param told what a model with labels is told of them
 * @param labels one for each row, or null where the data have none
 * @param labelNames the name of each label, which is its place; null where labels are just numbers
 * @param source of the rows as the user named it
 */
public record PickedRows(
        int count, float[] rows, RowLabels told, int[] labels, List<String> labelNames, String source) {
    /**
     * The first rows of a source.
     *
     * @param splitOrNull null for what the source is evaluated on
     * @param limit at most so many, at least 1
     * @throws UserError when the data do not fit the model
     */
    public static PickedRows read(Model model, DataSource source, Split splitOrNull, int limit) {
        Split split = Rows.split(source, splitOrNull);
        float[] rows;
        int done = 0;
        try (SampleReader reader = Rows.open(model, source, split, limit)) {
            int width = reader.shape().width();
            int room = reader.count() < 0 ? limit : (int) Math.min(limit, reader.count());
            rows = new float[Math.multiplyExact(room, width)];
            float[] batch = new float[Math.min(room, 1024) * width];
            int read;
            while (done < room && (read = reader.read(batch, Math.min(room - done, 1024))) > 0) {
                System.arraycopy(batch, 0, rows, done * width, read * width);
                done += read;
            }
            rows = Arrays.copyOf(rows, done * width);
        }
        int[] labels = source.labels(split, limit);
        return new PickedRows(
                done, rows, Rows.labels(model, source, split, limit), labels, source.labelNames(), source.name());
    }

    /** The first rows of a data set, which is as its source has it. */
    public static PickedRows of(Model model, Dataset data, int limit) {
        int count = Math.min(limit, data.count());
        Dataset first = model.data().table().encoded(data.first(count));
        float[] rows = new float[Math.multiplyExact(count, data.width())];
        for (int r = 0; r < count; r++) {
            first.copyRow(r, rows, r * data.width());
        }
        return new PickedRows(
                count,
                rows,
                RowLabels.of(model.data().classes(), first),
                first.labels(),
                first.labelNames(),
                data.name());
    }

    /** The name of a row's label. */
    public String label(int row) {
        int label = labels[row];
        return labelNames == null ? Integer.toString(label) : labelNames.get(label);
    }

    /**
     * One row.
     *
     * @param option to name in the error
     * @throws UserError when there is no such row
     */
    public float[] row(int number, String option) {
        if (number < 0 || number >= count) {
            throw new UserError(option + ": " + number + " is no row of " + source + ", which has " + count
                    + " rows, numbered 0 to " + (count - 1));
        }
        return Inspection.row(rows, number, rows.length / count);
    }
}
