package io.jcuvae.api;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.Dataset;
import io.jcuvae.data.FirstColumns;
import io.jcuvae.data.PictureOptions;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;
import io.jcuvae.data.Split;
import io.jcuvae.jobs.ModelInput;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.util.Objects;
import java.util.function.Function;

/**
 * Rows to train on or to give to a model: what a text names, an array, or another stream. A description, which opens
 * nothing and can be used any number of times, but for that of a stream, which is read once. Values are in the units
 * of the data, as a file has them. Immutable.
 */
public final class Samples {
    private static final String MEMORY = "memory";

    private final String source;
    private final Dataset memory;
    private final RowStream stream;
    private final Split split;
    private final int limit;
    private final String label;

    private Samples(String source, Dataset memory, RowStream stream, Split split, int limit, String label) {
        this.source = source;
        this.memory = memory;
        this.stream = stream;
        this.split = split;
        this.limit = limit;
        this.label = label;
    }

    /**
     * What {@code --data} means: a built-in set, a folder or zip of pictures, a folder of IDX files, or a file of
     * rows. Without a {@link #split} a model gets the test rows where the source has such, else all.
     */
    public static Samples of(String source) {
        return new Samples(Objects.requireNonNull(source), null, null, null, 0, null);
    }

    /**
     * Rows in memory; the values are copied.
     *
     * @param values row-major [count, shape...], finite
     * @param shape of a row, outermost size first
     * @throws UserError when the values are no whole number of rows, or none
     */
    public static Samples of(float[] values, int... shape) {
        return of(values, null, shape);
    }

    /**
     * The same with a label for each.
     *
     * @param labels one for each row, from 0
     */
    public static Samples labelled(float[] values, int[] labels, int... shape) {
        return of(values, Objects.requireNonNull(labels).clone(), shape);
    }

    private static Samples of(float[] values, int[] labels, int[] shape) {
        SampleShape row;
        try {
            row = new SampleShape(shape);
        } catch (IllegalArgumentException e) {
            throw new UserError("Samples: " + e.getMessage() + "; every size is at least 1", e);
        }
        int count = values.length / row.width();
        if (count == 0 || values.length % row.width() != 0) {
            throw new UserError("Samples: " + values.length + " values are no rows of " + row + " = " + row.width()
                    + "; give a whole number of rows, at least one");
        }
        if (labels != null && labels.length != count) {
            throw new UserError(
                    "Samples: there are " + labels.length + " labels for " + count + " rows; give one for each");
        }
        return new Samples(MEMORY, Dataset.ofFloats(MEMORY, row, values.clone(), labels), null, Split.ALL, 0, null);
    }

    /**
     * The rows that another stream has left, taken as they are needed; it is closed with the stream that takes them.
     *
     * @param rows used by nobody else from now on
     */
    public static Samples of(RowStream rows) {
        return new Samples("stream", null, Objects.requireNonNull(rows), null, 0, null);
    }

    /**
     * A part of them.
     *
     * @param name {@code train}, {@code validation}, {@code test} or {@code all}; rows that their source has not
     *     divided are divided by their numbers, one in ten for test
     * @throws UserError if it is none, or these are a stream
     */
    public Samples split(String name) {
        if (stream != null) {
            throw new UserError("Samples.split: a stream has no parts; take them of what it is made of");
        }
        return new Samples(source, memory, null, Split.parse(name), limit, label);
    }

    /**
     * The first rows of the part.
     *
     * @param rows at most so many, 0 for all
     * @throws UserError if it is negative
     */
    public Samples limit(int rows) {
        if (rows < 0) {
            throw new UserError("Samples.limit: must be at least 1, or 0 for all, got " + rows);
        }
        return new Samples(source, memory, stream, split, rows, label);
    }

    /**
     * The class of all of them, for a model that is told labels, in place of labels of their own.
     *
     * @param name one of {@link TrainedModel#labels}
     */
    public Samples label(String name) {
        return new Samples(source, memory, stream, split, limit, Objects.requireNonNull(name));
    }

    /** What they are called in messages. */
    String name() {
        return source;
    }

    /** Whether a text names them. */
    boolean named() {
        return memory == null && stream == null;
    }

    /** Those in memory. */
    private Dataset rows() {
        Dataset part = split == Split.ALL ? memory : memory.part(split);
        return limit == 0 ? part : part.first(limit);
    }

    /** As a model reads them. */
    ModelInput open(Model model) {
        if (stream != null) {
            return ModelInput.of(model, new StreamReader(stream, limit), source, label);
        }
        if (memory != null) {
            return ModelInput.of(model, rows(), label);
        }
        PictureOptions pictures = PictureOptions.asTheyAre().like(model.data().shape());
        return ModelInput.of(model, DataSource.parse(source, pictures), split, limit, label);
    }

    /** As codes of a model. */
    ModelInput openCodes(Model model) {
        int latents = model.spec().latents();
        if (named()) {
            if (split != null || limit != 0) {
                throw new UserError(source + ": of a file of codes all are decoded; leave out split and limit");
            }
            return ModelInput.codes(model, DataSource.openLatents(source, latents), source, label);
        }
        SampleReader reader = stream != null ? new StreamReader(stream, limit) : rows().open();
        int[] sizes = reader.shape().sizes();
        boolean codes = sizes.length == 1 && sizes[0] == latents;
        boolean posteriors = sizes.length == 2 && sizes[0] == 2 && sizes[1] == latents;
        if (!codes && !posteriors) {
            reader.close();
            throw new UserError(source + ": has rows of " + reader.shape() + ", the model's codes are " + latents
                    + " values, or 2x" + latents + " as encode gives them");
        }
        return ModelInput.codes(model, codes ? reader : new FirstColumns(reader, latents), source, label);
    }

    /**
     * To train on.
     *
     * @param opening what a text names
     */
    Dataset load(Function<String, DataSource> opening) {
        if (label != null) {
            throw new UserError("Samples.label: training takes each row's own; give them with Samples.labelled");
        }
        if (stream != null) {
            throw new UserError(
                    "Training: a stream is read once, and training reads its rows in every epoch; give an array");
        }
        return memory != null ? rows() : opening.apply(source).load(split == null ? Split.ALL : split, limit);
    }

    /** As in {@code mnist-sample, test, the first 100}. */
    @Override
    public String toString() {
        return source
                + (memory == null ? "" : ", " + memory.count() + " rows of " + memory.shape())
                + (split == null ? "" : ", " + split)
                + (limit == 0 ? "" : ", the first " + limit)
                + (label == null ? "" : ", label " + label);
    }
}
