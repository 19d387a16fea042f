package io.jcuvae.jobs;

import io.jcuvae.data.RowWriter;
import io.jcuvae.data.RowWriters;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Stream;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;

/**
 * Draws samples from the prior and decodes them to their expected data. Sample i comes from z_i = temperature times the
 * normals i Z .. i Z + Z - 1 of the seed's generation stream, so it is the same however many are asked for.
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
        check(count, temperature);
        BoundModel bound = new BoundModel(model, backend);
        float[] samples = bound.samples();
        try (RowWriter writer = RowWriters.samples(out, model.data().shape(), count)) {
            for (long done = 0; done < count; ) {
                bound.generate(samples, done, Stream.GENERATION.key(seed), temperature);
                int rows = (int) Math.min(BoundModel.ROWS, count - done);
                writer.write(samples, rows);
                done += rows;
                progress.at(done, count);
            }
            writer.commit();
        }
    }

    /**
     * The first samples of the same sequence, in memory: for pictures.
     *
     * @return [count, D]
     */
    public static float[] sample(Model model, Backend backend, int count, long seed, double temperature) {
        check(count, temperature);
        BoundModel bound = new BoundModel(model, backend);
        float[] batch = bound.samples();
        float[] all = new float[Math.multiplyExact(count, bound.width())];
        for (int done = 0; done < count; done += BoundModel.ROWS) {
            bound.generate(batch, done, Stream.GENERATION.key(seed), temperature);
            int rows = Math.min(BoundModel.ROWS, count - done);
            System.arraycopy(batch, 0, all, done * bound.width(), rows * bound.width());
        }
        return all;
    }

    private static void check(long count, double temperature) {
        if (count < 1) {
            throw new UserError("--count: must be at least 1, got " + count);
        }
        if (!(temperature >= 0 && temperature <= Float.MAX_VALUE)) {
            throw new UserError("--temperature: must be a number from 0, got " + temperature
                    + "; 1 samples the prior, less keeps closer to its mean");
        }
    }
}
