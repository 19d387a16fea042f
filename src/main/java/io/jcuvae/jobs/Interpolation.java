package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.RowWriter;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.UserError;
import io.jcuvae.train.Model;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Decodes the codes on the straight line between the posterior means of two samples, and so between their labels. The first
 * and the last image are the reconstructions of the two.
 */
public final class Interpolation {
    private static final int READ_AT_ONCE = 1024;

    private final BoundModel model;
    private final float[] from;
    private final float[] to;
    private final int steps;
    private final float[] codes;
    private final float[] samples;

    private final int fromLabel;
    private final int toLabel;

    private Interpolation(Model model, Backend backend, float[] from, float[] to, int[] labels, int steps) {
        fromLabel = labels[0];
        toLabel = labels[1];
        this.model = new BoundModel(model, backend);
        this.steps = steps;
        codes = this.model.codes();
        samples = this.model.samples();
        System.arraycopy(from, 0, samples, 0, this.model.width());
        System.arraycopy(to, 0, samples, this.model.width(), this.model.width());
        this.model.label(fromLabel, toLabel, new double[] {0, 1});
        float[] posteriors = this.model.posteriors();
        this.model.encode(posteriors, samples);
        int latents = this.model.latents();
        int second = posteriors.length / this.model.rows();
        this.from = Arrays.copyOf(posteriors, latents);
        this.to = Arrays.copyOfRange(posteriors, second, second + latents);
    }

    /**
     * Writes the images between two rows.
     *
     * @param splitOrNull where the rows are; null for what the source is evaluated on
     * @param from number of the first row, from 0
     * @param to number of the second row, from 0
     * @param steps codes on the line, both ends included, at least 2
     * @param out its ending says the format
     * @throws UserError when there is no such row, the data do not fit the model, or the file cannot be written
     */
    public static void run(
            Model model,
            Backend backend,
            DataSource source,
            Split splitOrNull,
            long from,
            long to,
            int steps,
            Path out) {
        checkSteps(steps);
        float[][] ends = pick(model, source, Rows.split(source, splitOrNull), from, to);
        int[] labels = labels(model, source, Rows.split(source, splitOrNull), (int) from, (int) to);
        Interpolation line = new Interpolation(model, backend, ends[0], ends[1], labels, steps);
        try (RowWriter writer = Rows.writer(model, out, steps, 0)) {
            for (int done = 0; done < steps; done += line.model.rows()) {
                writer.write(line.samples, line.decode(done));
            }
            writer.commit();
        }
    }

    /**
     * The images between two samples in memory.
     *
     * @param from [D]
     * @param to [D]
     * @param steps images, both ends included, at least 2
     * @return [steps, D]
     */
    public static float[] between(Model model, Backend backend, float[] from, float[] to, int steps) {
        checkSteps(steps);
        if (model.spec().condition().given()) {
            throw new IllegalArgumentException("the model is told labels, and none are given");
        }
        int[] labels = {Labels.NOTHING, Labels.NOTHING};
        Interpolation line = new Interpolation(model, backend, from, to, labels, steps);
        int width = line.model.width();
        float[] all = new float[Math.multiplyExact(steps, width)];
        for (int done = 0; done < steps; done += line.model.rows()) {
            System.arraycopy(line.samples, 0, all, done * width, line.decode(done) * width);
        }
        return all;
    }

    /** Decodes the codes from one step on and returns how many; the images are in {@link #samples}. */
    private int decode(int first) {
        int rows = Math.min(model.rows(), steps - first);
        int latents = from.length;
        double[] shares = new double[rows];
        for (int r = 0; r < rows; r++) {
            double share = (first + r) / (double) (steps - 1);
            shares[r] = share;
            for (int i = 0; i < latents; i++) {
                codes[r * latents + i] = (float) ((1 - share) * from[i] + share * to[i]);
            }
        }
        model.label(fromLabel, toLabel, shares);
        model.decode(samples, codes);
        return rows;
    }

    private static void checkSteps(int steps) {
        if (steps < 2) {
            throw new UserError("--steps: must be at least 2, the two ends, got " + steps);
        }
    }

    private static float[][] pick(Model model, DataSource source, Split split, long from, long to) {
        if (from < 0 || to < 0) {
            throw new UserError(
                    (from < 0 ? "--from: " + from : "--to: " + to) + " is no row; rows are numbered from 0");
        }
        try (SampleReader reader = Rows.open(model, source, split, 0)) {
            int width = reader.shape().width();
            float[][] ends = new float[2][width];
            float[] batch = new float[READ_AT_ONCE * width];
            long done = 0;
            int rows = -1;
            while (rows != 0 && done <= Math.max(from, to)) {
                rows = reader.read(batch, READ_AT_ONCE);
                copy(ends[0], batch, from - done, rows);
                copy(ends[1], batch, to - done, rows);
                done += rows;
            }
            if (done <= Math.max(from, to)) {
                throw new UserError((from >= done ? "--from: " + from : "--to: " + to) + " is no row of "
                        + source.name() + " (" + split + "), which has " + done + " rows, numbered 0 to " + (done - 1));
            }
            return ends;
        }
    }

    /** The classes of both rows. */
    private static int[] labels(Model model, DataSource source, Split split, int from, int to) {
        RowLabels labels = Rows.labels(model, source, split, Math.max(from, to) + 1);
        return labels == RowLabels.NONE
                ? new int[] {Labels.NOTHING, Labels.NOTHING}
                : new int[] {labels.at(from), labels.at(to)};
    }

    private static void copy(float[] end, float[] batch, long row, int rows) {
        if (row >= 0 && row < rows) {
            System.arraycopy(batch, (int) row * end.length, end, 0, end.length);
        }
    }
}
