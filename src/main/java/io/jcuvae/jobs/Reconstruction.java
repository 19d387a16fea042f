package io.jcuvae.jobs;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import java.nio.file.Path;

/**
 * Encodes samples and decodes the posterior's mean to its expected data. No noise is drawn, and values in [0, 1] go in as they
 * are even where training drew them to 0 or 1, so a sample has one reconstruction.
 */
public final class Reconstruction extends MappedRows {
    private final Model model;
    private final RowWriters.Form form;

    /**
     * The reconstructions of rows.
     *
     * @throws io.jcuvae.tensor.UserError when the data do not fit the model
     */
    public Reconstruction(Model model, Backend backend, DataSource source, RowRange range, RowWriters.Form form) {
        super(model, backend, source, range);
        this.model = model;
        this.form = form;
    }

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
        RowRange range = RowRange.of(splitOrNull, limit);
        try (Reconstruction job = new Reconstruction(model, backend, source, range, RowWriters.Form.USUAL)) {
            job.write(out, progress);
        }
    }

    @Override
    public String kind() {
        return "reconstruct";
    }

    @Override
    public JsonObject options() {
        JsonObject json = super.options();
        json.addProperty("bytes", form.bytes());
        return json;
    }

    @Override
    public int[] rowShape() {
        return model.data().shape().sizes();
    }

    @Override
    public long rowBytes() {
        return Rows.bytes(model, form);
    }

    @Override
    public RowWriter writer(Path file, long first, long from, long count, RowTarget.Opener opener) {
        named(file);
        return Rows.writer(model, file, first, count, form, opener);
    }

    @Override
    RowsOut rowsOut(Backend backend, BoundModel bound, boolean pixels) {
        return RowsOut.expected(backend, bound, pixels);
    }

    @Override
    void compute(BoundModel bound) {
        bound.reconstruct();
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
