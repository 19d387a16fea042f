package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.List;
import java.util.function.Supplier;

/**
 * Rows as a model sees them, read once, front to back, with what it is told of each: for {@link BatchModel}. Used by
 * one thread at a time.
 */
public final class ModelInput implements AutoCloseable {
    private final SampleReader reader;
    private final RowLabels labels;
    private final String name;
    private final Supplier<List<String>> warnings;
    /** Whether values are to be looked at: those of files have been. */
    private final boolean looksAtValues;

    private long done;

    private ModelInput(
            SampleReader reader,
            RowLabels labels,
            String name,
            Supplier<List<String>> warnings,
            boolean looksAtValues) {
        this.reader = reader;
        this.labels = labels;
        this.name = name;
        this.warnings = warnings;
        this.looksAtValues = looksAtValues;
    }

    /**
     * The rows of a source.
     *
     * @param splitOrNull null for what the source is evaluated on
     * @param limit the first rows to read, 0 for all
     * @param labelOrNull the class of all of them, null for their own
     * @throws UserError when the data do not fit the model
     */
    public static ModelInput of(Model model, DataSource source, Split splitOrNull, int limit, String labelOrNull) {
        Split split = Rows.split(source, splitOrNull);
        RowLabels labels = labelOrNull == null ? Rows.labels(model, source, split, limit) : one(model, labelOrNull);
        return new ModelInput(Rows.open(model, source, split, limit), labels, source.name(), source::warnings, false);
    }

    /**
     * Rows in memory, as their source has them.
     *
     * @param labelOrNull the class of all of them, null for their own
     * @throws UserError when the data do not fit the model
     */
    public static ModelInput of(Model model, Dataset data, String labelOrNull) {
        RowLabels labels = labelOrNull == null ? RowLabels.of(model.data().classes(), data) : one(model, labelOrNull);
        return new ModelInput(Rows.open(model, data.open(), data.name()), labels, data.name(), List::of, looks(model));
    }

    /**
     * Rows as they come, as their source has them.
     *
     * @param rows closed with the result, or here when they do not fit
     * @param labelOrNull the class of all of them; a model that is told labels needs it
     * @throws UserError when the data do not fit the model
     */
    public static ModelInput of(Model model, SampleReader rows, String name, String labelOrNull) {
        try {
            RowLabels labels = one(model, labelOrNull);
            return new ModelInput(Rows.open(model, rows, name), labels, name, List::of, looks(model));
        } catch (UserError e) {
            rows.close();
            throw e;
        }
    }

    /**
     * Codes, taken as they are.
     *
     * @param codes rows of Z values, closed with the result
     * @param labelOrNull the class of all of them; a model that is told labels needs it
     */
    public static ModelInput codes(Model model, SampleReader codes, String name, String labelOrNull) {
        try {
            return new ModelInput(codes, one(model, labelOrNull), name, List::of, true);
        } catch (UserError e) {
            codes.close();
            throw e;
        }
    }

    private static RowLabels one(Model model, String labelOrNull) {
        return RowLabels.same(model.data().classes(), Labels.one(model, labelOrNull));
    }

    /** In a table with a schema NaN is a gap, and its own check is made. */
    private static boolean looks(Model model) {
        return !model.data().table().named();
    }

    /** What the rows are called in messages. */
    public String name() {
        return name;
    }

    /** Rows in all, or -1 where only reading to the end tells. */
    public long count() {
        return reader.count();
    }

    /** What is told of the rows, by their numbers from 0. */
    public RowLabels labels() {
        return labels;
    }

    /** What reading left out or guessed so far. */
    public List<String> warnings() {
        return warnings.get();
    }

    /**
     * Reads the next rows.
     *
     * @param out receives [rows, width] from its start
     * @return the rows read: as many, fewer only where they end, 0 at the end
     * @throws UserError when the file is damaged, or a value is none that the model takes
     */
    public int read(float[] out, int most) {
        int read = reader.read(out, most);
        int width = reader.shape().width();
        for (int i = 0; looksAtValues && i < read * width; i++) {
            if (!Float.isFinite(out[i])) {
                throw new UserError(name + ": value " + i % width + " of row " + (done + i / width) + " is " + out[i]
                        + "; every value must be a finite number");
            }
        }
        done += read;
        return read;
    }

    @Override
    public void close() {
        reader.close();
    }
}
