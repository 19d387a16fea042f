package io.jcuvae.jobs;

import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.tensor.DiscrepancyOps;
import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import io.jcuvae.train.Model;

/**
 * The squared maximum mean discrepancy between the codes of rows and as many draws from the prior, as training has it in batches:
 * see {@link DiscrepancyOps}. In double precision, for the first rows alone, as its cost grows with their square; the estimate is
 * unbiased for any number.
 */
final class HeldOutDiscrepancy {
    /** The most rows that are looked at. */
    static final int ROWS = 2000;

    private HeldOutDiscrepancy() {}

    /**
     * Computes it.
     *
     * @param binarizationKey of the draws that make grey values black or white
     * @return NaN for a single row
     */
    static double of(Model model, Backend backend, SampleReader reader, RowLabels labels, long binarizationKey) {
        double[][] codes = codes(model, backend, reader, labels, binarizationKey);
        int latents = model.spec().latents();
        double[][] prior = new double[codes.length][latents];
        float[] normals = new float[latents];
        long key = Stream.GENERATION.key(model.config().seed());
        for (int i = 0; i < prior.length; i++) {
            Philox.fillNormal(normals, 0, latents, key, (long) i * latents);
            for (int d = 0; d < latents; d++) {
                prior[i][d] = normals[d];
            }
        }
        return codes.length < 2 ? Double.NaN : between(codes, prior);
    }

    /** One code per row: a draw from its posterior, or the code itself where that is a point. */
    private static double[][] codes(
            Model model, Backend backend, SampleReader reader, RowLabels labels, long binarizationKey) {
        BoundModel bound = new BoundModel(model, backend);
        int latents = bound.latents();
        double[][] codes = new double[(int) Math.min(ROWS, reader.count())][latents];
        float[] rows = bound.samples();
        float[] posteriors = bound.posteriors();
        float[] noise = bound.codes();
        boolean point = posteriors.length == noise.length;
        long key = Stream.EVALUATION.key(model.config().seed());
        int done = 0;
        int read;
        while (done < codes.length && (read = reader.read(rows, bound.rows())) > 0) {
            if (model.config().binarization() != Binarization.NONE) {
                Binarization.draw(rows, 0, read, done, bound.width(), binarizationKey, 0);
            }
            bound.label(labels, done, read);
            bound.encode(posteriors, rows);
            Philox.fillNormal(noise, 0, read * latents, key, (long) done * latents);
            for (int r = 0; r < read && done < codes.length; r++, done++) {
                for (int d = 0; d < latents; d++) {
                    int mean = r * (posteriors.length / bound.rows()) + d;
                    double deviation = point ? 0 : Math.exp(0.5 * posteriors[mean + latents]);
                    codes[done][d] = posteriors[mean] + deviation * noise[r * latents + d];
                }
            }
        }
        return codes;
    }

    /**
     * The unbiased estimate.
     *
     * @param a at least two rows
     * @param b as many
     */
    static double between(double[][] a, double[][] b) {
        float[] constants = DiscrepancyOps.constants(a[0].length);
        double within = 0;
        double across = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a.length; j++) {
                across += kernel(a[i], b[j], constants);
                // Symmetric: each pair counts twice.
                within += j < i ? 2 * (kernel(a[i], a[j], constants) + kernel(b[i], b[j], constants)) : 0;
            }
        }
        double count = a.length;
        return within / (count * (count - 1)) - 2 * across / (count * count);
    }

    private static double kernel(double[] a, double[] b, float[] constants) {
        double distance = 0;
        for (int d = 0; d < a.length; d++) {
            distance += (a[d] - b[d]) * (a[d] - b[d]);
        }
        double sum = 0;
        for (float c : constants) {
            sum += c / (c + distance);
        }
        return sum;
    }
}
