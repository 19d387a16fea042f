package io.jcuvae.jobs;

import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Vae;
import java.util.Arrays;

/**
 * A model bound to batches of {@value #ROWS} rows. A batch with fewer rows is computed whole, its rest being whatever was in
 * the arrays: rows do not touch each other, and one shape for every batch gives a row the same bits however many follow it.
 */
final class BoundModel {
    /** Rows of a batch: enough for fast matrix products, few enough for any device's memory. */
    static final int ROWS = 1024;

    private final Backend backend;
    private final Vae vae;
    private final Tensor scalars;
    private final int width;
    private final int latents;

    BoundModel(Model model, Backend backend) {
        this.backend = backend;
        this.vae = Vae.forInference(model.spec(), backend, model.values(), ROWS);
        this.scalars = Scalars.allocate(backend);
        this.width = vae.x().columns();
        this.latents = model.spec().latents();
    }

    /** D, values of a sample. */
    int width() {
        return width;
    }

    /** Z, values of a code. */
    int latents() {
        return latents;
    }

    /** Room for a batch of samples, [ROWS, D]. */
    float[] samples() {
        return new float[Math.multiplyExact(ROWS, width)];
    }

    /** Room for a batch of codes, [ROWS, Z]. */
    float[] codes() {
        return new float[Math.multiplyExact(ROWS, latents)];
    }

    /** Room for the posteriors of a batch, [ROWS, 2Z]. */
    float[] posteriors() {
        return new float[Math.multiplyExact(ROWS, 2 * latents)];
    }

    /**
     * The posteriors of a batch of samples.
     *
     * @param posteriors receives [ROWS, 2Z]: Z means, then Z log variances
     * @param samples [ROWS, D]
     */
    void encode(float[] posteriors, float[] samples) {
        backend.upload(vae.x(), samples, 0);
        vae.encode();
        backend.download(posteriors, 0, vae.head());
    }

    /**
     * The expected data of a batch of codes.
     *
     * @param samples receives [ROWS, D]
     * @param codes [ROWS, Z]
     */
    void decode(float[] samples, float[] codes) {
        backend.upload(vae.z(), codes, 0);
        expect(samples);
    }

    /**
     * The expected data for the posterior means of a batch of samples.
     *
     * @param out receives [ROWS, D]
     * @param samples [ROWS, D]
     */
    void reconstruct(float[] out, float[] samples) {
        backend.upload(vae.x(), samples, 0);
        vae.encode();
        backend.ops().fill(vae.noise(), 0);
        backend.ops().reparameterize(vae.z(), vae.head(), vae.noise());
        expect(out);
    }

    /**
     * The expected data for codes from the prior: row r has temperature times the normals (first + r) Z .. of a sequence.
     *
     * @param samples receives [ROWS, D]
     * @param first number of the first sample
     * @param key of the sequence
     */
    void generate(float[] samples, long first, long key, double temperature) {
        double[] position = new double[Scalars.COUNT];
        position[Scalars.NOISE_POSITION.ordinal()] = (double) first * latents;
        backend.upload(scalars, position);
        backend.reserveNoise(key, first * latents, vae.noise().count());
        backend.ops().normal(vae.noise(), scalars, key);
        // A "posterior" without mean whose deviation is the temperature; cold to the end is a log variance of
        // -infinity.
        float[] head = posteriors();
        float logvar = (float) (2 * Math.log(temperature));
        for (int r = 0; r < ROWS; r++) {
            Arrays.fill(head, (2 * r + 1) * latents, (2 * r + 2) * latents, logvar);
        }
        backend.upload(vae.head(), head, 0);
        backend.ops().reparameterize(vae.z(), vae.head(), vae.noise());
        expect(samples);
    }

    private void expect(float[] samples) {
        vae.decode();
        vae.mean();
        backend.download(samples, 0, vae.output());
    }
}
