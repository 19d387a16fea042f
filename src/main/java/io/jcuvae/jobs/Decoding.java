package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.SampleReader;
import io.jcuvae.tensor.Backend;
import io.jcuvae.train.Model;
import java.nio.file.Path;

/** Turns codes into their expected data. */
public final class Decoding {
    private Decoding() {}

    /**
     * Writes the expected data of every code, in the order of the codes and batch by batch.
     *
     * @param latentsFile codes as {@link Encoding} writes them, one row of Z numbers each
     * @param labelOrNull the class of all codes, of a model that is told labels
     * @param out its ending says the format
     * @throws io.jcuvae.tensor.UserError when the codes do not fit the model, or a file cannot be read or written
     */
    public static void run(
            Model model, Backend backend, String latentsFile, String labelOrNull, Path out, Progress progress) {
        int number = Labels.one(model, labelOrNull);
        try (SampleReader reader =
                        DataSource.openLatents(latentsFile, model.spec().latents());
                RowWriter writer = Rows.writer(model, out, reader.count(), 0)) {
            BoundModel bound = new BoundModel(model, backend);
            bound.label(number);
            float[] codes = bound.codes();
            try (RowsOut rows = RowsOut.expected(backend, bound, writer.pixels())) {
                rows.to(writer, out.toString(), 0, done -> progress.at(done, reader.count()), () -> {
                    int read;
                    while ((read = reader.read(codes, bound.rows())) > 0) {
                        bound.decode(codes);
                        rows.send(read);
                    }
                });
            }
            writer.commit();
        }
    }
}
