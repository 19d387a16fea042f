package io.jcuvae.jobs;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.jcuvae.data.RowTarget;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Posterior;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.LongConsumer;

/**
 * Draws samples from the prior, or from another distribution of codes, and decodes them to their expected data. From the
 * standard normal, sample i comes from z_i = temperature times the normals i Z .. i Z + Z - 1 of the seed's generation
 * stream, so it is the same however many are asked for.
 */
public final class Generation implements RowJob {
    private final Model model;
    private final Backend backend;
    private final int[] classes;
    private final CodeSampler samplerOrNull;
    private final Asked asked;
    private final RowWriters.Form form;
    private final BoundModel bound;
    private BoundModel.Generator normal;
    private RowsOut out;
    private String name = "the samples";

    /**
     * What to draw.
     *
     * @param first number of the first sample of each class
     * @param count samples of each class
     * @param seed start of the random sequence
     * @param temperature scale of z
     * @param sampler what codes come from, for the manifest: a name, and the SHA-256 of the file that is not the model's
     */
    public record Asked(long first, long count, long seed, double temperature, String sampler) {}

    /**
     * Samples as a job.
     *
     * @param classes as {@link Labels#of} gives them
     * @param samplerOrNull where codes come from, null for the prior
     * @throws UserError when a number makes no sense, or the model has no prior
     */
    public Generation(
            Model model, Backend backend, int[] classes, CodeSampler samplerOrNull, Asked asked, RowWriters.Form form) {
        requirePossible(model, classes.length, samplerOrNull, asked);
        this.model = model;
        this.backend = backend;
        this.classes = classes.clone();
        this.samplerOrNull = source(model, backend, samplerOrNull);
        this.asked = asked;
        this.form = form.with(classes.length == 1 ? 0 : (int) Math.min(asked.count(), Integer.MAX_VALUE));
        this.bound = new BoundModel(model, backend);
    }

    @Override
    public String kind() {
        return "generate";
    }

    @Override
    public JsonObject options() {
        JsonObject json = new JsonObject();
        json.addProperty("seed", asked.seed());
        json.addProperty("first", asked.first());
        json.addProperty("count", asked.count());
        json.addProperty("temperature", asked.temperature());
        json.addProperty("sampler", asked.sampler());
        JsonArray numbers = new JsonArray();
        Arrays.stream(classes).forEach(numbers::add);
        json.add("classes", numbers);
        json.addProperty("bytes", form.bytes());
        json.addProperty("device", backend.name());
        return json;
    }

    @Override
    public long rows() {
        return asked.count() * classes.length;
    }

    @Override
    public int[] rowShape() {
        return model.data().shape().sizes();
    }

    @Override
    public long rowBytes() {
        return Rows.bytes(model, form);
    }

    @Override
    public RowWriter writer(Path file, long begin, long from, long count, RowTarget.Opener opener) {
        name = file.toString();
        return Rows.writer(model, file, (classes.length == 1 ? asked.first() : 0) + begin, count, form, opener);
    }

    @Override
    public void make(long from, long to, RowWriter writer, LongConsumer done) {
        if (out == null) {
            out = RowsOut.expected(backend, bound, writer.pixels());
        }
        out.to(writer, name, from, done, () -> send(out, from, Math.min(to, rows())));
    }

    /** Sends rows; sample i is always computed at place i mod B of a batch, where a product rounds it the same way. */
    private void send(RowsOut rows, long from, long to) {
        int some = bound.rows();
        for (long row = from; row < to; ) {
            int number = classes[(int) (row / asked.count())];
            long begin = asked.first() + row % asked.count();
            long end = begin + Math.min(to - row, asked.count() - row % asked.count());
            BoundModel.Generator generator = generator(number);
            bound.label(number);
            for (long at = begin / some * some; at < end; at += some) {
                generator.generate(at);
                rows.send((int) Math.min(some, end - at), (int) Math.max(0, begin - at));
            }
            row += end - begin;
        }
    }

    private BoundModel.Generator generator(int number) {
        if (samplerOrNull != null) {
            return drawing(bound, samplerOrNull.ofClass(number), asked.seed(), asked.temperature());
        }
        if (normal == null) {
            normal = bound.generator(Stream.GENERATION.key(asked.seed()), asked.temperature());
        }
        return normal;
    }

    @Override
    public void close() {
        if (out != null) {
            out.close();
        }
    }

    /**
     * Writes samples to a file, batch by batch.
     *
     * @param count samples, at least 1
     * @param seed start of the random sequence
     * @param temperature scale of z: 1 is the prior, 0 gives its mean every time
     * @param out its ending says the format
     * @throws UserError when count or temperature make no sense, or the file cannot be written
     */
    public static void run(
            Model model, Backend backend, long count, long seed, double temperature, Path out, Progress progress) {
        run(model, backend, Labels.of(model, null), null, count, seed, temperature, out, progress);
    }

    /**
     * Writes samples of some classes, class after class; sample i of each has the noise of sample i, and in a .png each
     * class is a line.
     *
     * @param classes as {@link Labels#of} gives them
     * @param samplerOrNull where codes come from, null for the prior
     * @param count samples of each class, at least 1
     */
    public static void run(
            Model model,
            Backend backend,
            int[] classes,
            CodeSampler samplerOrNull,
            long count,
            long seed,
            double temperature,
            Path out,
            Progress progress) {
        Asked asked = new Asked(0, count, seed, temperature, "prior");
        try (Generation job = new Generation(model, backend, classes, samplerOrNull, asked, RowWriters.Form.USUAL)) {
            job.write(out, progress);
        }
    }

    /**
     * What makes samples from the model's prior, learned or not.
     *
     * @param bound the model
     */
    static BoundModel.Generator generator(Model model, Backend backend, BoundModel bound, long seed) {
        CodeSampler learned = PriorSampler.of(model, backend);
        return learned == null ? bound.generator(Stream.GENERATION.key(seed), 1) : drawing(bound, learned, seed, 1);
    }

    /** What is asked for, else the prior that the model has learned; null for the standard normal. */
    private static CodeSampler source(Model model, Backend backend, CodeSampler samplerOrNull) {
        return samplerOrNull == null ? PriorSampler.of(model, backend) : samplerOrNull;
    }

    private static BoundModel.Generator drawing(BoundModel bound, CodeSampler sampler, long seed, double temperature) {
        float[] codes = bound.codes();
        return first -> {
            sampler.draw(codes, first, bound.rows(), seed, temperature);
            bound.decode(codes);
        };
    }

    /** Takes batches of pixels. */
    @FunctionalInterface
    public interface PixelTaker {
        /**
         * Takes the next samples.
         *
         * @param pixels [rows, D] bytes from the position to the limit, good for the time of the call
         */
        void take(ByteBuffer pixels, int rows);
    }

    /**
     * The same samples as pixels, in memory: batch by batch as they arrive from the device.
     *
     * @param taker called for one batch while the device computes the next
     */
    public static void pixels(
            Model model, Backend backend, long count, long seed, double temperature, PixelTaker taker) {
        Asked asked = new Asked(0, count, seed, temperature, "prior");
        Generation job = new Generation(model, backend, Labels.of(model, null), null, asked, RowWriters.Form.USUAL);
        try (RowsOut rows = RowsOut.expected(backend, job.bound, true, taker::take)) {
            job.send(rows, 0, job.rows());
            rows.flush();
        }
    }

    /**
     * The first samples of the same sequence, in memory: for pictures.
     *
     * @return [count, D]
     */
    public static float[] sample(Model model, Backend backend, int count, long seed, double temperature) {
        return sample(model, backend, Labels.of(model, null), null, count, seed, temperature);
    }

    /**
     * The first samples of some classes, in memory, as the model sees them: for pictures.
     *
     * @param classes as {@link Labels#of} gives them
     * @param samplerOrNull where codes come from, null for the prior
     * @param count samples of each
     * @return [classes, count, D]
     */
    public static float[] sample(
            Model model,
            Backend backend,
            int[] classes,
            CodeSampler samplerOrNull,
            int count,
            long seed,
            double temperature) {
        Asked asked = new Asked(0, count, seed, temperature, "prior");
        Generation job = new Generation(model, backend, classes, samplerOrNull, asked, RowWriters.Form.USUAL);
        int width = job.bound.width();
        float[] all = new float[Math.multiplyExact(Math.multiplyExact(count, classes.length), width)];
        int[] filled = new int[1];
        RowsOut.Taker taker = (batch, number) -> {
            int values = number * width;
            batch.asFloatBuffer().get(all, filled[0], values);
            filled[0] += values;
        };
        try (RowsOut rows = RowsOut.expected(backend, job.bound, false, taker)) {
            job.send(rows, 0, job.rows());
            rows.flush();
        }
        return all;
    }

    /**
     * Refuses what the model cannot draw.
     *
     * @param classes how many are asked for
     * @param samplerOrNull where codes come from, null for the prior
     * @throws UserError when a number makes no sense, or the model has no prior
     */
    static void requirePossible(Model model, int classes, CodeSampler samplerOrNull, Asked asked) {
        check(model, samplerOrNull, asked.count(), asked.temperature());
        if (asked.count() > Long.MAX_VALUE / classes) {
            throw new UserError(
                    "--count: " + asked.count() + " samples of each of " + classes + " classes are too many");
        }
        // Positions in the random sequence are exact up to 2^53.
        long most = (1L << 50) / model.spec().latents();
        if (asked.first() < 0 || asked.first() > most - asked.count()) {
            throw new UserError("--first and --count: samples are numbered from 0 to " + (most - 1) + "; got "
                    + asked.first() + " and " + asked.count());
        }
    }

    private static void check(Model model, CodeSampler samplerOrNull, long count, double temperature) {
        if (samplerOrNull == null && model.spec().posterior() == Posterior.VQ) {
            throw new UserError(
                    "generate: the codes of a codebook follow no normal distribution; draw them from a tree that"
                            + " is fitted to them, --sampler tree");
        }
        if (samplerOrNull == null && !model.config().hasPrior()) {
            throw new UserError(
                    "generate: the model is a plain autoencoder (--posterior none), whose codes follow no prior"
                            + " that could be drawn from; fit a mixture to them"
                            + " with --sampler gmm, use reconstruct or interpolate, or decode codes of your own");
        }
        if (count < 1) {
            throw new UserError("--count: must be at least 1, got " + count);
        }
        if (!(temperature >= 0 && temperature <= Float.MAX_VALUE)) {
            throw new UserError("--temperature: must be a number from 0, got " + temperature
                    + "; 1 samples the prior, less keeps closer to its mean");
        }
    }
}
