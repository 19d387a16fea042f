package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import java.nio.file.Path;

/**
 * Turns samples into the parameters of their posteriors: Z means, which are the codes, and Z log variances where there are
 * such. No noise is drawn, and values in [0, 1] go in as they are even where training drew them to 0 or 1.
 */
public final class Encoding {
    private Encoding() {}

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
        try (SampleReader reader = Rows.open(model, source, Rows.split(source, splitOrNull), limit);
                RowWriter writer = RowWriters.latents(
                        out, valuesOfALatent(model), model.spec().latents(), reader.count())) {
            BoundModel bound = new BoundModel(model, backend);
            float[] samples = bound.samples();
            try (RowsOut rows = new RowsOut(
                    backend, bound.head(), writer, out.toString(), done -> progress.at(done, reader.count()))) {
                int read;
                while ((read = reader.read(samples, bound.rows())) > 0) {
                    bound.encode(samples);
                    rows.send(read);
                }
                rows.flush();
            }
            writer.commit();
        }
    }
}
