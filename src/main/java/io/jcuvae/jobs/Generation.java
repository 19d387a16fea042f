package io.jcuvae.jobs;

import io.jcuvae.data.RowWriter;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import io.jcuvae.vae.Posterior;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Draws samples from the prior, or from another distribution of codes, and decodes them to their expected data. From the standard
 * normal, sample i comes from z_i = temperature times the normals i Z .. i Z + Z - 1 of the seed's generation stream, so it is
 * the same however many are asked for.
 */
public final class Generation {
    private Generation() {}

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
     * Writes samples of some classes, class after class; sample i of each has the noise of sample i, and in a .png each class is
     * a line.
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
        check(model, samplerOrNull, count, temperature);
        if (count > Long.MAX_VALUE / classes.length) {
            throw new UserError(
                    "--count: " + count + " samples of each of " + classes.length + " classes are too many");
        }
        long total = count * classes.length;
        BoundModel bound = new BoundModel(model, backend);
        int columns = classes.length == 1 ? 0 : (int) Math.min(count, Integer.MAX_VALUE);
        try (RowWriter writer = Rows.writer(model, out, total, columns)) {
            try (RowsOut rows =
                    new RowsOut(backend, bound.output(), writer, out.toString(), done -> progress.at(done, total))) {
                generate(bound, source(model, backend, samplerOrNull), rows, classes, count, seed, temperature);
            }
            writer.commit();
        }
    }

    private static void generate(
            BoundModel bound,
            CodeSampler samplerOrNull,
            RowsOut rows,
            int[] classes,
            long count,
            long seed,
            double temperature) {
        BoundModel.Generator normal =
                samplerOrNull == null ? bound.generator(Stream.GENERATION.key(seed), temperature) : null;
        for (int number : classes) {
            BoundModel.Generator generator =
                    normal != null ? normal : drawing(bound, samplerOrNull.ofClass(number), seed, temperature);
            bound.label(number);
            for (long first = 0; first < count; first += bound.rows()) {
                generator.generate(first);
                rows.send((int) Math.min(bound.rows(), count - first));
            }
        }
        rows.flush();
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
        check(model, null, count, temperature);
        BoundModel bound = new BoundModel(model, backend);
        try (RowsOut rows = new RowsOut(backend, bound.output(), true, taker::take, "the samples", done -> {})) {
            generate(bound, source(model, backend, null), rows, Labels.of(model, null), count, seed, temperature);
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
        check(model, samplerOrNull, count, temperature);
        BoundModel bound = new BoundModel(model, backend);
        float[] all = new float[Math.multiplyExact(Math.multiplyExact(count, classes.length), bound.width())];
        int[] filled = new int[1];
        RowsOut.Taker taker = (batch, number) -> {
            int values = number * bound.width();
            batch.asFloatBuffer().get(all, filled[0], values);
            filled[0] += values;
        };
        try (RowsOut rows = new RowsOut(backend, bound.output(), false, taker, "the samples", done -> {})) {
            generate(bound, source(model, backend, samplerOrNull), rows, classes, count, seed, temperature);
        }
        return all;
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
