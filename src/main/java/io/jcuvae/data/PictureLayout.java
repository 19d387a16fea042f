package io.jcuvae.data;

import io.jcuvae.tensor.Picture;
import java.util.Optional;

/** The order of a picture's values: the channels of a pixel side by side, [H, W, C], or a plane for each, [C, H, W]. */
public final class PictureLayout {
    private PictureLayout() {}

    /** Whether samples of two shapes are of one size, and of one height, width and number of channels if both are pictures. */
    public static boolean agree(SampleShape a, SampleShape b) {
        Optional<Picture> one = a.picture();
        Optional<Picture> other = b.picture();
        boolean alike = one.isEmpty()
                || other.isEmpty()
                || (one.get().height() == other.get().height()
                        && one.get().width() == other.get().width());
        return a.width() == b.width() && alike;
    }

    /**
     * A reader of the same pictures in the order of another shape.
     *
     * @param reader closed with the result
     * @param wanted a shape that agrees with the reader's
     * @return the reader itself where the orders are the same
     */
    public static SampleReader match(SampleReader reader, SampleShape wanted) {
        Optional<Picture> from = reader.shape().picture();
        Optional<Picture> to = wanted.picture();
        if (from.isEmpty()
                || to.isEmpty()
                || from.get().channels() == 1
                || from.get().channelsLast() == to.get().channelsLast()) {
            return reader;
        }
        return new Reordered(reader, wanted, from.get());
    }

    private static final class Reordered implements SampleReader {
        private final SampleReader reader;
        private final SampleShape shape;
        /** For each value of a row, where it comes from. */
        private final int[] source;

        private float[] floats = new float[0];
        private byte[] bytes = new byte[0];

        Reordered(SampleReader reader, SampleShape shape, Picture from) {
            this.reader = reader;
            this.shape = shape;
            this.source = new int[shape.width()];
            int pixels = from.height() * from.width();
            int channels = from.channels();
            for (int p = 0; p < pixels; p++) {
                for (int c = 0; c < channels; c++) {
                    int last = p * channels + c;
                    int first = c * pixels + p;
                    source[from.channelsLast() ? first : last] = from.channelsLast() ? last : first;
                }
            }
        }

        @Override
        public SampleShape shape() {
            return shape;
        }

        @Override
        public boolean bytes() {
            return reader.bytes();
        }

        @Override
        public long count() {
            return reader.count();
        }

        @Override
        public int read(float[] out, int maxRows) {
            if (floats.length < maxRows * source.length) {
                floats = new float[maxRows * source.length];
            }
            int rows = reader.read(floats, maxRows);
            for (int r = 0; r < rows; r++) {
                for (int i = 0; i < source.length; i++) {
                    out[r * source.length + i] = floats[r * source.length + source[i]];
                }
            }
            return rows;
        }

        @Override
        public int readBytes(byte[] out, int maxRows) {
            if (bytes.length < maxRows * source.length) {
                bytes = new byte[maxRows * source.length];
            }
            int rows = reader.readBytes(bytes, maxRows);
            for (int r = 0; r < rows; r++) {
                for (int i = 0; i < source.length; i++) {
                    out[r * source.length + i] = bytes[r * source.length + source[i]];
                }
            }
            return rows;
        }

        @Override
        public void close() {
            reader.close();
        }
    }
}
