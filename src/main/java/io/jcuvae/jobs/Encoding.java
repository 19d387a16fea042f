package io.jcuvae.jobs;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;

/**
 * Turns samples into the parameters of their posteriors: Z means, which are the codes, and Z log variances where there are
 * such. No noise is drawn, and values in [0, 1] go in as they are even where training drew them to 0 or 1.
 */
public final class Encoding extends MappedRows {
    private final int values;
    private final int latents;
    private final int slots;
    private final Form form;

    /**
     * The posteriors of rows.
     *
     * @throws io.jcuvae.tensor.UserError when the data do not fit the model
     */
    public Encoding(Model model, Backend backend, DataSource source, RowRange range, Form form) {
        super(requireCodes(model, form), backend, source, range);
        this.form = form;
        slots = model.spec().slots();
        values = valuesOfALatent(model);
        latents = model.spec().latents();
    }

    private static Model requireCodes(Model model, Form form) {
        if (form == Form.CODES && model.spec().slots() == 0) {
            throw new UserError("--codes: the model has no codebook (--posterior "
                    + model.spec().posterior().label() + "), and so no numbers of codes; leave the option out");
        }
        return model;
    }

    /** What is written of a row. */
    public enum Form {
        /** Means and log variances, or the code where it is a point: of a codebook the vectors of its codes. */
        POSTERIOR,
        /** The numbers of its codes, of a model with a codebook. */
        CODES
    }

    /** 2, mean and logarithm of the variance, or 1 where a code is a point. */
    public static int valuesOfALatent(Model model) {
        return model.spec().posterior().headWidth(1);
    }

    /**
     * Writes the posterior of every row, in the order of the rows and batch by batch.
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
        run(model, backend, source, splitOrNull, limit, Form.POSTERIOR, out, progress);
    }

    /** The same in some form. */
    public static void run(
            Model model,
            Backend backend,
            DataSource source,
            Split splitOrNull,
            int limit,
            Form form,
            Path out,
            Progress progress) {
        try (Encoding job = new Encoding(model, backend, source, RowRange.of(splitOrNull, limit), form)) {
            job.write(out, progress);
        }
    }

    @Override
    public String kind() {
        return "encode";
    }

    @Override
    public JsonObject options() {
        JsonObject json = super.options();
        json.addProperty("codes", form == Form.CODES);
        return json;
    }

    @Override
    public int[] rowShape() {
        if (form == Form.CODES) {
            return new int[] {slots};
        }
        return values == 1 ? new int[] {latents} : new int[] {values, latents};
    }

    @Override
    public long rowBytes() {
        return (long) Float.BYTES * (form == Form.CODES ? slots : values * latents);
    }

    @Override
    public RowWriter writer(Path file, long first, long from, long count, RowTarget.Opener opener) {
        named(file);
        return form == Form.CODES
                ? RowWriters.codes(file, slots, count, opener)
                : RowWriters.latents(file, values, latents, count, opener);
    }

    @Override
    RowsOut rowsOut(Backend backend, BoundModel model, boolean pixels) {
        return new RowsOut(backend, form == Form.CODES ? model.codeNumbers() : model.head());
    }

    @Override
    void compute(BoundModel model) {
        model.encode();
    }
}
