package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.LabelledRows;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Delivery;
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
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Variations of samples: the expected data of codes drawn from each one's posterior, z = mu + T sigma noise, with the label
 * of the original. Variation n of row i has the normals (i N + n) Z .. of the seed's generation stream, so it depends on
 * neither batch size nor on how many rows there are.
 */
public final class Augmentation {
    private Augmentation() {}

    /**
     * What was written.
     *
     * @param rows variations in all
     * @param labelled whether the file has the labels of the originals
     */
    public record Result(long rows, boolean labelled) {}

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
        if (model.spec().posterior() != Posterior.GAUSSIAN) {
            throw new UserError("augment: the model's codes have no posterior to draw variations from (--posterior "
                    + model.spec().posterior().label() + "); train one that has, or see interpolate");
        }
        Split split = splitOrNull == null ? Split.TRAIN : splitOrNull;
        int[] kept =
                LabelledRows.keepsLabels(out) ? source.by(model.data().table()).labels(split, limit) : null;
        RowLabels told = Rows.labels(model, source, split, limit);
        try (SampleReader reader = Rows.open(model, source, split, limit);
                LabelledRows writer =
                        new LabelledRows(out, model.data().shape(), model.data().table(), kept, perSample);
                Variations variations =
                        new Variations(model, backend, perSample, temperature, Stream.GENERATION.key(seed))) {
            long rows = variations.write(reader, told, writer, progress);
            writer.commit();
            return new Result(rows, kept != null);
        }
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
        private final Delivery delivery;
        private LabelledRows writer;

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
            delivery = new Delivery(backend, this::take, Delivery.Part.floats(decoder.expected()));
        }

        private void draw() {
            backend.ops().normal(noise, scalars, key);
            backend.ops().reparameterize(decoder.z(), decoder.head(), noise);
            decoder.decode();
            decoder.mean();
        }

        long write(SampleReader reader, RowLabels labels, LabelledRows to, Progress progress) {
            writer = to;
            float[] batch = new float[Math.toIntExact(encoder.x().count())];
            float[] oneHot = encoder.labels() == null
                    ? null
                    : new float[Math.toIntExact(encoder.labels().count())];
            long first = 0;
            int read;
            while ((read = reader.read(batch, images)) > 0) {
                backend.upload(encoder.x(), batch, 0);
                if (oneHot != null) {
                    labels.oneHot(oneHot, first, read);
                    backend.upload(encoder.labels(), oneHot, 0);
                    backend.ops().repeatRows(decoder.labels(), encoder.labels());
                }
                encode.run();
                warm();
                draw(first, read);
                first += read;
                progress.at(first * perSample, reader.count() < 0 ? -1 : reader.count() * perSample);
            }
            delivery.flush();
            return first * perSample;
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

        private void draw(long first, int read) {
            int latents = noise.columns();
            double[] values = new double[Scalars.COUNT];
            for (int asked = 0; asked < perSample; asked += chunk) {
                long position = (first * perSample + asked) * latents;
                values[Scalars.NOISE_POSITION.ordinal()] = position;
                backend.upload(scalars, values);
                backend.reserveNoise(key, position, noise.count());
                draw.run();
                // One row in several parts, or whole rows with all that is drawn of them.
                delivery.send(read * Math.min(chunk, perSample - asked));
            }
        }

        private void take(ByteBuffer[] parts, int rows) {
            writer.write(parts[0], rows);
        }

        @Override
        public void close() {
            delivery.close();
        }
    }
}
