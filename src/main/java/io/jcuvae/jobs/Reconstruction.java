package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import java.nio.file.Path;

/**
 * Encodes samples and decodes the posterior's mean to its expected data. No noise is drawn, and values in [0, 1] go in as they
 * are even where training drew them to 0 or 1, so a sample has one reconstruction.
 */
public final class Reconstruction {
    private Reconstruction() {}

    /**
     * Writes the reconstruction of every row, in the order of the rows and batch by batch.
     *
     * @param splitOrNull null for what the source is evaluated on
     * @param limit the first rows to use, 0 for all
     * @param out its ending says the format
     * @throws io.jcuvae.tensor.UserError when the data do not fit the model, or the file cannot be written
     */
    public static void run(
            Model model,
            Backend backend,
            DataSource source,
            Split splitOrNull,
            int limit,
            Path out,
            Progress progress) {
        try (SampleReader reader = Rows.open(model, source, Rows.split(source, splitOrNull), limit);
                RowWriter writer = Rows.writer(model, out, reader.count(), 0)) {
            BoundModel bound = new BoundModel(model, backend);
            RowLabels labels = Rows.labels(model, source, Rows.split(source, splitOrNull), limit);
            float[] samples = bound.samples();
            long done = 0;
            try (RowsOut rows =
                    new RowsOut(backend, bound.output(), writer, out.toString(), n -> progress.at(n, reader.count()))) {
                int read;
                while ((read = reader.read(samples, bound.rows())) > 0) {
                    bound.label(labels, done, read);
                    bound.reconstruct(samples);
                    done += read;
                    rows.send(read);
                }
                rows.flush();
            }
            writer.commit();
        }
    }

    /**
     * The reconstructions of rows in memory: for pictures.
     *
     * @param rows [count, D], as the model sees them: where it knows columns, what its {@link io.jcuvae.data.Table} encodes
     * @return [count, D], of the same kind
     */
    public static float[] of(Model model, Backend backend, float[] rows, int count) {
        return of(model, backend, rows, RowLabels.NONE, count);
    }

    /**
     * The same of a model that is told labels.
     *
     * @param labels of the rows
     */
    public static float[] of(Model model, Backend backend, float[] rows, RowLabels labels, int count) {
        BoundModel bound = new BoundModel(model, backend);
        float[] batch = bound.samples();
        float[] all = new float[Math.multiplyExact(count, bound.width())];
        for (int done = 0; done < count; done += bound.rows()) {
            int read = Math.min(bound.rows(), count - done);
            int values = read * bound.width();
            bound.label(labels, done, read);
            System.arraycopy(rows, done * bound.width(), batch, 0, values);
            bound.reconstruct(batch, batch);
            System.arraycopy(batch, 0, all, done * bound.width(), values);
        }
        return all;
    }
}
