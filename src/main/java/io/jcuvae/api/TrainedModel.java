package io.jcuvae.api;

import io.jcuvae.device.OpenDevice;
import io.jcuvae.jobs.BatchModel;
import io.jcuvae.jobs.Generation;
import io.jcuvae.jobs.ModelInput;
import io.jcuvae.jobs.ScoreKind;
import io.jcuvae.jobs.ScoreRecipe;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.HostModel;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A trained model on a device, to be asked by any number of threads at once. Its parameters never change. Batches are
 * computed one after the other, or as many at once as {@link Device#copies} says, in the order in which they were
 * asked for; what comes out does not depend on who asks when. Streams take a batch's turn each time they are asked
 * for more.
 *
 * <p>Equal requests give equal bits, for any number of threads, and the bits of the command line's files. In tables a
 * category is the number of its level, and a gap is NaN.
 */
public final class TrainedModel implements AutoCloseable {
    private static final int MOST_DRAWS = 1_000_000;

    private final Seats seats;
    private final Model model;

    TrainedModel(HostModel host, Device device) {
        seats = new Seats(host, device);
        model = seats.known().model();
    }

    /**
     * Loads a model onto the first CUDA device that works, else the CPU.
     *
     * @param path a run folder, a model file or a checkpoint
     * @throws UserError when it is none, or is damaged
     */
    public static TrainedModel load(Path path) {
        return load(path, Device.auto());
    }

    /**
     * Loads a model.
     *
     * @param path a run folder, a model file or a checkpoint
     * @throws UserError when it is none, or is damaged, or the device is not there
     */
    public static TrainedModel load(Path path, Device device) {
        HostModel host;
        // Read on the CPU, where reading costs nothing but memory.
        try (OpenDevice reading = Device.cpu(1).open()) {
            host = HostModel.of(Model.load(path, reading.backend()), reading.backend());
        }
        return new TrainedModel(host, device);
    }

    /** The shape of a sample, outermost size first. */
    public int[] shape() {
        return model.data().shape().sizes();
    }

    /** Z, values of a code. */
    public int latents() {
        return model.spec().latents();
    }

    /** The classes that it is told, by name; empty for a model that is told none. */
    public List<String> labels() {
        return model.data().classes().names();
    }

    /** How it was trained: a setting as it would be written on the command line. */
    public String setting(Setting setting) {
        return model.config().text(setting);
    }

    /** What computes, in a line for people. */
    public String device() {
        return seats.description();
    }

    /** Rows that are computed at once. */
    public int batch() {
        return seats.known().rows();
    }

    /**
     * Draws samples from the prior, learned or not, and decodes them to their expected data.
     *
     * @return rows of the model's {@link #shape}
     * @throws UserError when a number makes no sense, or the model has no prior
     */
    public RowStream generate(Sampling sampling) {
        BatchModel known = seats.known();
        int label = known.label(sampling.label());
        Generation.Asked asked = sampling.asked();
        known.requirePossible(asked);
        long end = asked.first() + asked.count();
        return new RowStream(shape(), asked.count(), new RowStream.Source() {
            private long at = asked.first();

            @Override
            public Rows next() {
                if (at == end) {
                    return null;
                }
                int rows = known.rows();
                int some = (int) Math.min(rows - at % rows, end - at);
                float[] made = seats.use(seat -> seat.generate(asked, label, at, some));
                at += some;
                return new Rows(at - some, some, shape(), made);
            }

            @Override
            public void close() {
                // It reads nothing.
            }
        });
    }

    /**
     * Encodes samples to the parameters of their posteriors. No noise is drawn.
     *
     * @return rows of [2, Z], means, which are the codes, and logarithms of variances; of [Z] where codes are points
     *     or vectors of a codebook
     * @throws UserError when the samples do not fit the model
     */
    public RowStream encode(Samples samples) {
        int said = seats.known().said();
        int[] shape = said == latents() ? new int[] {said} : new int[] {2, latents()};
        ModelInput input = samples.open(model);
        return mapped(
                input,
                shape,
                model.data().shape().width(),
                batch(),
                (seat, rows, at, count) -> seat.encode(rows, input.labels(), at, count));
    }

    /**
     * Encodes samples and decodes the means of their posteriors to their expected data.
     *
     * @return rows of the model's {@link #shape}
     * @throws UserError when the samples do not fit the model
     */
    public RowStream reconstruct(Samples samples) {
        ModelInput input = samples.open(model);
        return mapped(
                input,
                shape(),
                model.data().shape().width(),
                batch(),
                (seat, rows, at, count) -> seat.reconstruct(rows, input.labels(), at, count));
    }

    /**
     * Decodes codes to their expected data.
     *
     * @param codes rows of [Z], or of [2, Z] as {@link #encode} gives them, of which the means are taken
     * @return rows of the model's {@link #shape}
     * @throws UserError when the codes do not fit the model
     */
    public RowStream decode(Samples codes) {
        ModelInput input = codes.openCodes(model);
        return mapped(
                input,
                shape(),
                latents(),
                batch(),
                (seat, rows, at, count) -> seat.decode(rows, input.labels(), at, count));
    }

    /**
     * Says of each sample how unusual it is: by the negative ELBO of 16 draws, or by the reconstruction term where
     * the model has no posterior to draw from.
     *
     * @return rows of one number, more is more unusual
     * @throws UserError when the samples do not fit the model
     */
    public RowStream score(Samples samples) {
        ScoreKind kind = ScoreKind.of(model);
        return score(samples, kind.label(), kind.defaultDraws());
    }

    /**
     * The same by another measure; a score is a function of the sample alone.
     *
     * @param by {@code reconstruction}, {@code loss} (the negative ELBO) or {@code nll} (importance-weighted)
     * @param draws of the code for each sample; not looked at for {@code reconstruction}
     * @throws UserError when the samples do not fit the model, or it has no such figure
     */
    public RowStream score(Samples samples, String by, int draws) {
        ScoreKind kind = ScoreKind.parse(by);
        boolean drawn = kind.defaultDraws() > 0;
        if (drawn && (draws < 1 || draws > MOST_DRAWS)) {
            throw new UserError("score: draws must be 1 to " + MOST_DRAWS + ", got " + draws);
        }
        ScoreRecipe recipe = new ScoreRecipe(kind, drawn ? draws : 0);
        int rowsAtOnce = seats.use(seat -> seat.rows(recipe));
        ModelInput input = samples.open(model);
        return mapped(
                input,
                new int[0],
                model.data().shape().width(),
                rowsAtOnce,
                (seat, rows, at, count) -> seat.score(recipe, rows, input.labels(), input.name(), at, count));
    }

    /** Makes rows of rows. */
    private interface Batch {
        float[] make(BatchModel seat, float[] rows, long first, int count);
    }

    private RowStream mapped(ModelInput input, int[] shape, int width, int rowsAtOnce, Batch batch) {
        return new RowStream(shape, input.count(), new RowStream.Source() {
            private final float[] rows = new float[Math.multiplyExact(rowsAtOnce, width)];
            private long at;

            @Override
            public Rows next() {
                int read = input.read(rows, rowsAtOnce);
                if (read == 0) {
                    return null;
                }
                float[] made = seats.use(seat -> batch.make(seat, rows, at, read));
                at += read;
                return new Rows(at - read, read, shape, made);
            }

            @Override
            public void close() {
                input.warnings().forEach(Log::warning);
                input.close();
            }
        });
    }

    /**
     * Writes the model to a file, which appears when it is complete.
     *
     * @param file ends in {@code .safetensors}, as every model file
     * @throws UserError when it cannot be written
     */
    public void save(Path file) {
        String name =
                Objects.requireNonNull(file.getFileName(), "a file's name").toString();
        if (!name.endsWith(".safetensors")) {
            throw new UserError(file + ": a model is a .safetensors file; name one");
        }
        seats.host().write(file);
    }

    /**
     * Frees the devices, after batches that are under way in other threads. Streams that are open then end with an
     * {@link IllegalStateException} when they are asked for more. Closing again does nothing.
     */
    @Override
    public void close() {
        seats.close();
    }
}
