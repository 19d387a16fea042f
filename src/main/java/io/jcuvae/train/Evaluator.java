package io.jcuvae.train;

import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.nn.Parameters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.Delivery;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.vae.Vae;
import io.jcuvae.vae.VaeSpec;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Averages of the loss terms over a set, with one draw of z per sample. Noise and binarization of a row depend on the seed and
 * the row's number alone, so figures do not depend on the batch size and epochs are compared on equal draws.
 */
public final class Evaluator {
    /** A latent whose posterior mean varies more than this over the set is active (Burda et al. 2015). */
    public static final double ACTIVE_VARIANCE = 0.01;

    /** Rows of a batch: large enough for fast matrix products, small enough for the cache. */
    private static final int ROWS = 512;

    /**
     * What an evaluation finds, nats per sample.
     *
     * @param reconstruction negative log-likelihood
     * @param kl divergence from the prior; 0 where there is none
     * @param activeUnits latents that carry information
     * @param count samples
     * @param codes what the samples make of a codebook; null where there is none
     */
    public record Result(double reconstruction, double kl, int activeUnits, long count, CodeUse codes) {
        /** Of a model without a codebook. */
        public Result(double reconstruction, double kl, int activeUnits, long count) {
            this(reconstruction, kl, activeUnits, count, null);
        }

        /** reconstruction + beta KL, the negative ELBO for beta 1; of codes reconstruction + commitment. */
        public double loss(double beta) {
            return reconstruction + beta * kl + (codes == null ? 0 : codes.commitment());
        }
    }

    private final Backend backend;
    private final Vae vae;
    private final Tensor scalars;
    private final int latents;
    private final int noiseWidth;
    private final Delivery delivery;
    private final VaeSpec spec;
    private Recorded forward;
    private long seedOfForward;
    private Sums sums;

    /**
     * Binds a model for looking.
     *
     * @param buffers what its layers keep beside the parameters
     */
    public Evaluator(VaeSpec spec, Backend backend, Parameters values, Parameters buffers) {
        this.backend = backend;
        this.vae = Vae.forInference(spec, backend, values, buffers, ROWS);
        this.scalars = Scalars.allocate(backend);
        this.latents = spec.latents();
        this.spec = spec;
        this.noiseWidth = vae.noise() == null ? 0 : vae.noise().columns();
        List<Delivery.Part> wanted = new ArrayList<>(List.of(
                Delivery.Part.floats(vae.reconstruction()),
                Delivery.Part.floats(vae.kl()),
                Delivery.Part.floats(vae.head())));
        if (vae.codes() != null) {
            wanted.add(Delivery.Part.floats(vae.codes()));
            wanted.add(Delivery.Part.floats(vae.term()));
        }
        this.delivery =
                new Delivery(backend, (parts, rows) -> sums.add(parts, rows), wanted.toArray(new Delivery.Part[0]));
    }

    /**
     * The mean divergence of each latent from the standard normal over the rows evaluated last, nats: their sum is the KL term
     * where that is the prior.
     *
     * @return [Z], null where there are no variances
     */
    public double[] klPerLatent() {
        return sums.klPerLatent();
    }

    /**
     * The key of the draws that binarize a set for evaluation. Held-out rows have draws of their own; the training rows of a
     * statically binarized set are evaluated as they were trained on.
     *
     * @param training whether the rows are the training split
     */
    public static long binarizationKey(Binarization binarization, boolean training, long seed) {
        return Stream.BINARIZATION.key(training && binarization == Binarization.STATIC ? seed : ~seed);
    }

    /**
     * Evaluates all rows of a reader.
     *
     * @param binarizationKey see {@link #binarizationKey}
     * @param seed of the noise
     */
    public Result evaluate(SampleReader reader, Binarization binarization, long binarizationKey, long seed) {
        return evaluate(reader, RowLabels.NONE, binarization, binarizationKey, seed);
    }

    /**
     * Evaluates all rows of a reader with their labels.
     *
     * @param labels of the rows, of a model that is told them
     */
    public Result evaluate(
            SampleReader reader, RowLabels labels, Binarization binarization, long binarizationKey, long seed) {
        int width = vae.x().columns();
        float[] batch = new float[ROWS * width];
        float[] oneHot =
                vae.labels() == null ? null : new float[(int) vae.labels().count()];
        double[] position = new double[Scalars.COUNT];
        if (forward == null || seedOfForward != seed) {
            forward = backend.record(() -> forward(seed));
            seedOfForward = seed;
        }
        CodeUse.Counter codes =
                vae.codes() == null ? null : new CodeUse.Counter(spec.codebook().codes(), spec.slots());
        sums = new Sums(latents, vae.head().columns(), codes);
        long done = 0;
        int read;
        while ((read = reader.read(batch, ROWS)) > 0) {
            if (binarization != Binarization.NONE) {
                Binarization.draw(batch, 0, read, done, width, binarizationKey, 0);
            }
            backend.upload(vae.x(), batch, 0);
            if (oneHot != null) {
                labels.oneHot(oneHot, done, read);
                backend.upload(vae.labels(), oneHot, 0);
            }
            position[Scalars.NOISE_POSITION.ordinal()] = (double) done * noiseWidth;
            backend.upload(scalars, position);
            if (vae.noise() != null) {
                backend.reserveNoise(
                        Stream.EVALUATION.key(seed),
                        done * noiseWidth,
                        vae.noise().count());
            }
            forward.run();
            delivery.send(read);
            done += read;
        }
        delivery.flush();
        return new Result(
                sums.reconstruction / done,
                sums.kl / done,
                sums.spread.above(ACTIVE_VARIANCE),
                done,
                codes == null ? null : codes.result());
    }

    private void forward(long seed) {
        if (vae.noise() != null) {
            backend.ops().normal(vae.noise(), scalars, Stream.EVALUATION.key(seed));
        }
        vae.encode();
        vae.sample();
        vae.decode();
        vae.score();
    }

    /** What the batches add up to, in their order. */
    private static final class Sums {
        private final Spread spread;
        private final float[] head;
        /** Sum of the divergence of each latent; null where there are no variances. */
        private final double[] latentwise;
        /** Null without codes. */
        private final CodeUse.Counter codes;

        private double reconstruction;
        private double kl;

        Sums(int latents, int headWidth, CodeUse.Counter codes) {
            spread = new Spread(latents);
            head = new float[headWidth];
            latentwise = headWidth == 2 * latents ? new double[latents] : null;
            this.codes = codes;
        }

        /** Adds a batch: reconstruction and KL rows, and posteriors. */
        void add(ByteBuffer[] parts, int rows) {
            reconstruction += sum(parts[0], rows);
            kl += sum(parts[1], rows);
            FloatBuffer heads = parts[2].asFloatBuffer();
            for (int r = 0; r < rows; r++) {
                heads.get(head);
                spread.add(head, 0);
                addDivergences();
            }
            if (codes != null) {
                codes.add(parts[3].asFloatBuffer(), parts[4].asFloatBuffer(), rows);
            }
        }

        private void addDivergences() {
            for (int i = 0; latentwise != null && i < latentwise.length; i++) {
                double mu = head[i];
                double logvar = head[latentwise.length + i];
                latentwise[i] += 0.5 * (mu * mu + Math.expm1(logvar) - logvar);
            }
        }

        private double[] klPerLatent() {
            return latentwise == null
                    ? null
                    : Arrays.stream(latentwise).map(sum -> sum / spread.count).toArray();
        }

        private static double sum(ByteBuffer values, int count) {
            double sum = 0;
            for (int i = 0; i < count; i++) {
                sum += values.getFloat(Float.BYTES * i);
            }
            return sum;
        }
    }

    /** Variance per latent, one row at a time (Welford 1962). */
    private static final class Spread {
        private final double[] mean;
        private final double[] squares;
        private long count;

        Spread(int latents) {
            mean = new double[latents];
            squares = new double[latents];
        }

        void add(float[] values, int start) {
            count++;
            for (int i = 0; i < mean.length; i++) {
                double delta = values[start + i] - mean[i];
                mean[i] += delta / count;
                squares[i] += delta * (values[start + i] - mean[i]);
            }
        }

        int above(double variance) {
            int above = 0;
            for (double square : squares) {
                if (square / count > variance) {
                    above++;
                }
            }
            return above;
        }
    }
}
