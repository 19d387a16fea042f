package io.jcuvae.jobs;

import io.jcuvae.data.DataSource;
import io.jcuvae.data.RowLabels;
import io.jcuvae.data.SampleReader;
import io.jcuvae.data.Split;
import io.jcuvae.tensor.Backend;
import io.jcuvae.tensor.Binarization;
import io.jcuvae.train.Evaluator;
import io.jcuvae.train.Model;
import java.util.ArrayList;
import java.util.List;

/**
 * What an encoder says about some samples, in memory: N rows.
 *
 * @param means [N][Z]
 * @param logvars [N][Z], or null where codes are points
 */
record Posteriors(float[][] means, float[][] logvars) {
    /** N. */
    int count() {
        return means.length;
    }

    /** Z. */
    int latents() {
        return means[0].length;
    }

    /**
     * Encodes rows of a source.
     *
     * @param asTrained whether values are drawn to 0 or 1 as evaluation draws them, where the model was trained so; else they go
     *     in as they are
     */
    static Posteriors of(
            Model model,
            Backend backend,
            DataSource source,
            Split split,
            int limit,
            boolean asTrained,
            Progress progress) {
        Binarization binarization = asTrained ? model.config().binarization() : Binarization.NONE;
        long key = Evaluator.binarizationKey(
                binarization, split == Split.TRAIN, model.config().seed());
        Collector collector = new Collector(model, backend);
        try (SampleReader reader = Rows.open(model, source, split, limit)) {
            RowLabels labels = Rows.labels(model, source, split, limit);
            float[] samples = collector.bound.samples();
            int read;
            while ((read = reader.read(samples, collector.bound.rows())) > 0) {
                if (binarization != Binarization.NONE) {
                    Binarization.draw(samples, 0, read, collector.means.size(), collector.bound.width(), key, 0);
                }
                collector.bound.label(labels, collector.means.size(), read);
                collector.add(samples, read);
                progress.at(collector.means.size(), reader.count());
            }
        }
        return collector.collected();
    }

    /** Encodes batch by batch. */
    static final class Collector {
        private final BoundModel bound;
        private final float[] heads;
        private final int latents;
        private final boolean points;
        private final List<float[]> means = new ArrayList<>();
        private final List<float[]> logvars = new ArrayList<>();

        Collector(Model model, Backend backend) {
            bound = new BoundModel(model, backend);
            heads = bound.posteriors();
            latents = bound.latents();
            points = heads.length == bound.rows() * latents;
        }

        /** B, the most rows of a batch. */
        int rows() {
            return bound.rows();
        }

        /**
         * Encodes a batch.
         *
         * @param samples [B, D]
         * @param count rows that count
         */
        void add(float[] samples, int count) {
            bound.encode(heads, samples);
            int width = heads.length / bound.rows();
            for (int r = 0; r < count; r++) {
                float[] mean = new float[latents];
                System.arraycopy(heads, r * width, mean, 0, latents);
                means.add(mean);
                if (!points) {
                    float[] logvar = new float[latents];
                    System.arraycopy(heads, r * width + latents, logvar, 0, latents);
                    logvars.add(logvar);
                }
            }
        }

        Posteriors collected() {
            return new Posteriors(means.toArray(float[][]::new), points ? null : logvars.toArray(float[][]::new));
        }
    }
}
