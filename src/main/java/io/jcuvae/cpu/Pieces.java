package io.jcuvae.cpu;

import io.jcuvae.tensor.Window;
import java.util.function.Consumer;

/**
 * The cut of a batch into pieces that depends on its shape alone.
 *
 * @param window gives the lines and their columns
 * @param channels of the side of the positions
 * @param batch samples in all
 * @param processors pieces come in multiples of this where there are enough
 * @param size of a piece
 */
record Pieces(Window window, int channels, int batch, int processors, int size) {
    private int linesAtOnce() {
        return Math.max(1, size / (window.outWidth() * (window.seen() + channels)));
    }

    private int samplesAtOnce() {
        return Math.max(1, linesAtOnce() / window.outHeight());
    }

    /** Calls for the pieces of samples from .. until - 1, in order. */
    void each(int from, int until, Consumer<Piece> work) {
        int lines = Math.min(window.outHeight(), linesAtOnce());
        for (int sample = from; sample < until; sample += samplesAtOnce()) {
            for (int line = 0; line < window.outHeight(); line += lines) {
                work.accept(new Piece(
                        sample,
                        Math.min(samplesAtOnce(), until - sample),
                        line,
                        Math.min(window.outHeight(), line + lines)));
            }
        }
    }

    /** Tasks of about a piece each, for work whose tasks do not share a sum. */
    int tasks() {
        int pieces = (batch + samplesAtOnce() - 1) / samplesAtOnce();
        return Math.min(batch, (pieces + processors - 1) / processors * processors);
    }

    void task(int task, Consumer<Piece> work) {
        each((int) ((long) batch * task / tasks()), (int) ((long) batch * (task + 1) / tasks()), work);
    }

    /**
     * Some lines of one sample, or all lines of several.
     *
     * @param sample the first
     * @param samples how many
     * @param first line of each
     * @param end after the last line of each
     */
    record Piece(int sample, int samples, int first, int end) {
        int lines() {
            return samples * (end - first);
        }
    }
}
