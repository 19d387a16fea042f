package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;

/**
 * Turns samples into the parameters of their posteriors: Z means, which are the codes, and Z log variances where there are
 * such. No noise is drawn, and values in [0, 1] go in as they are even where training drew them to 0 or 1.
 */
public final class Encoding {
    private Encoding() {}

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
        boolean numbers = form == Form.CODES;
        if (numbers && model.spec().slots() == 0) {
            throw new UserError("--codes: the model has no codebook (--posterior "
                    + model.spec().posterior().label() + "), and so no numbers of codes; leave the option out");
        }
        try (SampleReader reader = Rows.open(model, source, Rows.split(source, splitOrNull), limit);
                RowWriter writer = numbers
                        ? RowWriters.codes(out, model.spec().slots(), reader.count())
                        : RowWriters.latents(
                                out, valuesOfALatent(model), model.spec().latents(), reader.count())) {
            BoundModel bound = new BoundModel(model, backend);
            RowLabels labels = Rows.labels(model, source, Rows.split(source, splitOrNull), limit);
            float[] samples = bound.samples();
            long done = 0;
            Tensor from = numbers ? bound.codeNumbers() : bound.head();
            try (RowsOut rows =
                    new RowsOut(backend, from, writer, out.toString(), n -> progress.at(n, reader.count()))) {
                int read;
                while ((read = reader.read(samples, bound.rows())) > 0) {
                    bound.label(labels, done, read);
                    bound.encode(samples);
                    done += read;
                    rows.send(read);
                }
                rows.flush();
            }
            writer.commit();
        }
    }
}
