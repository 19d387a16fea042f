package io.jcuvae.jobs;

import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Delivery;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Vae;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A model bound to score rows, batch by batch. Draw k of every row has the same noise, the normals k Z .. k Z + Z - 1 of the
 * model's evaluation stream: so a score is a function of the row alone, equal rows have equal scores wherever they stand, and
 * what is compared does not differ by luck. Values in [0, 1] go in as they are even where training drew them to 0 or 1.
 */
final class RowScorer implements AutoCloseable {
    /** Takes scored rows, in their order. */
    @FunctionalInterface
    interface Taker {
        /**
         * Takes some.
         *
         * @param scores [count], more is more unusual
         * @param values [count, D] the reconstruction term of each value at the posterior's mean; null where not asked for
         */
        void take(float[] scores, float[] values, int count);
    }

    private final Backend backend;
    private final ScoreRecipe recipe;
    /** Rows of a batch, and draws of each that are computed at once. */
    private final int images;

    private final int chunk;
    private final Vae encoder;
    /** With rows for every draw; the encoder itself where nothing is drawn. */
    private final Vae decoder;

    /** The normals of each chunk of draws, the same for every row: [chunks][images chunk Z]. */
    private final float[][] noise;

    /** [images chunk]: log p(z) - log q(z | x); null where it is not needed. */
    private final Tensor ratio;
    /** [images, D]: the reconstruction term of each value; null where it is not asked for. */
    private final Tensor terms;

    private final Tensor room;
    private final float[] values;
    private final Recorded encode;
    private final Recorded draw;
    private final Delivery delivery;

    /** What the chunks of a batch add up to: sums of terms, or of weights relative to the largest. */
    private final double[] sum;

    private final double[] largest;
    private final float[] scores;
    private int drawn;
    private long done;
    private Taker taker;
    private String source;

    /**
     * Binds a model.
     *
     * @param byValue whether to give the terms of the values
     * @throws UserError when the model has no such figures
     */
    RowScorer(Model model, Backend backend, ScoreRecipe recipe, boolean byValue) {
        recipe.requireOf(model);
        this.backend = backend;
        this.recipe = recipe;
        int most = backend.rowsAtOnce(model.spec().widest());
        boolean drawing = recipe.draws() > 0;
        images = drawing ? Math.max(1, most / recipe.draws()) : most;
        chunk = drawing ? Math.min(recipe.draws(), most) : 1;
        encoder = Vae.forInference(model.spec(), backend, model.values(), model.buffers(), images);
        decoder = drawing
                ? Vae.forInference(model.spec(), backend, model.values(), model.buffers(), images * chunk)
                : encoder;
        noise = drawing ? noise(Stream.EVALUATION.key(model.config().seed())) : new float[0][];
        boolean weighing = recipe.kind() == ScoreKind.NLL;
        ratio = weighing ? allocate(Shape.of(images * chunk)) : null;
        terms = byValue ? allocate(Shape.of(images, encoder.x().columns())) : null;
        room = byValue && encoder.output().count() > terms.count()
                ? allocate(encoder.output().shape())
                : null;
        values = byValue ? new float[Math.toIntExact(terms.count())] : null;
        encode = backend.record(this::encode);
        draw = drawing ? backend.record(this::draw) : null;
        sum = new double[images];
        largest = new double[images];
        scores = new float[images];
        delivery = new Delivery(
                backend,
                this::add,
                Delivery.Part.floats(decoder.reconstruction()),
                Delivery.Part.floats(weighing ? ratio : decoder.kl()));
    }

    private Tensor allocate(Shape shape) {
        return Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
    }

    private float[][] noise(long key) {
        int some = chunk * decoder.noise().columns();
        float[][] all = new float[(recipe.draws() + chunk - 1) / chunk][images * some];
        for (int c = 0; c < all.length; c++) {
            Philox.fillNormal(all[c], 0, some, key, (long) c * some);
            for (int i = 1; i < images; i++) {
                System.arraycopy(all[c], 0, all[c], i * some, some);
            }
        }
        return all;
    }

    private void encode() {
        encoder.encode();
        if (decoder != encoder) {
            backend.ops().repeatRows(decoder.x(), encoder.x());
            backend.ops().repeatRows(decoder.head(), encoder.head());
        }
        if (recipe.draws() == 0 || terms != null) {
            encoder.center();
            encoder.decode();
            encoder.score();
        }
        if (terms != null) {
            encoder.scoreValues(terms, room);
        }
    }

    private void draw() {
        decoder.sample();
        decoder.decode();
        decoder.score();
        if (ratio != null) {
            backend.ops().gaussianLogRatio(ratio, decoder.z(), decoder.head(), decoder.noise());
        }
    }

    /**
     * Scores all rows of a reader.
     *
     * @param labels of the rows, of a model that is told them
     * @param name of the data, for messages
     * @throws UserError naming the first row whose score is no finite number
     */
    void run(SampleReader reader, RowLabels labels, String name, Taker rowTaker, Progress progress) {
        run(reader, 0, labels, name, rowTaker, progress);
    }

    /** Rows of a batch; row i is to be computed at place i mod B of one, where a product rounds it the same way. */
    int rows() {
        return images;
    }

    /**
     * Scores the rows of a reader that begins in the midst.
     *
     * @param begin number of its first row
     */
    void run(SampleReader reader, long begin, RowLabels labels, String name, Taker rowTaker, Progress progress) {
        taker = rowTaker;
        source = name;
        done = begin;
        clear();
        float[] batch = new float[Math.toIntExact(encoder.x().count())];
        float[] oneHot = encoder.labels() == null
                ? null
                : new float[Math.toIntExact(encoder.labels().count())];
        if (noise.length == 1) {
            backend.upload(decoder.noise(), noise[0], 0);
        }
        long first = begin;
        int read;
        while ((read = reader.read(batch, images)) > 0) {
            backend.upload(encoder.x(), batch, 0);
            if (oneHot != null) {
                labels.oneHot(oneHot, first, read);
                backend.upload(encoder.labels(), oneHot, 0);
                if (decoder != encoder) {
                    backend.ops().repeatRows(decoder.labels(), encoder.labels());
                }
            }
            score(read);
            first += read;
            progress.at(first - begin, reader.count());
        }
        delivery.flush();
    }

    private void score(int read) {
        encode.run();
        if (terms != null) {
            // What is still under way belongs to the values of the batch before.
            delivery.flush();
            backend.download(values, 0, terms);
        }
        if (draw == null) {
            delivery.send(read);
            return;
        }
        for (float[] chunkNoise : noise) {
            if (noise.length > 1) {
                backend.upload(decoder.noise(), chunkNoise, 0);
            }
            draw.run();
            delivery.send(read * chunk);
        }
    }

    private void clear() {
        drawn = 0;
        Arrays.fill(sum, 0);
        Arrays.fill(largest, Double.NEGATIVE_INFINITY);
    }

    /** Takes in a chunk of draws of a batch; hands the rows over with the last. */
    private void add(ByteBuffer[] parts, int rows) {
        int count = rows / chunk;
        int counted = recipe.draws() == 0 ? 1 : Math.min(chunk, recipe.draws() - drawn);
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < counted; k++) {
                int at = Float.BYTES * (i * chunk + k);
                double reconstruction = parts[0].getFloat(at);
                switch (recipe.kind()) {
                    case RECONSTRUCTION -> sum[i] = reconstruction;
                    case LOSS -> sum[i] += reconstruction + parts[1].getFloat(at);
                    case NLL -> weigh(i, parts[1].getFloat(at) - reconstruction);
                }
            }
        }
        drawn += counted;
        if (drawn < recipe.draws()) {
            return;
        }
        for (int i = 0; i < count; i++) {
            double score =
                    switch (recipe.kind()) {
                        case RECONSTRUCTION -> sum[i];
                        case LOSS -> sum[i] / recipe.draws();
                        case NLL -> Math.log(recipe.draws()) - largest[i] - Math.log(sum[i]);
                    };
            scores[i] = (float) score;
            if (!Float.isFinite(scores[i])) {
                throw new UserError(source + ": the score of row " + (done + i) + " is " + score
                        + ": the model overflows on it; are its values scaled like the training data's?");
            }
        }
        taker.take(scores, values, count);
        done += count;
        clear();
    }

    /** Adds a weight in one pass: log sum of exp as {@link #largest} + log {@link #sum}. */
    private void weigh(int row, double logWeight) {
        if (logWeight > largest[row]) {
            sum[row] = sum[row] * Math.exp(largest[row] - logWeight) + 1;
            largest[row] = logWeight;
        } else {
            // A weight of zero adds nothing; NaN must not hide.
            sum[row] += logWeight == Double.NEGATIVE_INFINITY ? 0 : Math.exp(logWeight - largest[row]);
        }
    }

    @Override
    public void close() {
        delivery.close();
    }
}
