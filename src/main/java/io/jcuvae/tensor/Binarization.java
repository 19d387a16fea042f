package io.jcuvae.tensor;

import java.util.Locale;

/** Whether and how grey values in [0, 1] become black or white: one with the value as probability. */
public enum Binarization {
    /** Values are used as they are. */
    NONE,
    /** Drawn once per sample and place, the same in every epoch. */
    STATIC,
    /** Drawn anew in every epoch (Burda et al. 2015). */
    DYNAMIC;

    /** The name in options and files: lower case. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * Draws rows in place: value d of sample i becomes 1 where uniform i D + d of the key's sequence is below it, else 0. So
     * a draw depends on neither order nor batches.
     *
     * @param rows [.., D] in [0, 1]
     * @param start where the first row begins
     * @param count rows
     * @param firstSample number of the first row's sample; the others follow it
     * @param width D
     * @param key {@code Stream.BINARIZATION.key(seed)}
     * @param epoch 0 for draws that stay, else the epoch
     */
    public static void draw(float[] rows, int start, int count, long firstSample, int width, long key, int epoch) {
        float[] uniforms = new float[width];
        for (int r = 0; r < count; r++) {
            Philox.fillUniform(uniforms, 0, width, key, epoch, (firstSample + r) * width);
            int at = start + r * width;
            for (int d = 0; d < width; d++) {
                rows[at + d] = uniforms[d] < rows[at + d] ? 1f : 0f;
            }
        }
    }
}
