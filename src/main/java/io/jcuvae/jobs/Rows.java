package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.PictureLayout;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.data.Values;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;

/** Opens the rows that a job reads, and checks that the model can take them. */
final class Rows {
    private Rows() {}

    /** The split to read: the given one, or what the source is evaluated on. */
    static Split split(DataSource source, Split splitOrNull) {
        return splitOrNull == null ? source.evaluationSplit() : splitOrNull;
    }

    /**
     * A reader of rows as wide as the model's samples, pictures in the model's order of values; where the model needs values
     * in [0, 1] it refuses others as they come. Columns that the model knows are as it sees them: standardised.
     *
     * @param limit the first rows to read, 0 for all
     * @throws UserError naming both shapes when they do not fit
     */
    static SampleReader open(Model model, DataSource source, Split split, int limit) {
        return open(model, source.by(model.data().table()).open(split, limit), source.name());
    }

    /**
     * The same of rows as their source has them.
     *
     * @param rows closed with the result, or here when they do not fit
     * @param name of the source, for messages
     */
    static SampleReader open(Model model, SampleReader rows, String name) {
        if (!PictureLayout.agree(rows.shape(), model.data().shape())) {
            String found = describe(rows.shape());
            rows.close();
            throw new UserError(name + ": data has samples of " + found + " values, the model takes "
                    + describe(model.data().shape()) + "; name data like the model's training data, "
                    + model.data().source());
        }
        SampleReader reader = model.data()
                .table()
                .encoded(PictureLayout.match(rows, model.data().shape()), name);
        boolean drawn = model.config().binarization() != Binarization.NONE;
        if (!drawn && !model.config().likelihood().needsUnitData()) {
            return reader;
        }
        return Values.requireUnit(
                reader,
                name,
                (drawn
                                ? "binarization"
                                : "the likelihood "
                                        + model.config().likelihood().label()) + " needs values in [0, 1]");
    }

    /**
     * A writer of samples, which takes the model's rows and writes them in the units of its training data.
     *
     * @param count rows, or -1 where it is not known yet
     * @param columns pictures in a line of a .png, 0 for a near-square grid
     */
    static RowWriter writer(Model model, Path out, long count, int columns) {
        return writer(model, out, 0, count, RowWriters.Form.USUAL.with(columns), RowTarget.Opener.WHOLE);
    }

    /**
     * The same in a form.
     *
     * @param first number of the first row
     * @param opener where the bytes go if the file grows
     */
    static RowWriter writer(
            Model model, Path out, long first, long count, RowWriters.Form form, RowTarget.Opener opener) {
        return RowWriters.samples(
                out,
                model.data().shape(),
                first,
                count,
                form.named(model.config().columns().names()),
                model.data().table(),
                opener);
    }

    /** Bytes of a sample in a file, about. */
    static long bytes(Model model, RowWriters.Form form) {
        return (long) model.data().shape().width() * (form.bytes() || form.folder() ? 1 : Float.BYTES);
    }

    /**
     * The labels of the same rows.
     *
     * @return {@link RowLabels#NONE} where the model is not told them
     * @throws UserError when there are none, or some that the model does not know
     */
    static RowLabels labels(Model model, DataSource source, Split split, int limit) {
        return RowLabels.of(model.data().classes(), source.by(model.data().table()), split, limit);
    }

    private static String describe(SampleShape shape) {
        return shape.sizes().length == 1 ? String.valueOf(shape.width()) : shape + " = " + shape.width();
    }
}
