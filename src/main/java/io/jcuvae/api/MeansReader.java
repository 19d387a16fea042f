package io.jcuvae.api;

import io.jcuvae.data.SampleReader;
import io.jcuvae.data.SampleShape;

/** Of rows of means and log variances, [2, Z], the means. */
final class MeansReader implements SampleReader {
    private final SampleReader posteriors;
    private final int latents;
    private float[] both = new float[0];

    MeansReader(SampleReader posteriors) {
        this.posteriors = posteriors;
        latents = posteriors.shape().width() / 2;
    }

    @Override
    public SampleShape shape() {
        return new SampleShape(latents);
    }

    @Override
    public long count() {
        return posteriors.count();
    }

    @Override
    public int read(float[] out, int maxRows) {
        if (both.length < 2 * latents * maxRows) {
            both = new float[2 * latents * maxRows];
        }
        int rows = posteriors.read(both, maxRows);
        for (int r = 0; r < rows; r++) {
            System.arraycopy(both, 2 * r * latents, out, r * latents, latents);
        }
        return rows;
    }

    @Override
    public void close() {
        posteriors.close();
    }
}
