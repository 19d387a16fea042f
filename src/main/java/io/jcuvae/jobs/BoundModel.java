package io.jcuvae.jobs;

import io.jcuvae.data.RowLabels;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Vae;
import java.util.Arrays;

/**
 * A model bound to batches of one size. A batch with fewer rows is computed whole, its rest being whatever was in the arrays:
 * rows do not touch each other, and one shape for every batch gives a row the same bits however many follow it.
 */
final class BoundModel {
    private final Backend backend;
    private final Vae vae;
    private final Tensor scalars;
    private final int rows;
    private final int width;
    private final int latents;
    /** [B, K]; null where the model is not told labels. */
    private final float[] oneHot;

    private final Recorded encode;
    private final Recorded decode;
    private final Recorded reconstruct;
    /** What codes of the prior are made of, and at which temperature; null until they are asked for. */
    private Prior prior;

    private double temperature;
    private boolean pixels;

    /**
     * Room for drawing from the prior.
     *
     * @param head [B, 2W]: zeros, then logarithms of the squared temperature
     * @param noise [B, W]
     */
    private record Prior(Tensor head, Tensor noise) {}

    BoundModel(Model model, Backend backend) {
        this(model, backend, backend.rowsAtOnce(model.spec().widest()));
    }

    /** Binds a model to batches of so many rows. */
    BoundModel(Model model, Backend backend, int rows) {
        this.backend = backend;
        this.rows = rows;
        vae = Vae.forInference(model.spec(), backend, model.values(), model.buffers(), rows);
        scalars = Scalars.allocate(backend);
        width = vae.x().columns();
        latents = model.spec().latents();
        oneHot = vae.labels() == null ? null : new float[(int) vae.labels().count()];
        encode = backend.record(() -> {
            vae.encode();
            if (vae.codes() != null) {
                vae.center();
            }
        });
        decode = backend.record(this::expect);
        reconstruct = backend.record(() -> {
            vae.encode();
            vae.center();
            expect();
        });
    }

    private void expect() {
        vae.decode();
        if (!pixels) {
            vae.mean();
        }
    }

    /**
     * From now on batches leave no expected data but what {@link #pixels} makes pixels of, which is faster: to be asked for
     * before the first batch.
     */
    void leavePixels() {
        pixels = true;
    }

    /** The pixels of the last batch, see {@link Vae#pixels}. */
    void pixels(Tensor bytes, Tensor check) {
        vae.pixels(bytes, check);
    }

    /** B, rows of a batch. */
    int rows() {
        return rows;
    }

    /** D, values of a sample. */
    int width() {
        return width;
    }

    /** Z, values of a code. */
    int latents() {
        return latents;
    }

    /** Room for a batch of samples, [B, D]. */
    float[] samples() {
        return new float[Math.multiplyExact(rows, width)];
    }

    /** Room for a batch of codes, [B, Z]. */
    float[] codes() {
        return new float[Math.multiplyExact(rows, latents)];
    }

    /** Room for the posteriors of a batch, [B, 2Z], or [B, Z] where they are points. */
    float[] posteriors() {
        return new float[Math.multiplyExact(rows, vae.head().columns())];
    }

    /** [B, D]: the expected data of the last batch. */
    Tensor output() {
        return vae.expected();
    }

    /**
     * [B, 2Z]: the posteriors of the last batch, Z means, then Z log variances; [B, Z] where they are points, or vectors of a
     * codebook.
     */
    Tensor head() {
        return vae.codes() == null ? vae.head() : vae.z();
    }

    /** [B, S]: the numbers of the last batch's codes; null where there are none. */
    Tensor codeNumbers() {
        return vae.codes();
    }

    /**
     * The numbers of the codes of a batch of samples.
     *
     * @param numbers receives [B, S]
     * @param samples [B, D]
     */
    void codeNumbers(float[] numbers, float[] samples) {
        encode(samples);
        backend.download(numbers, 0, vae.codes());
    }

    /**
     * Tells the labels of the next batch, which stand until others are told. A model without labels is told nothing.
     *
     * @param first number of the batch's first row
     * @param count rows that count
     */
    void label(RowLabels labels, long first, int count) {
        if (oneHot != null) {
            labels.oneHot(oneHot, first, count);
            backend.upload(vae.labels(), oneHot, 0);
        }
    }

    /**
     * Tells all rows of the next batches one label.
     *
     * @param number the class, or -1 for a model without labels
     */
    void label(int number) {
        if (oneHot != null) {
            Arrays.fill(oneHot, 0);
            for (int r = 0; r < rows; r++) {
                oneHot[r * vae.labels().columns() + number] = 1;
            }
            backend.upload(vae.labels(), oneHot, 0);
        }
    }

    /**
     * Tells each row something between two labels.
     *
     * @param shares of the second class, for the first rows
     */
    void label(int from, int to, double[] shares) {
        if (oneHot != null) {
            int classes = vae.labels().columns();
            Arrays.fill(oneHot, 0);
            for (int r = 0; r < shares.length; r++) {
                oneHot[r * classes + from] += (float) (1 - shares[r]);
                oneHot[r * classes + to] += (float) shares[r];
            }
            backend.upload(vae.labels(), oneHot, 0);
        }
    }

    /** [B, D]: where {@link #encode()} and {@link #reconstruct()} find samples. */
    Tensor input() {
        return vae.x();
    }

    /** The input to its posteriors, which stay on the device. */
    void encode() {
        encode.run();
    }

    /** The input to the expected data of its posterior means, which stay on the device. */
    void reconstruct() {
        reconstruct.run();
    }

    /**
     * Samples to their posteriors, which stay on the device.
     *
     * @param samples [B, D]
     */
    void encode(float[] samples) {
        backend.upload(vae.x(), samples, 0);
        encode();
    }

    /**
     * Codes to their expected data, which stay on the device.
     *
     * @param codes [B, Z]
     */
    void decode(float[] codes) {
        backend.upload(vae.z(), codes, 0);
        decode.run();
    }

    /**
     * Samples to the expected data of their posterior means, which stay on the device.
     *
     * @param samples [B, D]
     */
    void reconstruct(float[] samples) {
        backend.upload(vae.x(), samples, 0);
        reconstruct();
    }

    /**
     * The posteriors of a batch of samples.
     *
     * @param posteriors receives [B, 2Z]: Z means, then Z log variances; [B, Z] where they are points
     * @param samples [B, D]
     */
    void encode(float[] posteriors, float[] samples) {
        encode(samples);
        backend.download(posteriors, 0, head());
    }

    /**
     * The expected data of a batch of codes.
     *
     * @param samples receives [B, D]
     * @param codes [B, Z]
     */
    void decode(float[] samples, float[] codes) {
        decode(codes);
        backend.download(samples, 0, vae.expected());
    }

    /**
     * The expected data for the posterior means of a batch of samples.
     *
     * @param out receives [B, D]
     * @param samples [B, D]
     */
    void reconstruct(float[] out, float[] samples) {
        reconstruct(samples);
        backend.download(out, 0, vae.expected());
    }

    private Tensor allocate(int columns) {
        Shape shape = Shape.of(rows, columns);
        return Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
    }

    /** Leaves the expected data for codes from the prior on the device. */
    @FunctionalInterface
    interface Generator {
        /**
         * Computes a batch.
         *
         * @param first number of its first sample
         */
        void generate(long first);
    }

    /**
     * Codes from the prior: that of sample i is made of temperature times the normals i W .. of a sequence. They are its code,
     * or of a model with a second stochastic layer Z for the code and U for what is above. The model can do nothing else
     * meanwhile.
     *
     * @param key of the sequence
     */
    Generator generator(long key, double temperature) {
        int normals = vae.priorNoise().columns();
        // A model whose codes are points has no room for either, one with several layers of codes needs its own.
        boolean room = vae.noise() != null && vae.priorNoise().equals(vae.z());
        Tensor prior = room ? vae.head() : allocate(2 * normals);
        Tensor noise = room ? vae.noise() : allocate(normals);
        backend.upload(prior, cold(temperature), 0);
        Recorded batch = backend.record(() -> {
            if (temperature == 1) {
                backend.ops().normal(vae.priorNoise(), scalars, key);
            } else {
                backend.ops().normal(noise, scalars, key);
                backend.ops().reparameterize(vae.priorNoise(), prior, noise);
            }
            vae.fromPrior();
            expect();
        });
        double[] position = new double[Scalars.COUNT];
        return first -> {
            position[Scalars.NOISE_POSITION.ordinal()] = (double) first * normals;
            backend.upload(scalars, position);
            backend.reserveNoise(key, first * normals, noise.count());
            batch.run();
        };
    }

    /** A "posterior" without mean whose deviation is the temperature; cold to the end is a log variance of -infinity. */
    private float[] cold(double temperature) {
        int normals = vae.priorNoise().columns();
        float[] head = new float[2 * rows * normals];
        float logvar = (float) (2 * Math.log(temperature));
        for (int r = 0; r < rows; r++) {
            Arrays.fill(head, (2 * r + 1) * normals, (2 * r + 2) * normals, logvar);
        }
        return head;
    }

    /**
     * The same bits as from a {@link #generator}, of any sequence and between other work: drawing is not recorded, as
     * the key is part of what is.
     *
     * @param samples receives [B, D]
     */
    void generate(float[] samples, long key, double wanted, long first) {
        int normals = vae.priorNoise().columns();
        if (prior == null) {
            prior = new Prior(allocate(2 * normals), allocate(normals));
            temperature = Double.NaN;
        }
        if (temperature != wanted) {
            backend.upload(prior.head(), cold(wanted), 0);
            temperature = wanted;
        }
        double[] position = new double[Scalars.COUNT];
        position[Scalars.NOISE_POSITION.ordinal()] = (double) first * normals;
        backend.upload(scalars, position);
        backend.reserveNoise(key, first * normals, prior.noise().count());
        backend.ops().normal(prior.noise(), scalars, key);
        backend.ops().reparameterize(vae.priorNoise(), prior.head(), prior.noise());
        vae.fromPrior();
        decode.run();
        backend.download(samples, 0, vae.expected());
    }
}
