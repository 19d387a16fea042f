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
import io.jcuvae.vae.ColumnScores;
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
    /** Encodes the batch, and decodes the posteriors' means; null where the weights are all that is asked for. */
    private final Vae plain;
    /** Draws: with rows for every draw, or weighing them; null where nothing is drawn. */
    private final Vae drawing;

    /** The normals of each chunk of draws, the same for every row: [chunks][images chunk Z]. */
    private final float[][] noise;

    /** [images, 2]: the weights so far, see {@link io.jcuvae.tensor.MeasureOps#addWeights}; null where none are made. */
    private final Tensor weights;
    /** [images]: what becomes of them. */
    private final Tensor nll;
    /** Makes the reconstruction terms of the values; null where they are not asked for. */
    private final ColumnScores terms;

    private final float[] output;
    private final double[] ofValues;
    private final float[] values;
    /** Rows of draws are not encoded, but what a prior learned from samples is made there; null where nothing is. */
    private final Recorded prepare;

    private final Recorded encode;
    private final Recorded draw;
    private final Recorded last;
    private final Recorded mean;
    private final Delivery delivery;

    /** What the chunks of a batch add up to. */
    private final double[] sum;

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
        this(model, backend, recipe, byValue, backend.rowsAtOnce(model.spec().widest()));
    }

    /**
     * Binds a model to batches of a size.
     *
     * @param most rows, or draws of rows, to compute at once
     */
    RowScorer(Model model, Backend backend, ScoreRecipe recipe, boolean byValue, int most) {
        recipe.requireOf(model);
        this.backend = backend;
        this.recipe = recipe;
        boolean any = recipe.draws() > 0;
        boolean weighing = recipe.kind() == ScoreKind.NLL;
        images = any ? Math.max(1, most / recipe.draws()) : most;
        chunk = any ? Math.min(recipe.draws(), most) : 1;
        plain = weighing && !byValue ? null : bind(model, images);
        drawing = weighing
                ? Vae.forImportance(model.spec(), backend, model.values(), model.buffers(), images, chunk)
                : any ? bind(model, images * chunk) : null;
        noise = any ? noise(Stream.EVALUATION.key(model.config().seed())) : new float[0][];
        weights = weighing ? Tensor.of(backend.allocate(ElementType.F64, 2L * images), Shape.of(images, 2)) : null;
        nll = weighing ? allocate(Shape.of(images)) : null;
        terms = byValue ? columnScores(model) : null;
        output = byValue ? new float[Math.toIntExact(plain.output().count())] : null;
        values = byValue ? new float[Math.toIntExact(plain.x().count())] : null;
        ofValues = byValue ? new double[values.length] : null;
        // Recorded, like all that is computed, as that is what brings a device to the thread that comes with rows.
        prepare = drawing != null && weights == null ? backend.record(drawing::encode) : null;
        encode = backend.record(this::encode);
        draw = any ? backend.record(() -> draw(chunk)) : null;
        int rest = recipe.draws() % chunk;
        last = rest == 0 ? draw : backend.record(() -> draw(rest));
        mean = weighing ? backend.record(() -> backend.ops().meanWeight(nll, weights, recipe.draws())) : null;
        sum = new double[images];
        scores = new float[images];
        Delivery.Part[] parts = weighing
                ? new Delivery.Part[] {Delivery.Part.floats(nll)}
                : new Delivery.Part[] {
                    Delivery.Part.floats((any ? drawing : plain).reconstruction()),
                    Delivery.Part.floats((any ? drawing : plain).kl())
                };
        delivery = new Delivery(backend, this::add, parts);
    }

    private ColumnScores columnScores(Model model) {
        float[] block = new float[Math.toIntExact(model.values().block().count())];
        backend.download(block, 0, model.values().block());
        return new ColumnScores(model.spec(), block);
    }

    private Vae bind(Model model, int rows) {
        return Vae.forInference(model.spec(), backend, model.values(), model.buffers(), rows);
    }

    private Tensor allocate(Shape shape) {
        return Tensor.of(backend.allocate(ElementType.F32, shape.count()), shape);
    }

    private float[][] noise(long key) {
        int some = chunk * drawing.noise().columns();
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
        if (plain != null) {
            plain.encode();
        }
        if (weights != null) {
            drawing.encode();
            backend.ops().startWeights(weights);
        } else if (drawing != null) {
            backend.ops().repeatRows(drawing.x(), plain.x());
            backend.ops().repeatRows(drawing.head(), plain.head());
        }
        if (drawing == null || terms != null) {
            plain.center();
            plain.decode();
            plain.score();
        }
    }

    /** Some draws of each row, of which the first so many count. */
    private void draw(int counted) {
        drawing.sample();
        drawing.decode();
        drawing.score();
        if (weights != null) {
            drawing.addWeights(weights, counted);
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
        Vae first = plain == null ? drawing : plain;
        float[] batch = new float[Math.toIntExact(first.x().count())];
        float[] oneHot = first.labels() == null
                ? null
                : new float[Math.toIntExact(first.labels().count())];
        if (prepare != null) {
            prepare.run();
        }
        if (noise.length == 1) {
            backend.upload(drawing.noise(), noise[0], 0);
        }
        long begun = begin;
        int read;
        while ((read = reader.read(batch, images)) > 0) {
            if (oneHot != null) {
                labels.oneHot(oneHot, begun, read);
            }
            upload(plain, batch, oneHot);
            if (weights != null) {
                upload(drawing, batch, oneHot);
            } else if (drawing != null && oneHot != null) {
                backend.ops().repeatRows(drawing.labels(), plain.labels());
            }
            score(batch, read);
            begun += read;
            progress.at(begun - begin, reader.count());
        }
        delivery.flush();
    }

    private void upload(Vae vae, float[] batch, float[] oneHot) {
        if (vae != null) {
            backend.upload(vae.x(), batch, 0);
            if (oneHot != null) {
                backend.upload(vae.labels(), oneHot, 0);
            }
        }
    }

    private void score(float[] batch, int read) {
        encode.run();
        if (terms != null) {
            // What is still under way belongs to the values of the batch before.
            delivery.flush();
            backend.download(output, 0, plain.output());
            terms.score(ofValues, output, batch, read);
            for (int i = 0; i < read * terms.columns(); i++) {
                values[i] = (float) ofValues[i];
            }
        }
        if (draw == null) {
            delivery.send(read);
            return;
        }
        for (int c = 0; c < noise.length; c++) {
            if (noise.length > 1) {
                backend.upload(drawing.noise(), noise[c], 0);
            }
            (c == noise.length - 1 ? last : draw).run();
            if (weights == null) {
                delivery.send(read * chunk);
            }
        }
        if (weights != null) {
            mean.run();
            delivery.send(read);
        }
    }

    private void clear() {
        drawn = 0;
        Arrays.fill(sum, 0);
    }

    /** Takes in a chunk of draws of a batch; hands the rows over with the last. */
    private void add(ByteBuffer[] parts, int rows) {
        boolean whole = recipe.kind() != ScoreKind.LOSS;
        int count = whole ? rows : rows / chunk;
        int counted = whole ? 1 : Math.min(chunk, recipe.draws() - drawn);
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < counted; k++) {
                int at = Float.BYTES * (whole ? i : i * chunk + k);
                sum[i] += parts[0].getFloat(at) + (whole ? 0 : (double) parts[1].getFloat(at));
            }
        }
        drawn += counted;
        if (!whole && drawn < recipe.draws()) {
            return;
        }
        for (int i = 0; i < count; i++) {
            scores[i] = (float) (whole ? sum[i] : sum[i] / recipe.draws());
            if (!Float.isFinite(scores[i])) {
                throw new UserError(source + ": the score of row " + (done + i) + " is " + scores[i]
                        + ": the model overflows on it; are its values scaled like the training data's?");
            }
        }
        taker.take(scores, values, count);
        done += count;
        clear();
    }

    @Override
    public void close() {
        delivery.close();
    }
}
