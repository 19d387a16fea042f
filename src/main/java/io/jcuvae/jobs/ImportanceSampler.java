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
import java.util.function.DoubleConsumer;

/**
 * The importance-weighted estimate of the negative log-likelihood (Burda et al. 2015): for each sample -log of the mean over
 * K draws of w = p(x | z) p(z) / q(z | x). Its expectation falls towards -log p(x) as K grows; K = 1 is the negative ELBO.
 *
 * <p>Draw k of sample i uses the normals (i K + k) W .. of the seed's evaluation stream, W of them: Z, or with a second
 * stochastic layer Z + U. Some samples are encoded at once, or a single one where K is large, and their draws are decoded in
 * parts of equal size, each a recorded step. A part's weights are added on the device, in double and relative to the largest, so
 * that any K takes the same memory and one number for each sample comes back.
 */
final class ImportanceSampler implements AutoCloseable {
    /**
     * Rows of a part where the device asks for no more, as long as they have at most {@link #ELEMENTS} values where they are
     * widest: a matrix product arranges the weights anew for each.
     */
    private static final int ROWS = 4096;

    private static final int ELEMENTS = 1 << 22;

    /**
     * The mean over the samples.
     *
     * @param mean nats per sample
     * @param standardError of the mean; NaN for a single sample
     */
    record Estimate(double mean, double standardError) {}

    private final Backend backend;
    private final Vae vae;
    private final Tensor scalars;
    /** [B, 2]: the weights so far, see {@link io.jcuvae.tensor.MeasureOps#addWeights}. */
    private final Tensor weights;

    private final Delivery delivery;
    private final int draws;
    private final int noiseWidth;
    private final int samples;
    /** Draws of each sample in a part. */
    private final int chunk;

    private final Recorded encode;
    private final Recorded mean;
    private DoubleConsumer taker;

    /**
     * Binds a model.
     *
     * @param draws K
     */
    ImportanceSampler(Model model, Backend backend, int draws) {
        this.backend = backend;
        this.draws = draws;
        int widest = model.spec().widest();
        int most = Math.max(
                backend.rowsAtOnce(widest), Math.min(ROWS, Integer.highestOneBit(Math.max(1, ELEMENTS / widest))));
        // Either whole samples with all their draws, or one sample in several parts.
        samples = Math.max(1, most / draws);
        int parts = parts(draws, most);
        chunk = parts(draws, parts);
        vae = Vae.forImportance(model.spec(), backend, model.values(), model.buffers(), samples, chunk);
        noiseWidth = vae.noise().columns();
        scalars = Scalars.allocate(backend);
        weights = Tensor.of(backend.allocate(ElementType.F64, 2L * samples), Shape.of(samples, 2));
        Tensor nll = Tensor.of(backend.allocate(ElementType.F32, samples), Shape.of(samples));
        delivery = new Delivery(backend, this::take, Delivery.Part.floats(nll));
        encode = backend.record(() -> {
            vae.encode();
            backend.ops().startWeights(weights);
        });
        mean = backend.record(() -> backend.ops().meanWeight(nll, weights, draws));
    }

    private static int parts(int count, int size) {
        return (count + size - 1) / size;
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
        Mean mean = new Mean();
        each(reader, labels, binarization, binarizationKey, seed, progress, mean);
        return new Estimate(mean.value, Math.sqrt(mean.squares / (mean.count - 1) / mean.count));
    }

    /** One sample at a time (Welford 1962). */
    private static final class Mean implements DoubleConsumer {
        private double value;
        private double squares;
        private long count;

        @Override
        public void accept(double nll) {
            count++;
            double delta = nll - value;
            value += delta / count;
            squares += delta * (nll - value);
        }
    }

    /**
     * Estimates for each row of a reader.
     *
     * @param to receives the rows' negative log-likelihoods in their order, nats
     */
    void each(
            SampleReader reader,
            RowLabels labels,
            Binarization binarization,
            long binarizationKey,
            long seed,
            Progress progress,
            DoubleConsumer to) {
        int width = vae.x().columns();
        float[] batch = new float[samples * width];
        float[] oneHot =
                vae.labels() == null ? null : new float[(int) vae.labels().count()];
        long key = Stream.EVALUATION.key(seed);
        Recorded whole = backend.record(() -> draw(key, chunk));
        int rest = draws % chunk;
        Recorded last = rest == 0 ? whole : backend.record(() -> draw(key, rest));
        double[] values = new double[Scalars.COUNT];
        taker = to;
        long done = 0;
        int read;
        while ((read = reader.read(batch, samples)) > 0) {
            if (binarization != Binarization.NONE) {
                Binarization.draw(batch, 0, read, done, width, binarizationKey, 0);
            }
            if (oneHot != null) {
                labels.oneHot(oneHot, done, read);
                backend.upload(vae.labels(), oneHot, 0);
            }
            backend.upload(vae.x(), batch, 0);
            encode.run();
            for (int asked = 0; asked < draws; asked += chunk) {
                long position = (done * draws + asked) * noiseWidth;
                values[Scalars.NOISE_POSITION.ordinal()] = position;
                backend.upload(scalars, values);
                backend.reserveNoise(key, position, vae.noise().count());
                (asked + chunk <= draws ? whole : last).run();
            }
            mean.run();
            delivery.send(read);
            done += read;
            progress.at(done, reader.count());
        }
        delivery.flush();
    }

    private void draw(long key, int counted) {
        backend.ops().normal(vae.noise(), scalars, key);
        vae.sample();
        vae.decode();
        vae.score();
        vae.addWeights(weights, counted);
    }

    private void take(ByteBuffer[] parts, int rows) {
        for (int i = 0; i < rows; i++) {
            taker.accept(parts[0].getFloat(Float.BYTES * i));
        }
    }

    @Override
    public void close() {
        delivery.close();
    }
}
