package io.jcuvae.jobs;

import io.jcuvae.data.RowLabels;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import io.jcuvae.train.Model;
import io.jcuvae.train.Setting;
import io.jcuvae.train.TrainConfig;
import java.util.Arrays;
import java.util.List;

/**
 * A model bound once to be looked at often, with rows in memory: for pictures and reports, also while it is being trained,
 * as it shares the parameters. It touches nothing that training uses.
 */
public final class Inspection {
    private final Model model;
    private final Backend backend;
    private final BoundModel bound;

    /** Binds a model. */
    public Inspection(Model model, Backend backend) {
        this.model = model;
        this.backend = backend;
        bound = new BoundModel(model, backend);
    }

    /**
     * Binds a model to small batches, for answers without delay.
     *
     * @param rows of a batch
     */
    public Inspection(Model model, Backend backend, int rows) {
        this.model = model;
        this.backend = backend;
        bound = new BoundModel(model, backend, rows);
    }

    /**
     * What the encoder and the decoder make of rows.
     *
     * @param count N
     * @param latents Z
     * @param codes [N, Z]: the posteriors' means, or the codes themselves where these are points
     * @param logvars [N, Z]: logarithms of the posteriors' variances; null where codes are points
     * @param made [N, D]: the expected data of the codes, or of the first of them, in the units of the data
     */
    public record Seen(int count, int latents, float[] codes, float[] logvars, float[] made) {}

    /** The model. */
    public Model model() {
        return model;
    }

    /** The model's rows in the units of its data, in place. */
    private float[] inUnits(float[] rows, int count) {
        model.data().table().decode(rows, count);
        return rows;
    }

    /**
     * Rows as their source has them.
     *
     * @param rows [count, D] as the model sees them
     */
    public float[] shown(float[] rows, int count) {
        return inUnits(Arrays.copyOf(rows, count * bound.width()), count);
    }

    /** Z. */
    public int latents() {
        return bound.latents();
    }

    /**
     * Encodes rows and decodes their codes.
     *
     * @param rows [count, D]
     * @param labels of the rows; {@link RowLabels#NONE} for a model that is not told them
     */
    public Seen look(float[] rows, RowLabels labels, int count) {
        return look(rows, labels, count, count);
    }

    /**
     * Encodes rows and decodes the codes of the first of them.
     *
     * @param rows [count, D]
     * @param labels of the rows; {@link RowLabels#NONE} for a model that is not told them
     * @param wanted how many to decode
     */
    public Seen look(float[] rows, RowLabels labels, int count, int wanted) {
        int latents = latents();
        int width = bound.width();
        float[] batch = bound.samples();
        float[] heads = bound.posteriors();
        float[] some = bound.codes();
        int head = heads.length / bound.rows();
        boolean gaussian = head == 2 * latents && model.config().posterior().hasDivergence();
        float[] codes = new float[Math.multiplyExact(count, latents)];
        float[] logvars = gaussian ? new float[codes.length] : null;
        float[] made = new float[Math.multiplyExact(Math.min(count, wanted), width)];
        for (int done = 0; done < count; done += bound.rows()) {
            int read = Math.min(bound.rows(), count - done);
            bound.label(labels, done, read);
            System.arraycopy(rows, done * width, batch, 0, read * width);
            bound.encode(heads, batch);
            for (int r = 0; r < read; r++) {
                System.arraycopy(heads, r * head, some, r * latents, latents);
                if (gaussian) {
                    System.arraycopy(heads, r * head + latents, logvars, (done + r) * latents, latents);
                }
            }
            System.arraycopy(some, 0, codes, done * latents, read * latents);
            int decoded = Math.min(read, made.length / width - done);
            if (decoded > 0) {
                bound.decode(batch, some);
                System.arraycopy(batch, 0, made, done * width, decoded * width);
            }
        }
        return new Seen(count, latents, codes, logvars, inUnits(made, made.length / width));
    }

    /**
     * Encodes one row.
     *
     * @param row [D] as the model sees it
     * @param label its class, as {@link Labels#of} gives it
     * @return [Z]: the posterior's mean, or the code itself where it is a point
     */
    public float[] code(float[] row, int label) {
        float[] batch = bound.samples();
        float[] heads = bound.posteriors();
        System.arraycopy(row, 0, batch, 0, bound.width());
        bound.label(label);
        bound.encode(heads, batch);
        return Arrays.copyOf(heads, latents());
    }

    /** Whether a latent can be moved by itself: of a code out of a codebook it cannot. */
    public static boolean moves(Model model) {
        return List.of("gaussian", "none").contains(model.config().posterior().label());
    }

    /**
     * Whether codes are held against a standard normal: neither learned, nor of a second stochastic layer, nor of a codebook.
     */
    public boolean hasNormalPrior() {
        TrainConfig config = model.config();
        boolean learned = Setting.find("prior")
                .map(prior -> !config.text(prior).equals("normal"))
                .orElse(false);
        return config.hasPrior() && moves(model) && !config.upper().given() && !learned;
    }

    /**
     * Samples from the model's prior. Under a standard normal one, models with as many latents decode the same codes, those of
     * {@link #normals}; another prior draws its own as {@link Generation} does, for which the model is bound once more.
     *
     * @param label the class that is asked for, as {@link Labels#of} gives it
     * @return [count, D]; null where the codes follow no prior that could be drawn from
     */
    public float[] drawn(int count, long seed, int label) {
        if (!model.config().hasPrior()) {
            return null;
        }
        return hasNormalPrior()
                ? decode(normals(count, latents(), seed), count, label)
                : inUnits(Generation.sample(model, backend, new int[] {label}, null, count, seed, 1), count);
    }

    /**
     * Decodes codes.
     *
     * @param codes [count, Z]
     * @param label the class of all, as {@link Labels#of} gives it
     * @return [count, D]
     */
    public float[] decode(float[] codes, int count, int label) {
        int latents = latents();
        float[] batch = bound.codes();
        float[] samples = bound.samples();
        float[] all = new float[Math.multiplyExact(count, bound.width())];
        bound.label(label);
        for (int done = 0; done < count; done += bound.rows()) {
            int read = Math.min(bound.rows(), count - done);
            System.arraycopy(codes, done * latents, batch, 0, read * latents);
            bound.decode(samples, batch);
            System.arraycopy(samples, 0, all, done * bound.width(), read * bound.width());
        }
        return inUnits(all, count);
    }

    /**
     * Decodes codes on the way from one class to another.
     *
     * @param codes [count, Z]
     * @param from the first code's class
     * @param to the last code's class
     * @return [count, D]
     */
    public float[] decode(float[] codes, int count, int from, int to) {
        int latents = latents();
        float[] batch = bound.codes();
        float[] samples = bound.samples();
        float[] all = new float[Math.multiplyExact(count, bound.width())];
        for (int done = 0; done < count; done += bound.rows()) {
            int read = Math.min(bound.rows(), count - done);
            double[] shares = new double[read];
            for (int r = 0; r < read; r++) {
                shares[r] = count == 1 ? 0 : (done + r) / (double) (count - 1);
            }
            bound.label(from, to, shares);
            System.arraycopy(codes, done * latents, batch, 0, read * latents);
            bound.decode(samples, batch);
            System.arraycopy(samples, 0, all, done * bound.width(), read * bound.width());
        }
        return inUnits(all, count);
    }

    /**
     * Codes from a standard normal prior, made on the host, the same for every model with as many latents: code i has the normals
     * i Z .. i Z + Z - 1 of the seed's generation stream, as {@link Generation} has them.
     *
     * @return [count, Z]
     */
    public static float[] normals(int count, int latents, long seed) {
        float[] codes = new float[Math.multiplyExact(count, latents)];
        Philox.fillNormal(codes, 0, codes.length, Stream.GENERATION.key(seed), 0);
        return codes;
    }

    /** The same code so many times. */
    static float[] repeated(float[] code, int count) {
        float[] all = new float[Math.multiplyExact(count, code.length)];
        for (int i = 0; i < count; i++) {
            System.arraycopy(code, 0, all, i * code.length, code.length);
        }
        return all;
    }

    /** One row of a block. */
    public static float[] row(float[] rows, int number, int width) {
        return Arrays.copyOfRange(rows, number * width, (number + 1) * width);
    }
}
