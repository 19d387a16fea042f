package io.jcuvae.jobs;

import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Delivery;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Vae;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The importance-weighted estimate of the negative log-likelihood (Burda et al. 2015): for each sample -log of the mean over
 * K draws of w = p(x | z) p(z) / q(z | x). Its expectation falls towards -log p(x) as K grows; K = 1 is the negative ELBO.
 *
 * <p>Draw k of sample i uses the normals (i K + k) Z .. of the seed's evaluation stream. The weights are added up on the
 * host in double with a running maximum, so that any K takes the same memory.
 */
final class ImportanceSampler implements AutoCloseable {
    /**
     * The mean over the samples.
     *
     * @param mean nats per sample
     * @param standardError of the mean; NaN for a single sample
     */
    record Estimate(double mean, double standardError) {}

    private final Backend backend;
    private final Vae encoder;
    private final Vae decoder;
    private final Tensor ratio;
    private final Tensor scalars;
    private final int draws;
    private final int latents;
    private final int images;
    private final int chunk;
    private final double[] largest;
    private final double[] sum;
    private final Delivery delivery;
    private Recorded draw;
    /** Draws of each sample that were added so far. */
    private int drawn;

    /**
     * Binds a model.
     *
     * @param draws K
     */
    ImportanceSampler(Model model, Backend backend, int draws) {
        this.backend = backend;
        this.draws = draws;
        latents = model.spec().latents();
        // Either whole samples with all their draws, or one sample in several parts.
        int most = backend.rowsAtOnce(model.spec().widest());
        images = Math.max(1, most / draws);
        chunk = Math.min(draws, most);
        int rows = images * chunk;
        encoder = Vae.forInference(model.spec(), backend, model.values(), model.buffers(), images);
        decoder = Vae.forInference(model.spec(), backend, model.values(), model.buffers(), rows);
        ratio = Tensor.of(backend.allocate(ElementType.F32, rows), Shape.of(rows));
        scalars = Scalars.allocate(backend);
        largest = new double[images];
        sum = new double[images];
        delivery = new Delivery(
                backend, this::add, Delivery.Part.floats(decoder.reconstruction()), Delivery.Part.floats(ratio));
    }

    /**
     * Estimates over all rows of a reader.
     *
     * @param labels of the rows, of a model that is told them
     * @param binarizationKey see {@link io.jcuvae.train.Evaluator#binarizationKey}
     * @param seed of the noise
     */
    Estimate estimate(
            SampleReader reader,
            RowLabels labels,
            Binarization binarization,
            long binarizationKey,
            long seed,
            Progress progress) {
        int width = encoder.x().columns();
        float[] batch = new float[images * width];
        float[] oneHot = encoder.labels() == null
                ? null
                : new float[(int) encoder.labels().count()];
        long key = Stream.EVALUATION.key(seed);
        draw = backend.record(() -> draw(key));
        double mean = 0;
        double squares = 0;
        long done = 0;
        int read;
        while ((read = reader.read(batch, images)) > 0) {
            if (binarization != Binarization.NONE) {
                Binarization.draw(batch, 0, read, done, width, binarizationKey, 0);
            }
            if (oneHot != null) {
                labels.oneHot(oneHot, done, read);
                backend.upload(encoder.labels(), oneHot, 0);
                backend.ops().repeatRows(decoder.labels(), encoder.labels());
            }
            weigh(batch, done, key);
            for (int i = 0; i < read; i++) {
                double nll = Math.log(draws) - largest[i] - Math.log(sum[i]);
                done++;
                // One sample at a time (Welford 1962).
                double delta = nll - mean;
                mean += delta / done;
                squares += delta * (nll - mean);
            }
            progress.at(done, reader.count());
        }
        return new Estimate(mean, Math.sqrt(squares / (done - 1) / done));
    }

    /** Leaves log sum of w over the draws of each sample as {@link #largest} + log {@link #sum}. */
    private void weigh(float[] batch, long first, long key) {
        backend.upload(encoder.x(), batch, 0);
        encoder.encode();
        backend.ops().repeatRows(decoder.x(), encoder.x());
        backend.ops().repeatRows(decoder.head(), encoder.head());
        Arrays.fill(largest, Double.NEGATIVE_INFINITY);
        Arrays.fill(sum, 0);
        drawn = 0;
        double[] values = new double[Scalars.COUNT];
        for (int asked = 0; asked < draws; asked += chunk) {
            long position = (first * draws + asked) * latents;
            values[Scalars.NOISE_POSITION.ordinal()] = position;
            backend.upload(scalars, values);
            backend.reserveNoise(key, position, decoder.noise().count());
            draw.run();
            delivery.send(images * chunk);
        }
        delivery.flush();
    }

    private void draw(long key) {
        backend.ops().normal(decoder.noise(), scalars, key);
        decoder.sample();
        decoder.decode();
        decoder.score();
        decoder.logRatio(ratio);
    }

    private void add(ByteBuffer[] parts, int rows) {
        int counted = Math.min(chunk, draws - drawn);
        for (int i = 0; i < images; i++) {
            for (int k = 0; k < counted; k++) {
                int at = Float.BYTES * (i * chunk + k);
                add(i, (double) parts[1].getFloat(at) - parts[0].getFloat(at));
            }
        }
        drawn += chunk;
    }

    private void add(int image, double logWeight) {
        if (logWeight > largest[image]) {
            sum[image] = sum[image] * Math.exp(largest[image] - logWeight) + 1;
            largest[image] = logWeight;
        } else {
            // A weight of zero adds nothing; NaN must not hide.
            sum[image] += logWeight == Double.NEGATIVE_INFINITY ? 0 : Math.exp(logWeight - largest[image]);
        }
    }

    @Override
    public void close() {
        delivery.close();
    }
}
