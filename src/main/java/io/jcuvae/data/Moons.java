package io.jcuvae.data;

import io.jcuvae.tensor.Philox;
import io.jcuvae.tensor.Stream;
import java.util.Arrays;

/**
 * Drawn pictures of a moon at 28x28 bytes, from the thin waxing crescent over the full moon to the thin waning
 * crescent; the phase, uniform over the cycle without the invisible new moon, is their one factor of variation.
 *
 * <p>Sample i is a function of value i of {@code Stream.DRAWING} with seed 0 alone. Its label is the phase's
 * hundredth: 0 for the thinnest waxing crescent, 49 and 50 around full, 99 for the thinnest waning one. Test samples
 * take the values after the largest training set's.
 */
final class Moons implements RowSource {
    /** The most samples that may be asked for, and the number of the first test sample. */
    static final int MOST = 1_000_000;

    private static final SampleShape SHAPE = new SampleShape(28, 28);
    private static final int SIDE = 28;
    private static final double RADIUS = 11;
    private static final double THINNEST = 0.04;
    private static final int PARTS = 8;
    private static final long KEY = Stream.DRAWING.key(0);

    private final int first;
    private final int count;

    /** Samples {@code first .. first + count}. */
    Moons(int first, int count) {
        this.first = first;
        this.count = count;
    }

    @Override
    public Open open(boolean keepLabels) {
        return new Open(new Reader(first, count), keepLabels ? this::labels : () -> null);
    }

    private int[] labels() {
        float[] draws = new float[count];
        Philox.fillUniform(draws, 0, count, KEY, 0, first);
        int[] labels = new int[count];
        for (int i = 0; i < count; i++) {
            labels[i] = (int) (draws[i] * 100.0);
        }
        return labels;
    }

    /**
     * Draws one moon; each pixel is the lit part of its area.
     *
     * @param draw a uniform in [0, 1), which becomes the phase: 0 new, 1/2 full, 1 new again
     */
    private static void draw(byte[] out, int offset, double draw) {
        double phase = THINNEST + (1 - 2 * THINNEST) * draw;
        // StrictMath, so that the pictures are the same bytes on every machine.
        double terminator = StrictMath.cos(2 * Math.PI * phase);
        double[] cover = new double[SIDE];
        for (int y = 0; y < SIDE; y++) {
            Arrays.fill(cover, 0);
            for (int part = 0; part < PARTS; part++) {
                double dy = y + (part + 0.5) / PARTS - SIDE / 2.0;
                if (Math.abs(dy) >= RADIUS) {
                    continue;
                }
                // At each height the shadow's edge is the disc's edge, shortened: half an ellipse.
                double half = Math.sqrt(RADIUS * RADIUS - dy * dy);
                double left = phase < 0.5 ? half * terminator : -half;
                double right = phase < 0.5 ? half : -half * terminator;
                addSpan(cover, SIDE / 2.0 + left, SIDE / 2.0 + right);
            }
            for (int x = 0; x < SIDE; x++) {
                out[offset + y * SIDE + x] = (byte) Math.floor(cover[x] / PARTS * 255 + 0.5);
            }
        }
    }

    private static void addSpan(double[] cover, double left, double right) {
        for (int x = (int) left; x < right; x++) {
            cover[x] += Math.min(right, x + 1) - Math.max(left, x);
        }
    }

    private static final class Reader implements SampleReader {
        private final int end;
        private final int count;
        private int next;

        Reader(int first, int count) {
            this.next = first;
            this.end = first + count;
            this.count = count;
        }

        @Override
        public SampleShape shape() {
            return SHAPE;
        }

        @Override
        public boolean bytes() {
            return true;
        }

        @Override
        public long count() {
            return count;
        }

        @Override
        public int read(float[] out, int maxRows) {
            int rows = Math.min(maxRows, end - next);
            byte[] row = new byte[SIDE * SIDE];
            for (int i = 0; i < rows; i++) {
                readBytes(row, 1);
                Values.scale(row, 0, out, i * row.length, row.length);
            }
            return rows;
        }

        @Override
        public int readBytes(byte[] out, int maxRows) {
            int rows = Math.min(maxRows, end - next);
            float[] draws = new float[rows];
            Philox.fillUniform(draws, 0, rows, KEY, 0, next);
            for (int i = 0; i < rows; i++) {
                draw(out, i * SIDE * SIDE, draws[i]);
            }
            next += rows;
            return rows;
        }

        @Override
        public void close() {}
    }
}
