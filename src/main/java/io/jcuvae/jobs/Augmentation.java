package io.jcuvae.jobs;

import com.google.gson.JsonObject;
import io.jcuvae.data.DataSource;
import io.jcuvae.data.LabelledRows;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.ElementType;
import io.jcuvae.tensor.Recorded;
import io.jcuvae.tensor.Scalars;
import io.jcuvae.tensor.Shape;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.Tensor;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Posterior;
import io.jcuvae.vae.Vae;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * Variations of samples: the expected data of codes drawn from each one's posterior, z = mu + T sigma noise, with the label
 * of the original. Variation n of row i has the normals (i N + n) Z .. of the seed's generation stream, so it depends on
 * neither batch size nor on how many rows there are.
 */
public final class Augmentation implements RowJob {
    private final Model model;
    private final DataSource source;
    private final RowRange range;
    private final Asked asked;
    private final JsonObject options;
    private final RowFeed feed;
    private final RowLabels told;
    private final int[] kept;
    private final Variations variations;

    /**
     * What was written.
     *
     * @param rows variations in all
     * @param labelled whether the file has the labels of the originals
     */
    public record Result(long rows, boolean labelled) {}

    /**
     * What to draw.
     *
     * @param perSample N, at least 1
     * @param temperature scale of the deviation from the posterior's mean: 1 is the posterior, 0 its mean every time
     * @param seed start of the random sequence
     */
    public record Asked(int perSample, double temperature, long seed) {}

    /**
     * Variations as a job.
     *
     * @param range of originals; without a split the training rows
     * @param out where they go: .npz and .csv keep labels
     * @throws UserError when the model has no posterior to draw from, or the data do not fit it
     */
    public Augmentation(Model model, Backend backend, DataSource source, RowRange range, Asked asked, Path out) {
        if (model.spec().posterior() != Posterior.GAUSSIAN) {
            throw new UserError("augment: the model's codes have no posterior to draw variations from (--posterior "
                    + model.spec().posterior().label() + "); train one that has, or see interpolate");
        }
        this.model = model;
        this.source = source;
        this.range = range;
        this.asked = asked;
        Split split = range.split() == null ? Split.TRAIN : range.split();
        options = MappedRows.options(source, split, range, backend);
        options.addProperty("per_sample", asked.perSample());
        options.addProperty("temperature", asked.temperature());
        options.addProperty("seed", asked.seed());
        kept = LabelledRows.keepsLabels(out) ? source.by(model.data().table()).labels(split, range.limit()) : null;
        told = Rows.labels(model, source, split, range.limit());
        variations = new Variations(
                model, backend, asked.perSample(), asked.temperature(), Stream.GENERATION.key(asked.seed()));
        feed = new RowFeed(model, source, split, range.limit(), variations.images(), true);
    }

    /**
     * Writes N variations of every row, those of a row side by side.
     *
     * @param splitOrNull null for the training rows
     * @param limit the first rows to use, 0 for all
     * @param perSample N, at least 1
     * @param temperature scale of the deviation from the posterior's mean: 1 is the posterior, 0 its mean every time
     * @param out its ending says the format: .npz and .csv keep labels
     * @throws UserError when the model has no posterior to draw from, the data do not fit it, or the file cannot be written
     */
    public static Result run(
            Model model,
            Backend backend,
            DataSource source,
            Split splitOrNull,
            int limit,
            int perSample,
            double temperature,
            long seed,
            Path out,
            Progress progress) {
        RowRange range = RowRange.of(splitOrNull, limit);
        Asked asked = new Asked(perSample, temperature, seed);
        try (Augmentation job = new Augmentation(model, backend, source, range, asked, out)) {
            return new Result(job.write(out, progress), job.labelled());
        }
    }

    /** Whether the file has the labels of the originals. */
    public boolean labelled() {
        return kept != null;
    }

    @Override
    public String kind() {
        return "augment";
    }

    @Override
    public JsonObject options() {
        return options.deepCopy();
    }

    @Override
    public long rows() {
        return times(range.within(feed.known(), source));
    }

    @Override
    public long count() {
        return times(range.within(feed.count(), source));
    }

    private long times(long originals) {
        return originals < 0 ? -1 : Math.multiplyExact(originals, asked.perSample());
    }

    @Override
    public int unit() {
        return asked.perSample();
    }

    @Override
    public int[] rowShape() {
        return model.data().shape().sizes();
    }

    @Override
    public long rowBytes() {
        return Rows.bytes(model, RowWriters.Form.USUAL);
    }

    @Override
    public RowWriter writer(Path file, long first, long from, long count, RowTarget.Opener opener) {
        return new LabelledRows(
                file,
                model.data().shape(),
                model.data().table(),
                kept,
                asked.perSample(),
                range.first() * asked.perSample() + from,
                count,
                opener);
    }

    @Override
    public void make(long from, long to, RowWriter writer, LongConsumer done) {
        int some = asked.perSample();
        long begin = range.first() + from / some;
        long end = to == Long.MAX_VALUE ? range.end() : Math.min(range.end(), range.first() + to / some);
        variations.make(feed, told, begin, end, writer, done);
    }

    @Override
    public void close() {
        feed.close();
        variations.close();
    }

    /** A model bound to draw from posteriors. */
    private static final class Variations implements AutoCloseable {
        private final Backend backend;
        private final int perSample;
        private final double temperature;
        private final long key;
        private final int images;
        private final int chunk;
        private final Vae encoder;
        private final Vae decoder;
        private final Tensor scalars;
        /** [R, Z], of the code alone, whatever else a model draws. */
        private final Tensor noise;

        private final Recorded encode;
        private final Recorded draw;
        private final RowsOut rows;
        private final FeedUpload upload;

        Variations(Model model, Backend backend, int perSample, double temperature, long key) {
            this.backend = backend;
            this.perSample = perSample;
            this.temperature = temperature;
            this.key = key;
            int most = backend.rowsAtOnce(model.spec().widest());
            images = Math.max(1, most / perSample);
            chunk = Math.min(perSample, most);
            encoder = Vae.forInference(model.spec(), backend, model.values(), model.buffers(), images);
            decoder = Vae.forInference(model.spec(), backend, model.values(), model.buffers(), images * chunk);
            scalars = Scalars.allocate(backend);
            Shape codes = decoder.z().shape();
            noise = Tensor.of(backend.allocate(ElementType.F32, codes.count()), codes);
            encode = backend.record(encoder::encode);
            draw = backend.record(this::draw);
            rows = new RowsOut(backend, decoder.expected());
            upload = new FeedUpload(backend, encoder.x());
        }

        /** Originals of a batch. */
        int images() {
            return images;
        }

        private void draw() {
            backend.ops().normal(noise, scalars, key);
            backend.ops().reparameterize(decoder.z(), decoder.head(), noise);
            decoder.decode();
            decoder.mean();
        }

        /** Original i is always computed at place i mod B of a batch, where a product rounds it the same way. */
        void make(RowFeed feed, RowLabels labels, long begin, long end, RowWriter writer, LongConsumer done) {
            float[] oneHot = encoder.labels() == null
                    ? null
                    : new float[Math.toIntExact(encoder.labels().count())];
            rows.to(writer, "augment", begin * perSample, done, () -> {
                feed.seek(begin / images * images);
                for (long at = begin / images * images; at < end; at += images) {
                    int read = feed.next();
                    int skip = (int) Math.max(0, begin - at);
                    int count = (int) Math.min(read, end - at);
                    if (count <= skip) {
                        feed.requireAfter(begin, at);
                        break;
                    }
                    upload.take(feed);
                    if (oneHot != null) {
                        labels.oneHot(oneHot, at, read);
                        backend.upload(encoder.labels(), oneHot, 0);
                        backend.ops().repeatRows(decoder.labels(), encoder.labels());
                    }
                    encode.run();
                    warm();
                    draw(at, count, skip);
                }
            });
        }

        /** The heads of the drawn rows, with deviations scaled by the temperature. */
        private void warm() {
            if (temperature == 1) {
                backend.ops().repeatRows(decoder.head(), encoder.head());
                return;
            }
            float[] head = new float[Math.toIntExact(encoder.head().count())];
            backend.download(head, 0, encoder.head());
            int columns = encoder.head().columns();
            float more = (float) (2 * Math.log(temperature));
            for (int i = 0; i < head.length; i++) {
                head[i] += i % columns < columns / 2 ? 0 : more;
            }
            backend.upload(encoder.head(), head, 0);
            backend.ops().repeatRows(decoder.head(), encoder.head());
        }

        private void draw(long first, int count, int skip) {
            int latents = noise.columns();
            double[] values = new double[Scalars.COUNT];
            for (int asked = 0; asked < perSample; asked += chunk) {
                long position = (first * perSample + asked) * latents;
                values[Scalars.NOISE_POSITION.ordinal()] = position;
                backend.upload(scalars, values);
                backend.reserveNoise(key, position, noise.count());
                draw.run();
                // One row in several parts, of which none is skipped, or whole rows with all that is drawn of them.
                rows.send(count * Math.min(chunk, perSample - asked), skip * chunk);
            }
        }

        @Override
        public void close() {
            rows.close();
        }
    }
}
